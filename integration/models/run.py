"""One piece of work on a link, with its counts and how far it is."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.choices import ACTIVE_RUNS, FINISHED_RUNS, RunKind, RunStatus
from integration.models.link import Link
from integration.models.mapping import MappingVersion

COUNTS = ("created", "updated", "unchanged", "skipped", "failed")


class Run(models.Model):
    """Counts always balance: examined = created + updated + unchanged + skipped + failed."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=12, choices=RunKind, default=RunKind.FULL)
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.QUEUED)
    dry_run = models.BooleanField("decides, writes nothing", default=False)
    trigger = models.CharField(max_length=20, default="person")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    mapping = models.ForeignKey(MappingVersion, models.SET_NULL, null=True, blank=True)
    rules = models.JSONField("rules frozen at the start", default=dict)
    target = models.JSONField("what a retry or single run is about", default=dict, blank=True)
    checkpoint = models.JSONField(default=dict, blank=True)
    phase = models.CharField(max_length=20, blank=True)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField("records to examine, once known", null=True, blank=True)
    api_calls = models.JSONField(default=dict)
    cancel_requested = models.BooleanField(default=False)
    wait_until = models.DateTimeField(null=True, blank=True)
    wait_reason = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    alive_at = models.DateTimeField("last sign of life", null=True, blank=True)
    active_seconds = models.FloatField("time spent working", default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["link"], condition=models.Q(status__in=ACTIVE_RUNS), name="one_active_run_per_link"
            )
        ]
        indexes = [models.Index(fields=["link", "-id"], name="runs_of_link")]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def examined(self) -> int:
        return sum(getattr(self, name) for name in COUNTS)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_RUNS

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED_RUNS

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
        told = self.entries.filter(outcome="failed").exclude(message="").values_list("message").order_by()
        common = told.annotate(times=models.Count("pk")).order_by("-times").first()
        more = f" The most frequent reason: {common[0]}" if common else " The log says why."
        return f"{self.failed:,} of {self.examined:,} failed.{more}"

    def report(self) -> dict[str, Any]:
        """What `manage.py sync --json` prints as its last line."""
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
            "error": self.error or self.most_failed,
        }
