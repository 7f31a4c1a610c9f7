"""What a person said about records that look alike: they are different people."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.link import Link


class KeptApart(models.Model):
    """A Gist record and a GHL record that no rule may pair; a person still can, which takes this back."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="kept_apart")
    gist_id = models.CharField(max_length=120)
    ghl_id = models.CharField(max_length=120)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "gist_id", "ghl_id"], name="kept_apart_once")]

    def __str__(self) -> str:
        return f"{self.gist_id} is not {self.ghl_id}"
