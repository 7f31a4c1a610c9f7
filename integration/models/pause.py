"""One thing of a link that rests while everything else goes on: what it would do waits, and is caught up later."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.link import Link


class PauseQuerySet(models.QuerySet["Pause"]):
    def resting(self) -> "PauseQuerySet":
        """What rests now."""
        return self.filter(resumed_at=None)


class Pause(models.Model):
    """`key` names what rests: of a mapping row its two fields as `phone=phone`, a workflow's id, a kind of record.

    `automatic`: Gistline did it, because almost everything failed. Kept when it is over, as `resumed_at` says.
    """

    class What(models.TextChoices):
        MAPPING = "mapping", "Mapping row"
        WORKFLOW = "workflow", "Workflow"
        KIND = "kind", "Kind of record"

    link = models.ForeignKey(Link, models.CASCADE, related_name="pauses")
    what = models.CharField(max_length=10, choices=What)
    key = models.CharField(max_length=420)
    reason = models.CharField(max_length=300, blank=True)
    automatic = models.BooleanField(default=False)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    resumed_at = models.DateTimeField("it goes on since", null=True, blank=True)

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["link", "what", "key"], condition=models.Q(resumed_at=None), name="one_pause_per_thing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.key}"
