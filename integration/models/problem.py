"""All failures with the same cause on one link, as one row that a person repairs with one decision."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.choices import Provider, ToneChoices
from integration.models.link import Link

# Lines of a problem's history that are kept.
LONGEST_HISTORY = 30
# After its last success: what fails again within it was not repaired, and is no return.
QUIET_DAY = timedelta(days=1)


class ProblemState(ToneChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    RESOLVED = "resolved", "Resolved"
    IGNORED = "ignored", "Ignored"


FAILING = (ProblemState.OPEN, ProblemState.ACKNOWLEDGED)
"""States of a problem of which something still fails and that nobody decided to leave alone."""


class Problem(models.Model):
    """One per link, cause and subject, until long after it is over (retention/kinds.py): it is resolved when nothing of
    it fails, and opens again by itself. Resolved it is closed for good after a quiet day.

    `cause` is a code as causes/registry.py explains it, after the side it is about, as `ghl.phone_invalid`. `subject`
    is the field, operation or kind of record. `text` is what the API answered, without what differs from record to
    record. `history` lists `{"at", "what", "person", "run"}`, oldest first. Its records are the log entries that point
    to it and are not resolved.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="problems")
    cause = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, blank=True)
    side = models.CharField(max_length=8, choices=Provider, blank=True)
    text = models.CharField("what the API answers", max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=ProblemState, default=ProblemState.OPEN)
    state_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    note = models.CharField("why it is left alone", max_length=300, blank=True)
    history = models.JSONField(default=list, blank=True)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_seen", "-id"]
        constraints = [models.UniqueConstraint(fields=["link", "cause", "subject"], name="one_problem_per_cause")]
        indexes = [models.Index(fields=["state", "link"], name="problems_by_state")]

    def __str__(self) -> str:
        return f"{self.cause} {self.subject}".strip()

    @property
    def is_failing(self) -> bool:
        return self.state in FAILING

    @property
    def closes_at(self) -> datetime | None:
        """Until when a failure says that it was not repaired; None where it is closed, or fails."""
        if self.state != ProblemState.RESOLVED or self.resolved_at is None:
            return None
        closes = self.resolved_at + QUIET_DAY
        return closes if timezone.now() < closes else None

    def note_history(self, what: str, person: Any = None, run: int | None = None) -> None:
        """Add a line; the caller saves it."""
        line = {"at": timezone.now().isoformat(), "what": what, "person": str(person or ""), "run": run}
        self.history = [*self.history, line][-LONGEST_HISTORY:]
