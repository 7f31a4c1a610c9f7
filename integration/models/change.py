"""What was, or would be, written: one field or one whole record on one side, with before, after and why."""

from typing import Any

from django.db import models
from django.utils import timezone

from integration.models.choices import ChangeAction, ChangeState, Provider
from integration.models.link import Link
from integration.models.log_entry import LogEntry
from integration.models.run import Run
from integration.records import CARRIED_LABELS, EMAIL_CONSENT, is_opt_out


class Change(models.Model):
    """The truth about a write: one that was not made is never `applied`.

    `field` is the mapping's name of the field on the side written, "" for a whole record: a create holds it in `after`,
    a delete in `before`, as `{field: value}`. `before` is the raw value, as it must be restored. `tags` is one row with
    whole lists. `rule` says why: `mapping:<field>`, `workflow:<id>:<step>`, `person`, `deletes:propagate`.
    `found` is what stood there when the change was held.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="changes")
    run = models.ForeignKey(Run, models.CASCADE, related_name="changes")
    entry = models.ForeignKey(LogEntry, models.CASCADE, related_name="changes")
    kind = models.CharField("kind of record", max_length=12, default="contact")
    side = models.CharField(max_length=8, choices=Provider, blank=True)
    external_id = models.CharField("record on that side", max_length=120, blank=True)
    action = models.CharField(max_length=8, choices=ChangeAction)
    field = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    rule = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=ChangeState, default=ChangeState.PLANNED)
    found = models.JSONField("what stood there when it was held", null=True, blank=True)
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="undone_by")
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["run", "id"], name="changes_of_run"),
            models.Index(fields=["link", "side", "external_id", "-id"], name="changes_of_record"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.side} {self.kind} {self.external_id} {self.field}".strip()

    @property
    def is_applied(self) -> bool:
        return self.state in (ChangeState.APPLIED, ChangeState.UNDONE)

    def mark_applied(self) -> None:
        self.state, self.applied_at = ChangeState.APPLIED, timezone.now()

    def report(self) -> dict[str, Any]:
        """What `manage.py changes` prints as a line; `at` is when it was written, else when it was decided."""
        return {
            "change": self.pk,
            "run": self.run_id,
            "side": self.side,
            "external_id": self.external_id,
            "gist_id": self.entry.gist_id,
            "ghl_id": self.entry.ghl_id,
            "label": self.entry.label,
            "kind": self.kind,
            "action": self.action,
            "field": self.field,
            "before": self.before,
            "after": self.after,
            "rule": self.rule,
            "state": self.state,
            "found": self.found,
            "at": (self.applied_at or self.entry.created_at).isoformat(),
        }

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Field by field, as a page shows it; of a whole record each of its fields.

        `{"field", "label", "side", "before", "after", "state", "word", "tone"}`: the last three say what became of it.
        """
        if self.action in (ChangeAction.PAIR, ChangeAction.UNPAIR):
            return []
        if self.action == ChangeAction.UPDATE:
            return [self._as_row(self.field, self.before, self.after)]
        before, after = self.before or {}, self.after or {}
        return [self._as_row(name, before.get(name), after.get(name)) for name in (*before, *after)]

    def _as_row(self, field: str, before: Any, after: Any) -> dict[str, Any]:
        state = ChangeState(self.state)
        shown = {"state": self.state, "word": state.label, "tone": state.tone}
        label = label_of_field(field, after)
        if field in EMAIL_CONSENT.values():
            before = None if self.action == ChangeAction.CREATE else _word_of_consent(before)
            after = None if self.action == ChangeAction.DELETE else _word_of_consent(after)
        return {
            "field": field, "label": label, "side": self.side, "before": before, "after": after,
            **shown,
        }  # fmt: skip


def label_of_field(field: str, after: Any) -> str:
    """What a change of this field is called: its key, what is carried by its name on screen, and for consent what it
    means for the person.
    """
    if field not in EMAIL_CONSENT.values():
        return CARRIED_LABELS.get(field.removeprefix("custom_properties."), field)
    return "Unsubscribed from e-mail" if is_opt_out(after) else "E-mails allowed again"


def _word_of_consent(value: Any) -> str:
    return "stopped" if is_opt_out(value) else "allowed"
