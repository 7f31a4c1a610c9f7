"""What came of trying the custom fields of a mapping on a test contact."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.link import Link


class FieldCheck(models.Model):
    """The newest check of a link. Without `finished_at` it goes on, or was cut off: its contact may still stand there.

    `results` are `{"side", "key", "label", "type", "state", "sentence"}`, where `state` is kept, changed, refused or
    untested. `left_behind` are sentences about what could not be deleted or put back.
    """

    link = models.OneToOneField(Link, models.CASCADE, related_name="field_check")
    contact = models.CharField("e-mail of the test contact", max_length=254)
    is_made = models.BooleanField("made for the check, and deleted after it", default=True)
    results = models.JSONField(default=list, blank=True)
    left_behind = models.JSONField(default=list, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"fields of {self.link}, tried"
