"""Links whose country nobody chose follow their location's; rows keep the type of their Gist property.

What stands is kept: a country that a link has stays, and rows get their type with the next run.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0007_remove_dead_columns")]

    operations = [
        migrations.AlterField(
            model_name="link",
            name="default_country",
            field=models.CharField(blank=True, max_length=2, verbose_name="country of numbers without a prefix"),
        ),
        migrations.AddField(
            model_name="mapping",
            name="gist_type",
            field=models.CharField(blank=True, default="", max_length=8),
            preserve_default=False,
        ),
    ]
