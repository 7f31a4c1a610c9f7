"""A record that may have changed, because a webhook says so: what events come down to before anything is read."""

from django.db import models

from integration.models.choices import Provider
from integration.models.fields import TraceField
from integration.models.link import Link


class PendingRead(models.Model):
    """One per record and link, however many events name it. It is read once `due_at` is past; what is read counts.

    `kind` is "contact", or what belongs to one: "task", "note", "appointment", whose contact is `contact_id` where
    the event named it; "tasks", "notes" and "appointments" are all that the GHL contact `external_id` has, to be shown
    in Gist (sync/carried.py). `deleted`: the last event said that the record was deleted. `claimed_by_run` is the run
    that reads it now, 0 for none. `requested`: a person asked for this contact, so it is decided and logged even when
    nothing is new; with an `owner`, that side's values stand. `trace`: of the first event, or of the request.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="pending_reads")
    kind = models.CharField(max_length=12, default="contact")
    side = models.CharField(max_length=8, choices=Provider)
    external_id = models.CharField(max_length=120)
    contact_id = models.CharField(max_length=120, blank=True)
    title = models.CharField("of a task whose contact is to be found", max_length=200, blank=True)
    deleted = models.BooleanField(default=False)
    reported_created = models.BooleanField("an event said that it was made", default=False)
    requested = models.BooleanField("a person asked for it", default=False)
    owner = models.CharField("whose values stand, as that person said", max_length=8, choices=Provider, blank=True)
    event_count = models.PositiveIntegerField("events merged into it", default=1)
    first_at = models.DateTimeField("when the first of them was stored")
    due_at = models.DateTimeField()
    trace = TraceField()
    claimed_by_run = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "kind", "side", "external_id"], name="one_pending_read_per_record")
        ]
        indexes = [models.Index(fields=["link", "due_at"], name="pending_reads_due")]

    def __str__(self) -> str:
        return f"{self.side} {self.external_id}"
