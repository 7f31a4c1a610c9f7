"""Files that people import, the rows an import rejected, and what their columns meant last."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integration", "0015_plans"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="link",
            name="import_columns",
            field=models.JSONField(
                blank=True, default=dict, verbose_name="what columns of files meant last, by header"
            ),
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="what the file was called")),
                ("folder", models.CharField(max_length=40, unique=True)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("encoding", models.CharField(blank=True, max_length=20)),
                ("delimiter", models.CharField(blank=True, max_length=20)),
                ("header_row", models.PositiveIntegerField(default=0, verbose_name="row that names the columns")),
                ("columns", models.JSONField(blank=True, default=dict)),
                (
                    "target",
                    models.CharField(
                        choices=[("both", "Gist and GHL"), ("ghl", "GHL"), ("gist", "Gist")],
                        default="both",
                        max_length=4,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("both", "Create and update"), ("create", "Create only"), ("update", "Update only")],
                        default="both",
                        max_length=6,
                    ),
                ),
                ("tags", models.JSONField(blank=True, default=list, verbose_name="tags for everybody")),
                ("notes", models.JSONField(blank=True, default=list, verbose_name="notes for everybody")),
                (
                    "leave_blank",
                    models.JSONField(
                        blank=True, default=list, verbose_name="faults whose cells count as blank, as [reason, header]"
                    ),
                ),
                ("tasks", models.JSONField(blank=True, default=list, verbose_name="titles of tasks for everybody")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "check_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not checked"),
                            ("going_on", "Being checked"),
                            ("done", "Checked"),
                            ("failed", "Cannot be read"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("check_digest", models.CharField(blank=True, max_length=40)),
                ("check_result", models.JSONField(blank=True, default=dict)),
                ("checked_rows", models.PositiveIntegerField(default=0)),
                ("problem", models.TextField(blank=True, verbose_name="why it cannot be read")),
                (
                    "alive_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last sign of life of its check"),
                ),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="when its bytes were deleted")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="import_files", to="integration.link"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="run",
            name="import_file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="runs",
                to="integration.importfile",
            ),
        ),
        migrations.CreateModel(
            name="RejectedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="row of the file, where the header is 1")),
                ("reason", models.CharField(max_length=40)),
                ("sentence", models.TextField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rejected_rows", to="integration.run"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("run", "number"), name="one_rejection_per_row")],
            },
        ),
    ]
