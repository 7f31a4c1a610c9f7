"""Whether something was written is said by the states of its changes; tries of webhooks were never counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0006_move_changes")]

    operations = [
        migrations.RemoveField("logentry", "applied"),
        migrations.RemoveField("inboxevent", "tries"),
        migrations.AlterField(
            "link", "sweep", models.JSONField(blank=True, default=dict, verbose_name="how far the present sweep is")
        ),
        migrations.AlterField(
            "link",
            "parity",
            models.JSONField(blank=True, default=dict, verbose_name="what the last read of everyone found"),
        ),
    ]
