"""For how long a kind of record is kept, and when what was older was last deleted."""

from django.db import models


class Retention(models.Model):
    """`days` None: for good. `pruned_to` is the key up to which a kind was worked on; `pruned_at` None: not done."""

    kind = models.CharField(max_length=20, unique=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    pruned_at = models.DateTimeField("when all that was old was gone", null=True, blank=True)
    pruned_rows = models.PositiveBigIntegerField("rows that went that day", default=0)
    pruned_to = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "retention"

    def __str__(self) -> str:
        return f"{self.kind}: {self.days or 'for good'}"
