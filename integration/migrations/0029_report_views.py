"""Has a database that stands migrated, after which the views of reports are made (integration/report_views.py)."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("integration", "0028_trace"),
    ]

    operations = []
