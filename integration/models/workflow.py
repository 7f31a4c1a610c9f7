"""Workflows: a trigger with ordered actions, its versions, and each time it ran for somebody."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.choices import ToneChoices
from integration.models.fields import TraceField
from integration.models.inbox_event import InboxEvent
from integration.models.link import Link


class Workflow(models.Model):
    """`definition` is what runs now, shaped as `workflows/definition.py` says; every save makes a version of it."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="workflows")
    template = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField("switched on", null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    definition = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["link", "id"]
        indexes = [models.Index(fields=["link", "enabled"], name="workflows_on")]

    def __str__(self) -> str:
        return self.name

    @property
    def tone(self) -> str:
        return "ok" if self.enabled else "idle"

    @property
    def status(self) -> str:
        return "On" if self.enabled else "Off"


class WorkflowVersion(models.Model):
    """A definition as it was saved; executions keep to the one they began with."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["workflow", "number"], name="one_workflow_version_each")]

    def __str__(self) -> str:
        return f"{self.workflow} v{self.number}"


class ExecutionState(ToneChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"


UNFINISHED = (ExecutionState.WAITING, ExecutionState.RUNNING)


class Execution(models.Model):
    """A workflow at work for one person, once per `cause`.

    `step` is the action whose turn it is; `call_sent` says that its call was sent and not answered yet, so that after
    a kill its result is looked for first. `facts` is what placeholders and conditions see. An execution that failed
    is tried again at `due_at`; with none it is parked until a person asks.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="executions")
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="executions")
    version = models.ForeignKey(WorkflowVersion, models.CASCADE)
    cause = models.CharField("what started it", max_length=200)
    trigger = models.CharField(max_length=60)
    event = models.ForeignKey(InboxEvent, models.SET_NULL, null=True, blank=True)
    gist_id = models.CharField(max_length=120, blank=True)
    ghl_id = models.CharField(max_length=120, blank=True)
    label = models.CharField("who, in words", max_length=200, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=ExecutionState, default=ExecutionState.WAITING)
    step = models.PositiveSmallIntegerField(default=0)
    call_sent = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField("not worked on before this", null=True, default=timezone.now)
    reason = models.CharField("reason code", max_length=40, blank=True)
    message = models.TextField(blank=True)
    trace = TraceField()
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["workflow", "cause"], name="one_execution_per_cause")]
        indexes = [
            models.Index(
                fields=["link", "due_at"],
                condition=models.Q(state__in=("waiting", "running")),
                name="executions_due",
            ),
            models.Index(fields=["workflow", "-id"], name="executions_of_workflow"),
            models.Index(fields=["link", "gist_id"], name="executions_by_gist_id"),
            models.Index(fields=["link", "ghl_id"], name="executions_by_ghl_id"),
            models.Index(fields=["trace"], condition=~models.Q(trace=""), name="executions_by_trace"),
        ]

    journal: Sequence[Any] = ()
    """Changes begun by the action under way, until they are recorded with its result."""

    def __str__(self) -> str:
        return f"{self.workflow} for {self.label or self.gist_id or self.ghl_id}"

    @property
    def actions(self) -> list[dict[str, Any]]:
        actions: list[dict[str, Any]] = self.version.definition.get("actions", [])
        return actions

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED
