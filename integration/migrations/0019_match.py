"""Where a link creates contacts and the mode that only creates; how a pair was found, and decisions about matches."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("integration", "0014_plan_and_undo"),
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
    ]
