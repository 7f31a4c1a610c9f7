"""A run may apply a plan or take another run back; the kinds of run that do, and that of an import."""


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0013_identity'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='plan',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='applied_by', to='integration.run'),
        ),
        migrations.AddField(
            model_name='run',
            name='undoes',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='undone_by', to='integration.run'),
        ),
        migrations.AlterField(
            model_name='run',
            name='kind',
            field=models.CharField(choices=[('full', 'Full'), ('incremental', 'Incremental'), ('retry', 'Retry'), ('single', 'Single contact'), ('live', 'Live'), ('sweep', 'Sweep'), ('apply', 'Plan applied'), ('undo', 'Undo'), ('import', 'CSV import')], default='full', max_length=12),
        ),
    ]
