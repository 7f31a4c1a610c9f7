"""A record is found by each of its e-mail addresses, not only by its main one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0012_search")]

    operations = [
        migrations.AddField(
            "snapshot",
            "other_emails",
            models.JSONField(blank=True, default=list, verbose_name="further e-mails, lower case"),
        ),
        migrations.AlterField(
            "snapshot",
            "phone",
            models.CharField(blank=True, max_length=40, verbose_name="phone, E.164 and extension"),
        ),
        migrations.CreateModel(
            name="OtherEmail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.CharField(max_length=254, verbose_name="e-mail, lower case")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="other_emails",
                        to="integration.link",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="other_email_rows",
                        to="integration.snapshot",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["email", "link"], name="snapshot_by_other_email")],
                "constraints": [
                    models.UniqueConstraint(fields=("snapshot", "email"), name="one_row_per_other_email"),
                ],
            },
        ),
        migrations.AlterField(
            "question",
            "kind",
            models.CharField(
                choices=[("conflict", "Changed on both sides"), ("match", "Who is this?")], max_length=10
            ),
        ),
    ]
