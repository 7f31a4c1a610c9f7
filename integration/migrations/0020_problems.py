"""Failures are grouped into problems; one thing of a link can rest."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0019_match'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='logentry',
            name='left_out',
            field=models.JSONField(blank=True, default=list, verbose_name='values that were not carried'),
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('mapping', 'Mapping row'), ('workflow', 'Workflow'), ('kind', 'Kind of record')], max_length=10)),
                ('key', models.CharField(max_length=420)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('automatic', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('resumed_at', models.DateTimeField(blank=True, null=True, verbose_name='it goes on since')),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='integration.link')),
                ('paused_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Problem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(max_length=100)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('side', models.CharField(blank=True, choices=[('gist', 'Gist'), ('ghl', 'GHL')], max_length=8)),
                ('text', models.CharField(blank=True, max_length=300, verbose_name='what the API answers')),
                ('state', models.CharField(choices=[('open', 'Open'), ('acknowledged', 'Acknowledged'), ('resolved', 'Resolved'), ('ignored', 'Ignored')], default='open', max_length=12)),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='why it is left alone')),
                ('history', models.JSONField(blank=True, default=list)),
                ('first_seen', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen', models.DateTimeField(default=django.utils.timezone.now)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='problems', to='integration.link')),
                ('state_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-last_seen', '-id'],
            },
        ),
        migrations.AddField(
            model_name='logentry',
            name='problem',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='entries', to='integration.problem'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(condition=models.Q(('problem__isnull', False), ('resolved_at', None)), fields=['problem', '-id'], name='open_entries_of_problem'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(condition=models.Q(('problem__isnull', False)), fields=['problem', 'created_at'], name='entries_of_problem'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('resumed_at', None)), fields=('link', 'what', 'key'), name='one_pause_per_thing'),
        ),
        migrations.AddIndex(
            model_name='problem',
            index=models.Index(fields=['state', 'link'], name='problems_by_state'),
        ),
        migrations.AddConstraint(
            model_name='problem',
            constraint=models.UniqueConstraint(fields=('link', 'cause', 'subject'), name='one_problem_per_cause'),
        ),
    ]
