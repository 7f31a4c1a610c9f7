"""A deed: one write that is not a contact's fields, from what it does to its entry in the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from integration.errors import ProviderError
from integration.models import Execution, Link, LogEntry, Outcome, Run, RunKind, RunStatus
from integration.providers.operations import Json
from integration.records import RelatedRecord, Value
from integration.related.store import News, note_written, part

Change = dict[str, Value]
"""`{"side", "field", "before", "after"}`, as the log shows it."""


@dataclass
class Deed:
    """What was written, or why nothing was.

    `kind` is "task", "note", "appointment", "tag", "contact", "carried", "event" or the like; `did` one of "created",
    "updated", "deleted", "sent", or "" when nothing needed doing. `record` is a task, note or appointment as it stands
    now; `gist_key` and `wanted` say what it stands for in Gist.
    """

    kind: str
    label: str
    side: str = "ghl"
    did: str = ""
    reason: str = "asked"
    message: str = ""
    changes: list[Change] = field(default_factory=list)
    external_id: str = ""
    record: RelatedRecord | None = None
    gist_key: str = ""
    wanted: dict[str, Value] | None = None
    error: ProviderError | None = None
    calls: list[Json] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        return f"{self.label}: {self.error}" if self.error else (self.message or self.label)

    @property
    def outcome(self) -> Outcome:
        if self.error:
            return Outcome.FAILED
        if not self.did:
            return Outcome.UNCHANGED if self.reason in ("same_value", "noticed") else Outcome.SKIPPED
        return Outcome.CREATED if self.did in ("created", "sent") else Outcome.UPDATED


@dataclass(frozen=True)
class About:
    """The person a deed is about: ids on both sides, and what to call them."""

    gist_id: str = ""
    ghl_id: str = ""
    label: str = ""


def settle(link: Link, deed: Deed, execution: Execution | None = None) -> list[News]:
    """Keep what the deed says of its task, note or appointment. What that is news of, once."""
    if deed.record is None or deed.error:
        return []
    if deed.did == "deleted":
        news = part(link, deed.record.kind, deed.record.id)
    elif deed.did or deed.gist_key:
        workflow = execution.workflow if execution and deed.did == "created" else None
        news = note_written(link, deed.record, gist_key=deed.gist_key, wanted=deed.wanted, workflow=workflow)
    else:
        news = None
    return [news] if news else []


def log(run: Run, deed: Deed, about: About, execution: Execution | None = None) -> LogEntry:
    """The deed's entry in the log."""
    return LogEntry.objects.create(
        link=run.link,
        run=run,
        kind=deed.kind,
        external_id=deed.external_id or (deed.record.id if deed.record else ""),
        side=deed.side,
        gist_id=about.gist_id,
        ghl_id=about.ghl_id,
        label=about.label,
        outcome=deed.outcome,
        reason=deed.error.code if deed.error else deed.reason,
        message=deed.sentence,
        changes=deed.changes,
        calls=deed.calls[-8:],
        applied=bool(deed.did),
        execution=execution,
        step=execution.step if execution else None,
        # What fails on a page is told there and then: nothing tries it again.
        resolved_at=timezone.now() if deed.error and not execution else None,
    )


def run_of_person(link: Link, user: Any) -> Run:
    """A finished run for what a person does at once on a page: every write in the log belongs to a run."""
    now = timezone.now()
    return Run.objects.create(
        link=link,
        kind=RunKind.SINGLE,
        status=RunStatus.SUCCEEDED,
        trigger="page",
        started_by=user,
        started_at=now,
        finished_at=now,
        total=0,
    )


def changes_between(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[Change]:
    """What of a GHL record differs from what it was."""
    return [{"side": "ghl", "field": key, "before": old, "after": after.get(key)} for key, old in before.items()]


def changes_of(side: str, before: dict[str, Value] | Any, after: dict[str, Value]) -> list[Change]:
    return [
        {"side": side, "field": key, "before": (before or {}).get(key), "after": value} for key, value in after.items()
    ]
