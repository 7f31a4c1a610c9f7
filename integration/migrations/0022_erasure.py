"""Digests of people who were erased, keys that the installation makes for itself, and the audit trail."""

import django.db.models.deletion
import django.utils.timezone
import integration.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0021_mapping_drafts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InstallationKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=20, unique=True)),
                ('key', integration.models.fields.EncryptedJSONField(default=str)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor', models.CharField(max_length=254, verbose_name='who')),
                ('what', models.CharField(max_length=60)),
                ('subject', models.CharField(blank=True, max_length=254, verbose_name='to what')),
                ('link', models.CharField(blank=True, max_length=80, verbose_name='key of the link')),
                ('before', models.JSONField(blank=True, null=True)),
                ('after', models.JSONField(blank=True, null=True)),
                ('origin', models.CharField(max_length=10)),
                ('address', models.CharField(blank=True, max_length=80, verbose_name='from where')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='of this line and of the one before')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['what', '-id'], name='audit_by_what'), models.Index(fields=['actor', '-id'], name='audit_by_actor'), models.Index(fields=['link', '-id'], name='audit_by_link')],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('erased_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('counts', models.JSONField(default=dict)),
                ('erased_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('link', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='erasures', to='integration.link')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ErasedDigest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to='integration.erasure')),
            ],
        ),
    ]
