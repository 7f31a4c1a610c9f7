"""What a person asked for waits beside what events report; a run counts what it does not log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0009_filters")]

    operations = [
        migrations.AddField(
            "pendingread",
            "requested",
            models.BooleanField(default=False, verbose_name="a person asked for it"),
        ),
        migrations.AddField(
            "pendingread",
            "owner",
            models.CharField(
                blank=True,
                choices=[("gist", "Gist"), ("ghl", "GHL")],
                default="",
                max_length=8,
                verbose_name="whose values stand, as that person said",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "run",
            "quiet",
            models.PositiveIntegerField(
                default=0, verbose_name="counted without an entry: unchanged, or logged before"
            ),
        ),
    ]
