"""Something may have changed about a record: what webhooks come down to before anything is read."""

from django.db import models

from integration.models.choices import Provider
from integration.models.link import Link


class Hint(models.Model):
    """One per record and link, however many events say so. It is read once `due_at` is past, newest state wins.

    `kind` is "contact", or what belongs to one: "task", "note", "appointment", whose contact is `contact_id` where
    the event named it. `deleted`: the last event said that the record was deleted. `taken_run` names the run that
    reads it now.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="hints")
    kind = models.CharField(max_length=12, default="contact")
    side = models.CharField(max_length=8, choices=Provider)
    external_id = models.CharField(max_length=120)
    contact_id = models.CharField(max_length=120, blank=True)
    title = models.CharField("of a task whose contact is to be found", max_length=200, blank=True)
    deleted = models.BooleanField(default=False)
    born = models.BooleanField("an event said that it was made", default=False)
    events = models.PositiveIntegerField("events merged into it", default=1)
    first_at = models.DateTimeField("when the first of them was stored")
    due_at = models.DateTimeField()
    taken_run = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "kind", "side", "external_id"], name="one_hint_per_record")
        ]
        indexes = [models.Index(fields=["link", "due_at"], name="hints_due")]

    def __str__(self) -> str:
        return f"{self.side} {self.external_id}"
