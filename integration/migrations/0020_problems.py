"""Failures are grouped into problems; those that are open already get theirs."""
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# Open failures that are grouped at a time.
AT_ONCE = 500


def group_open_failures(apps, schema_editor):
    """What they failed for is read from their reason, message and calls, as for a new one."""
    # As a function of plain values it may change with the program without making another state of the database.
    from integration.causes.classify import classify

    entries, problems = apps.get_model("integration", "LogEntry").objects, apps.get_model("integration", "Problem").objects
    waiting = entries.filter(outcome="failed", resolved_at=None, planned=False, problem=None).order_by("pk")
    after = 0
    while page := list(waiting.filter(pk__gt=after).prefetch_related("changes")[:AT_ONCE]):
        after = page[-1].pk
        for entry in page:
            kind = classify(entry, list(entry.changes.all()))
            first = {"side": kind.side, "text": kind.text, "state": "open", "first_seen": entry.created_at}
            problem, _ = problems.get_or_create(
                link_id=entry.link_id, cause=kind.cause, subject=kind.subject, defaults=first
            )
            problem.last_seen = entry.created_at
            problem.save(update_fields=["last_seen"])
            entry.problem = problem
        entries.bulk_update(page, ["problem"])


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0014_plan_and_undo'),
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
            constraint=models.UniqueConstraint(fields=('link', 'what', 'key'), name='one_pause_per_thing'),
        ),
        migrations.AddIndex(
            model_name='problem',
            index=models.Index(fields=['state', 'link'], name='problems_by_state'),
        ),
        migrations.AddConstraint(
            model_name='problem',
            constraint=models.UniqueConstraint(fields=('link', 'cause', 'subject'), name='one_problem_per_cause'),
        ),
        migrations.RunPython(group_open_failures, migrations.RunPython.noop),
    ]
