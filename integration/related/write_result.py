"""The result of a write that a person or a workflow asked for, from what it did to its entry in the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from integration import log
from integration.errors import ProviderError
from integration.models import Change, Execution, Link, LogEntry, Outcome, Run, RunKind, RunStatus
from integration.providers.operations import Json
from integration.records import PersonRef, RelatedRecord, Value
from integration.related.store import News, mark_deleted, note_written, take_in
from integration.trace import begin_trace


@dataclass
class WriteResult:
    """What was done, or why nothing was. Which fields were written is said by the changes it is recorded with.

    `kind` is "task", "note", "appointment", "tag", "contact", "carried", "event" or the like; `did` one of "created",
    "updated", "deleted", "sent", or "" when nothing needed doing. `record` is a task, note or appointment as it stands
    now; `gist_key` and `wanted` say what it stands for in Gist. `noticed` is what changed there without us.
    """

    kind: str
    label: str
    side: str = "ghl"
    did: str = ""
    reason: str = "asked"
    message: str = ""
    external_id: str = ""
    record: RelatedRecord | None = None
    gist_key: str = ""
    wanted: dict[str, Value] | None = None
    error: ProviderError | None = None
    calls: list[Json] = field(default_factory=list)
    noticed: Sequence[Mapping[str, Value]] = ()

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


def keep_result(link: Link, result: WriteResult, execution: Execution | None = None) -> list[News]:
    """Store the task, note or appointment of a result as it stands now. Returns what of it is news to workflows."""
    if result.record is None or result.error:
        return []
    if result.did == "deleted":
        news = mark_deleted(link, result.record.kind, result.record.id)
    # Also when nothing was written: from now on the record is known by this key.
    elif result.did or result.gist_key:
        workflow = execution.workflow if execution and result.did == "created" else None
        news = note_written(link, result.record, gist_key=result.gist_key, wanted=result.wanted, workflow=workflow)
    else:
        # Nothing had to be written, maybe because GHL has it so by now and nobody told: editing a task is silent there.
        return take_in(link, [result.record])
    return [news] if news else []


def log_result(
    run: Run,
    result: WriteResult,
    person: PersonRef,
    changes: Sequence[Change] = (),
    execution: Execution | None = None,
    tried_again: bool = False,
) -> LogEntry:
    """The result's entry in the log, with what was written for it. `tried_again`: a failure stays open until then."""
    rule = f"workflow:{execution.workflow_id}:{execution.step}" if execution else "person"
    for change in changes:
        # Where a mapping row or a rule about deletions made the change, it says so already.
        change.rule = change.rule or rule
    entry = log.draft_entry(
        run,
        person,
        result.outcome,
        result.error.code if result.error else result.reason,
        kind=result.kind,
        message=result.sentence,
        side=result.side,
        external_id=result.external_id or (result.record.id if result.record else ""),
        changes=changes,
        noticed=[dict(row) for row in result.noticed],
        calls=result.calls,
        execution=execution,
        # What fails on a page is shown there and then: nothing tries it again.
        resolved_at=timezone.now() if result.error and not (execution or tried_again) else None,
    )
    log.save_entries([entry])
    return entry


def run_of_person(link: Link, user: Any) -> Run:
    """A finished run for what a person does at once on a page: every write in the log belongs to a run."""
    now = timezone.now()
    return Run.objects.create(
        link=link,
        kind=RunKind.SINGLE,
        status=RunStatus.SUCCEEDED,
        trigger="page",
        started_by=user,
        trace=begin_trace(),
        started_at=now,
        finished_at=now,
        total=0,
    )


def rows_between(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[dict[str, Value]]:
    """What of a GHL record differs from what it was, field by field."""
    return [{"side": "ghl", "field": key, "before": old, "after": after.get(key)} for key, old in before.items()]
