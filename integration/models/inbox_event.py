"""A webhook as it arrived: stored before it is answered, handled afterwards, in order."""

from typing import Any

from django.db import models
from django.utils import timezone

from integration.models.choices import Provider, ToneChoices
from integration.models.connection import Connection
from integration.models.fields import TraceField
from integration.records import read_json


class EventState(ToneChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Handled"
    PARKED = "parked", "Set aside"
    REFUSED = "refused", "Refused"


class InboxEvent(models.Model):
    """`body` holds the raw bytes the signature was checked over. Refused ones are kept, cut, to be shown.

    `dedupe` is the provider's own id of the delivery, or a digest of topic, body and time window; it is unique per
    connection or account, and empty for what was refused. `joined` is the trace under which goes on what it brought
    about, when that was merged with what an earlier event did (integration/trace.py).
    """

    provider = models.CharField(max_length=8, choices=Provider)
    topic = models.CharField("event type or topic", max_length=60, blank=True)
    connection = models.ForeignKey(Connection, models.CASCADE, null=True, blank=True, related_name="events")
    account = models.CharField("location or agency the body names", max_length=120, blank=True)
    # Null where there is none: unlike empty texts, nulls do not offend against uniqueness.
    dedupe = models.CharField(max_length=140, null=True, blank=True, unique=True)
    body = models.BinaryField()
    headers = models.JSONField("headers worth keeping, without secrets", default=dict, blank=True)
    state = models.CharField(max_length=10, choices=EventState, default=EventState.WAITING)
    reason = models.CharField("reason code", max_length=40, blank=True)
    message = models.TextField(blank=True)
    trace = TraceField()
    joined = TraceField("trace that it goes on under")
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["connection", "id"], condition=models.Q(state="waiting"), name="events_waiting"),
            models.Index(fields=["state", "-id"], name="events_by_state"),
            # Today's, and those of a chart, without reading their bodies.
            models.Index(fields=["received_at", "state"], name="events_by_arrival"),
            models.Index(fields=["handled_at", "state"], name="events_by_handling"),
            # The last one of a connection, and its rhythm: asked every minute.
            models.Index(fields=["connection", "-id"], condition=~models.Q(state="refused"), name="events_taken"),
            models.Index(fields=["trace"], condition=~models.Q(trace=""), name="events_by_trace"),
            models.Index(fields=["joined"], condition=~models.Q(joined=""), name="events_by_joined_trace"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"

    @property
    def payload(self) -> dict[str, Any]:
        """The JSON object that arrived, empty when it was none."""
        found = read_json(bytes(self.body))
        return found if isinstance(found, dict) else {}
