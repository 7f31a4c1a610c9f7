"""What a mapping's version carries to Gist. Versions made before carry what workflows carry, as they did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0016_imports")]

    operations = [
        migrations.AddField(
            model_name="mappingversion",
            name="carried",
            field=models.JSONField(
                blank=True, default=None, null=True, verbose_name="names of the properties carried to Gist"
            ),
        ),
    ]
