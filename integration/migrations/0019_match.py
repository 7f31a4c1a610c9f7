"""Where a link creates contacts and the mode that only creates; how a pair was found, and decisions about matches."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("integration", "0018_carried"),
    ]

    operations = [
        migrations.AddField(
            "link",
            "create_on",
            models.CharField(
                choices=[
                    ("both", "On both sides"),
                    ("gist", "In Gist only"),
                    ("ghl", "In GHL only"),
                    ("none", "On neither side"),
                ],
                default="both",
                max_length=8,
                verbose_name="creates contacts",
            ),
        ),
        migrations.AlterField(
            "link",
            "mode",
            models.CharField(
                choices=[
                    ("watch", "Watch: plan, write nothing"),
                    ("new_only", "New only: create who is new, change nobody"),
                    ("live", "Live"),
                ],
                default="live",
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="KeptApart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gist_id", models.CharField(max_length=120)),
                ("ghl_id", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept_apart",
                        to="integration.link",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("link", "gist_id", "ghl_id"), name="kept_apart_once"),
                ],
            },
        ),
        migrations.AddField(
            "pair",
            "matched_by",
            models.CharField(
                blank=True,
                choices=[
                    ("email", "E-mail address"),
                    ("other_email", "A further e-mail address"),
                    ("phone", "Phone number"),
                    ("created", "Created by Gistline"),
                    ("found", "Found when it was to be created"),
                    ("person", "A person"),
                ],
                max_length=12,
                verbose_name="what made it a pair",
            ),
        ),
        migrations.AddField(
            "pair",
            "lost_rule",
            models.CharField(
                blank=True,
                max_length=20,
                verbose_name="why today's match rules would not make it, as of the last reading; blank where they would",
            ),
        ),
        migrations.AddIndex("pair", models.Index(fields=["link", "matched_by"], name="pairs_by_key")),
        migrations.AddIndex(
            "pair",
            models.Index(condition=~models.Q(lost_rule=""), fields=["link", "id"], name="pairs_without_rule"),
        ),
        migrations.AlterField(
            "question",
            "kind",
            models.CharField(
                choices=[
                    ("conflict", "Changed on both sides"),
                    ("match", "Who is this?"),
                    ("near", "The same person?"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            "question",
            "score",
            models.PositiveSmallIntegerField(default=0, verbose_name="points of the best candidate, of 100"),
        ),
        migrations.AddField(
            "question",
            "standing",
            models.CharField(
                blank=True,
                choices=[
                    ("same", "Same e-mail and name"),
                    ("clear", "One stands out"),
                    ("phone", "Shared phone"),
                    ("equal", "Equal"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddField(
            "question",
            "postponed_at",
            models.DateTimeField(blank=True, null=True, verbose_name="put off by a person"),
        ),
        migrations.AddIndex("question", models.Index(fields=["link", "kind", "-score"], name="questions_by_score")),
    ]
