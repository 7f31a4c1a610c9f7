"""The GHL app as entered on the guide, and addresses by which clients connect without an account."""

import django.utils.timezone
import integration.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0025_alerts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GhlApp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(max_length=200)),
                ('client_secret', integration.models.fields.EncryptedJSONField(default=str)),
                ('saved_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='ConnectLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client', models.CharField(max_length=120)),
                ('asker', models.CharField(max_length=120)),
                ('sandbox', models.BooleanField(default=False, verbose_name='connects a location of the built-in twin')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest of the secret part of the address')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField()),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('connection', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='integration.connection')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        # Words on screen only; nothing changes in the database.
        migrations.AlterField(
            model_name='inboxevent',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Handled'), ('parked', 'Set aside'), ('refused', 'Refused')], default='waiting', max_length=10),
        ),
        migrations.AlterField(
            model_name='run',
            name='kind',
            field=models.CharField(choices=[('full', 'Full sync'), ('incremental', 'Sync'), ('retry', 'Retry'), ('single', 'Single contact'), ('live', 'Live'), ('sweep', 'Sweep'), ('apply', 'Plan applied'), ('undo', 'Undo'), ('import', 'CSV import')], default='full', max_length=12),
        ),
    ]
