"""Whether both sides of a pair hold the same is kept with the pair; the figures of a run about it are no longer stored.

Pairs that were decided before are compared by the next full run; until then they count as not compared.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0010_requested_reads")]

    operations = [
        migrations.RemoveField("link", "parity"),
        migrations.AddField(
            "pair",
            "agrees",
            models.BooleanField(
                null=True, verbose_name="both sides hold the same; empty: not compared since they were read"
            ),
        ),
        migrations.AlterField(
            "pair",
            "synced_at",
            models.DateTimeField(blank=True, null=True, verbose_name="last found to hold the same"),
        ),
        migrations.AddField(
            "snapshot",
            "reason",
            models.CharField(blank=True, max_length=40, verbose_name="reason code of its last decision"),
        ),
        migrations.AddIndex(
            "pair", models.Index(fields=["link", "kind", "state", "agrees"], name="pairs_by_standing")
        ),
        migrations.AddIndex(
            "snapshot",
            models.Index(condition=models.Q(("pair", None)), fields=["link", "reason"], name="snapshot_alone"),
        ),
    ]
