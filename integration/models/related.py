"""Tasks, notes and appointments of a GHL contact, as Gistline knows them."""

from django.db import models
from django.utils import timezone

from integration.models.link import Link


class RelatedKind(models.TextChoices):
    TASK = "task", "Task"
    NOTE = "note", "Note"
    APPOINTMENT = "appointment", "Appointment"


class Related(models.Model):
    """One task, note or appointment: its identity on both sides and what was last seen of it.

    GHL keeps the object itself. `gist_key` names what it stands for in Gist: a meeting's id, or the step of a workflow
    that asked for it; "" for what was made in GHL. `base` holds its values as GHL last told them, `gist_base` those
    that Gist last asked for: the two ancestors of the three-way merge. `announced` is False for a
    record that was read before its event arrived: the event may still come.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="related")
    kind = models.CharField(max_length=12, choices=RelatedKind)
    ghl_id = models.CharField(max_length=120)
    contact_id = models.CharField("GHL contact", max_length=120)
    gist_key = models.CharField(max_length=200, blank=True)
    base = models.JSONField(default=dict)
    gist_base = models.JSONField(default=dict, blank=True)
    workflow = models.ForeignKey("Workflow", models.SET_NULL, null=True, blank=True, verbose_name="made by")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField("last read or written", default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    announced = models.BooleanField("workflows were told of it", default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "kind", "ghl_id"], name="one_row_per_related_record"),
            models.UniqueConstraint(
                fields=["link", "kind", "gist_key"], condition=~models.Q(gist_key=""), name="one_record_per_gist_key"
            ),
        ]
        indexes = [models.Index(fields=["link", "contact_id", "kind"], name="related_of_contact")]

    def __str__(self) -> str:
        return str(self.base.get("title") or self.base.get("body") or self.ghl_id)[:80]
