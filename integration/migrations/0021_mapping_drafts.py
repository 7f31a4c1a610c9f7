"""Mappings are edited as a draft and published by name; a row says when it writes; fields are agreed to per link."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0020_problems'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameField(
            model_name='mappingversion',
            old_name='note',
            new_name='name',
        ),
        migrations.AlterField(
            model_name='mappingversion',
            name='name',
            field=models.CharField(blank=True, max_length=200, verbose_name='what is new in it'),
        ),
        migrations.AddField(
            model_name='mapping',
            name='write_mode',
            field=models.CharField(choices=[('overwrite', 'Whenever it changes'), ('if_blank', 'Only into a blank'), ('on_create', 'Only when the contact is created'), ('append', 'Add to what stands there')], default='overwrite', max_length=10),
        ),
        migrations.CreateModel(
            name='MappingDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rows', models.JSONField(blank=True, default=list)),
                ('read', models.PositiveIntegerField(default=0, verbose_name='version that it was made from')),
                ('revision', models.PositiveIntegerField(default=0)),
                ('history', models.JSONField(blank=True, default=list)),
                ('page', models.CharField(blank=True, max_length=32)),
                ('dismissed', models.JSONField(blank=True, default=list, verbose_name='pairs of fields not to suggest again')),
                ('changed_at', models.DateTimeField(blank=True, null=True)),
                ('changed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ('link', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mapping_draft', to='integration.link')),
            ],
        ),
        migrations.CreateModel(
            name='AcceptedFields',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gist', models.JSONField(blank=True, null=True)),
                ('ghl', models.JSONField(blank=True, null=True)),
                ('changed_at', models.DateTimeField(blank=True, null=True, verbose_name='last change found')),
                ('link', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='accepted_fields', to='integration.link')),
            ],
        ),
    ]
