"""What was written is a row of its own, with its state, in place of a list inside the log entry."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0004_plain_names'),
    ]

    operations = [
        # 0006 moves what was written from here into changes; what was only noticed stays.
        migrations.RenameField('logentry', 'changes', 'noticed'),
        migrations.AlterField(
            model_name='logentry',
            name='noticed',
            field=models.JSONField(blank=True, default=list, verbose_name='what changed there without us'),
        ),
        migrations.AddField(
            model_name='logentry',
            name='planned',
            field=models.BooleanField(default=False, verbose_name='of a dry run: nothing was written'),
        ),
        migrations.AddField(
            model_name='run',
            name='met_again',
            field=models.PositiveIntegerField(default=0, verbose_name='decided once more in this run'),
        ),
        migrations.AlterField(
            model_name='run',
            name='total',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='people to examine, once known'),
        ),
        migrations.AlterField(
            model_name='snapshot',
            name='decided_run',
            field=models.BigIntegerField(default=0, verbose_name='run that last decided it; negative: read again since'),
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(default='contact', max_length=12, verbose_name='kind of record')),
                ('side', models.CharField(blank=True, choices=[('gist', 'Gist'), ('ghl', 'GHL')], max_length=8)),
                ('external_id', models.CharField(blank=True, max_length=120, verbose_name='record on that side')),
                ('action', models.CharField(choices=[('create', 'Create'), ('update', 'Update'), ('delete', 'Delete'), ('pair', 'Pair'), ('unpair', 'Unpair'), ('send', 'Send')], max_length=8)),
                ('field', models.CharField(blank=True, max_length=200)),
                ('before', models.JSONField(blank=True, null=True)),
                ('after', models.JSONField(blank=True, null=True)),
                ('rule', models.CharField(blank=True, max_length=120)),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('excluded', 'Left out'), ('applied', 'Written'), ('held', 'Held'), ('failed', 'Not written'), ('undone', 'Undone')], default='planned', max_length=10)),
                ('found', models.JSONField(blank=True, null=True, verbose_name='what stood there when it was held')),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='integration.logentry')),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='integration.link')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='integration.run')),
                ('undoes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='undone_by', to='integration.change')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['run', 'id'], name='changes_of_run'), models.Index(fields=['link', 'side', 'external_id', '-id'], name='changes_of_record')],
            },
        ),
    ]
