"""API keys: what programs may call this installation with."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0007_views_and_preferences'),
        ('integration', '0027_retention'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(db_index=True, max_length=12, verbose_name='its first letters')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest of the key')),
                ('scope', models.CharField(choices=[('read', 'Read'), ('act', 'Read and act'), ('rules', 'Read, act and change rules')], default='read', max_length=8)),
                ('all_links', models.BooleanField(default=False, verbose_name='sees every link')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used, to the minute')),
                ('last_used_from', models.CharField(blank=True, max_length=80, verbose_name='address it was last used from')),
                ('links', models.ManyToManyField(blank=True, related_name='api_keys', to='integration.link', verbose_name='links it sees')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
    ]
