"""For how long each kind of record is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0026_ghl_app_and_connect_links'),
    ]

    operations = [
        migrations.CreateModel(
            name='Retention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20, unique=True)),
                ('days', models.PositiveIntegerField(blank=True, null=True)),
                ('pruned_at', models.DateTimeField(blank=True, null=True, verbose_name='when all that was old was gone')),
                ('pruned_rows', models.PositiveBigIntegerField(default=0, verbose_name='rows that went that day')),
                ('pruned_to', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'retention',
            },
        ),
    ]
