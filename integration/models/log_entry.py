"""The record of one decision or write in a run. Unchanged records are counted, not logged."""

from typing import Any

from django.db import models
from django.utils import timezone

from integration.models.choices import Outcome, Provider
from integration.models.fields import TraceField
from integration.models.link import Link
from integration.models.pair import Pair
from integration.models.problem import Problem
from integration.models.run import Run
from integration.models.workflow import Execution


class LogEntry(models.Model):
    """What was or would be written stands in its `changes`. `noticed` is what changed on a side without us, as
    `{"side", "field", "before", "after"}`; `left_out` is `{"field", "reason", "value"}` of what was not carried;
    `calls` the HTTP exchanges, masked. `planned`: of a dry run.

    `kind` says what it is about: "contact", "task", "note", "appointment", "tag", "event" and the like. Only contacts
    are counted in the run's balance. `execution` and `step` name the workflow's action that it records.
    `problem` groups failures, and values that were left out while the rest was written, by their cause: it is open for
    this record until `resolved_at`, and so are its `further_problems`. `trace` is that of the event or the request it
    comes from, blank where it is its run's (`own_trace`).
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="log_entries")
    run = models.ForeignKey(Run, models.CASCADE, related_name="entries")
    pair = models.ForeignKey(Pair, models.SET_NULL, null=True, blank=True, related_name="log_entries")
    kind = models.CharField(max_length=12, default="contact")
    external_id = models.CharField("the task, note or appointment", max_length=120, blank=True)
    execution = models.ForeignKey(Execution, models.SET_NULL, null=True, blank=True, related_name="entries")
    step = models.PositiveSmallIntegerField(null=True, blank=True)
    side = models.CharField("side written", max_length=8, choices=Provider, blank=True)
    gist_id = models.CharField(max_length=120, blank=True)
    ghl_id = models.CharField(max_length=120, blank=True)
    label = models.CharField("who, in words", max_length=200, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField("reason code", max_length=40)
    message = models.TextField(blank=True)
    noticed = models.JSONField("what changed there without us", default=list, blank=True)
    left_out = models.JSONField("values that were not carried", default=list, blank=True)
    calls = models.JSONField(default=list, blank=True)
    planned = models.BooleanField("of a dry run: nothing was written", default=False)
    attempt = models.PositiveSmallIntegerField(default=1)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="retries", verbose_name="attempt before"
    )
    # Without an index of its own: two partial ones below cost nothing for the many entries that have no problem.
    problem = models.ForeignKey(Problem, models.SET_NULL, null=True, blank=True, related_name="entries", db_index=False)
    plan_entry = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="carried_out_by",
        verbose_name="what the plan said of this person",
    )  # fmt: skip
    resolved_at = models.DateTimeField("a later attempt succeeded", null=True, blank=True)
    trace = TraceField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["link", "-id"], name="log_of_link"),
            models.Index(fields=["run", "-id"], name="log_of_run"),
            models.Index(fields=["pair", "-id"], name="log_of_pair"),
            models.Index(fields=["outcome", "-id"], name="log_by_outcome"),
            models.Index(fields=["reason", "-id"], name="log_by_reason"),
            models.Index(fields=["created_at"], name="log_by_time"),
            # What is said of mapping rows now: asked at the start of every run.
            models.Index(
                fields=["link"], condition=models.Q(kind="mapping", resolved_at=None), name="open_mapping_entries"
            ),
            # Of the many that are resolved, or never failed, it holds none.
            models.Index(
                fields=["link", "-id"],
                condition=models.Q(models.Q(outcome="failed") | models.Q(problem__isnull=False), resolved_at=None),
                name="open_entries_of_link",
            ),
            # Counted by every look at a link.
            models.Index(
                fields=["link", "problem"],
                condition=models.Q(outcome="failed", resolved_at=None),
                name="failures_of_link",
            ),
            models.Index(
                fields=["problem", "-id"],
                condition=models.Q(problem__isnull=False, resolved_at=None),
                name="open_entries_of_problem",
            ),
            # Its trend, and who was affected by it.
            models.Index(
                fields=["problem", "created_at"],
                condition=models.Q(problem__isnull=False),
                name="entries_of_problem",
            ),
            models.Index(fields=["gist_id", "-id"], name="log_by_gist_id"),
            models.Index(fields=["ghl_id", "-id"], name="log_by_ghl_id"),
            # The timeline of one person.
            models.Index(fields=["link", "gist_id", "-id"], name="log_of_gist_person"),
            models.Index(fields=["link", "ghl_id", "-id"], name="log_of_ghl_person"),
            # Most entries are of runs that read by themselves, and cost it nothing.
            models.Index(fields=["trace"], condition=~models.Q(trace=""), name="log_by_trace"),
        ]

    unsaved_changes: list[Any]
    unsaved_problems: list[Problem]
    """Of an entry that is not saved yet (log.py); its further ones."""

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.label}"

    @property
    def own_trace(self) -> str:
        """The trace by which everything about it is found."""
        own: str = self.trace or self.run.trace
        return own

    @property
    def can_retry(self) -> bool:
        fails = self.outcome == Outcome.FAILED or self.problem_id is not None
        if not fails or self.resolved_at:
            return False
        return self.kind == "contact" or self.execution_id is not None

    @property
    def is_plan(self) -> bool:
        """Whether it says what would be written: one that failed, was left out or was carried out says what was."""
        if not self.planned or self.outcome not in (Outcome.CREATED, Outcome.UPDATED):
            return False
        return not any(change.is_applied for change in self.changes.all())

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Field by field, as `Change.rows`; the state of what was only noticed is ""."""
        written = [row for change in self.changes.all() for row in change.rows]
        noticed = {"state": "", "word": "Noticed", "tone": "idle"}
        return written + [{"label": row["field"], **row, **noticed} for row in self.noticed]


class FurtherProblem(models.Model):
    """One more problem of an entry, beside its first: fields of one person may be left out for different reasons."""

    entry = models.ForeignKey(LogEntry, models.CASCADE, related_name="further_problems")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="further_entries")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "problem"], name="one_row_per_further_problem")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.problem_id}"
