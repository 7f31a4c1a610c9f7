from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0008_values'),
    ]

    operations = [
        migrations.AddField(
            model_name='link',
            name='ghl_filter',
            field=models.JSONField(blank=True, null=True, verbose_name='whom it takes of GHL, null for everybody'),
        ),
        migrations.AddField(
            model_name='link',
            name='gist_filter',
            field=models.JSONField(blank=True, null=True, verbose_name='whom it takes of Gist, null for everybody'),
        ),
    ]
