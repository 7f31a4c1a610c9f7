"""One piece of work on a link, with its counts and how far it is."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.choices import ACTIVE_RUNS, FINISHED_RUNS, READING, RunKind, RunStatus
from integration.models.fields import DataclassField, TraceField
from integration.models.import_file import ImportFile
from integration.models.link import Link
from integration.models.mapping import MappingVersion


@dataclass(frozen=True)
class RunTarget:
    """What a retry or single run is about, and what a person said about the run.

    `people` are `{"gist": id, "ghl": id}`, an id "" where there is none; `entries` the failures to try again.
    `owner` is the side whose values stand whatever the rules say, `confirmed` who allowed more changes than the cap,
    `paused_by` who had it rest last.

    A retry of many goes up by steps (runs/ladder.py): `ladder` lists its problems as `{"problem", "first", "count"}`,
    whose records are those of `people` and `entries` from `first` on; of a workflow's action `people` holds `{}`.
    `title` names it. `since`, in ISO 8601, has an incremental run read changes further back than the link's marks.
    `undo` says what an undo takes back: `{"run": 12}`, `{"gist": id, "ghl": id}` or `{"rule": key, "since": ISO}`.
    """

    people: list[dict[str, str]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    owner: str = ""
    confirmed: str = ""
    paused_by: str = ""
    ladder: list[dict[str, Any]] = field(default_factory=list)
    title: str = ""
    since: str = ""
    undo: dict[str, Any] = field(default_factory=dict)


@dataclass
class Checkpoint:
    """How far a run is, saved with each page: the next slice goes on from here.

    `cursor` is where the present phase goes on: a provider's own for a page, a number elsewhere. `began` says by side
    when reading began, `newest` the newest change that was read, `read` how many records were read. `marks` are the
    link's next cursors, by side and kind. `stumbles` counts slices in a row that failed for a passing reason,
    `stumbled_over_key` whether that was a missing key, for which they wait longer. `step` is where on its ladder a
    retry is, `results` what came of each problem so far (runs/ladder.py). `unstorable` are keys of changes whose
    undoing is on record without its changes: nothing else says that they had their turn.
    `outdated` are ids of GHL contacts, by kind, of which a dry run saw that Gist shows something else of them.
    """

    cursor: Any = None
    began: dict[str, str] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    stumbles: int = 0
    stumbled_over_key: bool = False
    step: dict[str, int] = field(default_factory=dict)
    results: list[dict[str, int]] = field(default_factory=list)
    unstorable: list[int] = field(default_factory=list)
    outdated: dict[str, list[str]] = field(default_factory=dict)


# Triggers of runs that a person began.
ASKED_FOR = ("person", "command")
# The code of a run that rests because a person said so.
PAUSED_BY_PERSON = "paused"
COUNTS = ("created", "updated", "unchanged", "skipped", "failed")


class Run(models.Model):
    """Counts always balance: examined = created + updated + unchanged + skipped + failed = entries + quiet.

    The entries are those of contacts that the run decided; what a workflow did meanwhile has entries of its own.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=12, choices=RunKind, default=RunKind.FULL)
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.QUEUED)
    dry_run = models.BooleanField("decides, writes nothing", default=False)
    trigger = models.CharField(max_length=20, default="person")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    mapping = models.ForeignKey(MappingVersion, models.SET_NULL, null=True, blank=True)
    rules = models.JSONField("rules frozen at the start", default=dict)
    target = DataclassField(RunTarget, verbose_name="what a retry or single run is about", blank=True)
    checkpoint = DataclassField(Checkpoint, blank=True)
    plan = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="applied_by")
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="undone_by")
    import_file = models.ForeignKey(ImportFile, models.SET_NULL, null=True, blank=True, related_name="runs")
    phase = models.CharField(max_length=20, blank=True)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField("people to examine, once known", null=True, blank=True)
    met_again = models.PositiveIntegerField("decided once more in this run", default=0)
    quiet = models.PositiveIntegerField("counted without an entry: unchanged, or logged before", default=0)
    api_calls = models.JSONField(default=dict)
    cancel_requested = models.BooleanField(default=False)
    wait_until = models.DateTimeField(null=True, blank=True)
    wait_reason = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    trace = TraceField()
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    alive_at = models.DateTimeField("last sign of life", null=True, blank=True)
    active_seconds = models.FloatField("time spent working", default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # Two runs of one link would decide the same records side by side; the database refuses the second, whoever
            # starts it.
            models.UniqueConstraint(
                fields=["link"], condition=models.Q(status__in=ACTIVE_RUNS), name="one_active_run_per_link"
            )
        ]
        indexes = [
            models.Index(fields=["link", "-id"], name="runs_of_link"),
            models.Index(fields=["trace"], condition=~models.Q(trace=""), name="runs_by_trace"),
            # What began today or since then: asked by the overview, charts and metrics.
            models.Index(fields=["created_at"], name="runs_by_time"),
            models.Index(fields=["status", "-id"], name="runs_by_status"),
            models.Index(fields=["kind", "-id"], name="runs_by_kind"),
            # Most links never had one, and would be looked through from end to end.
            models.Index(
                fields=["link", "-id"], condition=models.Q(kind__in=("apply", "undo", "import")), name="plans_of_link"
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def examined(self) -> int:
        return sum(getattr(self, name) for name in COUNTS)

    @property
    def is_balanced(self) -> bool:
        """Whether everyone who is there was decided, each once or counted as decided again."""
        return self.total == self.examined

    @property
    def has_balance(self) -> bool:
        """Whether it read everyone and came to its end: only then who is there says how many were to be decided."""
        return self.kind in READING and self.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL)

    @property
    def people(self) -> int:
        """Of a finished run: everyone who is there, by the rows of the link."""
        return (self.total or 0) - self.met_again

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_RUNS

    @property
    def is_paused(self) -> bool:
        """By a person, who may resume it."""
        return self.status == RunStatus.PAUSED and self.error_code == PAUSED_BY_PERSON

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED_RUNS

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody waits for it: not one of the schedule's, of which there is one every quarter of an hour."""
        return self.trigger in ASKED_FOR

    @property
    def seconds(self) -> float:
        """Seconds from start to end, or until now."""
        if not self.started_at:
            return 0.0
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    @property
    def most_failed(self) -> str:
        """What most failures of the run have in common, in a sentence; "" when nothing failed."""
        if not self.failed:
            return ""
        messages = self.entries.filter(outcome="failed").exclude(message="").values_list("message").order_by()
        common = messages.annotate(times=models.Count("pk")).order_by("-times").first()
        more = f" The most frequent reason: {common[0]}" if common else " The log says why."
        return f"{self.failed:,} of {self.examined:,} failed.{more}"

    def report(self, explain: bool = True) -> dict[str, Any]:
        """What `manage.py sync --json` prints as its last line. Without `explain` no query says why most failed."""
        return {
            "run": self.pk,
            "link": self.link.key,
            "kind": self.kind,
            "status": self.status,
            "dry_run": self.dry_run,
            "examined": self.examined,
            **{name: getattr(self, name) for name in COUNTS},
            "api_calls": {"gist": self.api_calls.get("gist", 0), "ghl": self.api_calls.get("ghl", 0)},
            "seconds": round(self.seconds, 1),
            "error": self.error or (self.most_failed if explain else ""),
        }
