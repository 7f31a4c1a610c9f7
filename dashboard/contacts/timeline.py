"""What happened to a person, in words with a mark: one registry for the timeline of the contact page."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from integration.models import Execution, ExecutionState, LogEntry, Outcome, Pair, Question
from integration.people.compare import CARRIED
from integration.people.find import NAMES, KnownPerson
from integration.people.timeline import Event
from integration.records import EMAIL_CONSENT
from integration.sync.reasons import reason

PAIR_STATES = {
    Pair.State.LINKED: ("ok", "Paired"),
    Pair.State.HELD: ("wait", "On hold"),
    Pair.State.UNLINKED: ("idle", "Unlinked"),
    Pair.State.ONE_GONE: ("bad", "Deleted on one side"),
    Pair.State.DELETED: ("idle", "Deleted on both sides"),
}
ICONS = {
    "task": "check",
    "note": "chat-bubble-bottom-center-text",
    "appointment": "calendar",
    "tag": "tag",
    "carried": "arrow-long-right",
    "event": "bolt",
    "contact": "arrow-long-right",
    "mapping": "arrows-right-left",
}
BY_REASON = {
    "held": ("pause", "wait"),
    "released": ("play", "run"),
    "joined": ("link", "run"),
    "unlinked_here": ("link-slash", "idle"),
    "deleted_here": ("trash", "bad"),
    "opted_in": ("check", "run"),
    "opted_in_there": ("pause", "wait"),
    "opt_out_one_way": ("exclamation-triangle", "wait"),
    "conflict": ("pause", "wait"),
    "ambiguous": ("users", "wait"),
    "other_name": ("users", "wait"),
    "taken": ("users", "wait"),
    "linked_again": ("link", "run"),
    "merged_there": ("link-slash", "idle"),
    "filtered": ("funnel", "idle"),
}
# Reasons whose entries say in their own words what a person did.
REASONS_IN_OWN_WORDS = ("held", "released", "joined", "unlinked_here", "deleted_here", "opted_in")


@dataclass(frozen=True)
class TimelineEntry:
    """`tone` colours the mark: the side it came from, or a status. `changes` are before and after, at most four."""

    at: datetime
    icon: str
    tone: str
    title: str
    why: str
    changes: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    entry: LogEntry | None = None
    question: Question | None = None
    trace: str = ""


MOST_CHANGES = 4
# Fields of tasks and the like whose change tells a person nothing new.
HIDDEN_FIELDS = ("calendar_id", "end_at")


def pair_state(person: KnownPerson, gone: Collection[str] = ()) -> tuple[str, str]:
    """Tone and words for how a person stands. Sides in `gone` just said that they do not have the contact."""
    together = person.pair is None or person.pair.state == Pair.State.LINKED
    if together and gone:
        # Remembered is "Paired" or "Only in GHL" until the next run has seen it too, which would be untrue above the
        # banner that tells of it.
        return "wait", f"Not in {' and '.join(NAMES[side] for side in NAMES if side in gone)}"
    if together and any(one.reason == "filtered" for one in person.snapshots.values()):
        return "idle", "Left out by the link’s filter"
    if person.pair:
        return PAIR_STATES[Pair.State(person.pair.state)]
    return "idle", f"Only in {NAMES[person.side]}"


def by_day(events: Iterable[Event]) -> list[tuple[str, list[TimelineEntry]]]:
    """Events in words under the names of their days, in the current time zone."""
    days: dict[str, list[TimelineEntry]] = {}
    for event in events:
        days.setdefault(day_name(event.at), []).append(describe_event(event))
    return list(days.items())


def day_name(moment: datetime) -> str:
    """`Today`, `Yesterday`, `Thu 19 June`, before this year with the year."""
    local, today = timezone.localtime(moment), timezone.localdate()
    near = {0: "Today", -1: "Yesterday", 1: "Tomorrow"}.get((local.date() - today).days)
    year = "" if local.year == today.year else f" {local.year}"
    return near or f"{local:%a} {local.day} {local:%B}{year}"


def describe_event(event: Event) -> TimelineEntry:
    if event.execution:
        return _describe_execution(event.execution)
    if event.question:
        return _describe_question(event.question)
    assert event.entry
    return _describe_entry(event.entry)


def _describe_entry(entry: LogEntry) -> TimelineEntry:
    icon, tone = _mark_of(entry)
    changes = [change for change in entry.rows if change["field"] not in HIDDEN_FIELDS]
    shown, more = changes[:MOST_CHANGES], max(0, len(changes) - MOST_CHANGES)
    title, why = _title_of(entry), _explain_entry(entry)
    return TimelineEntry(entry.created_at, icon, tone, title, why, shown, more, entry, trace=entry.own_trace)


def _mark_of(entry: LogEntry) -> tuple[str, str]:
    if entry.outcome == Outcome.FAILED:
        return "exclamation-triangle", "bad"
    if entry.reason in BY_REASON:
        return BY_REASON[entry.reason]
    if entry.outcome in (Outcome.SKIPPED, Outcome.UNCHANGED):
        return ("no-symbol" if entry.outcome == Outcome.SKIPPED else "eye"), "idle"
    return ICONS.get(entry.kind, "bolt"), _came_from(entry)


def _came_from(entry: LogEntry) -> str:
    if entry.execution:
        return entry.execution.trigger.partition(".")[0]
    if entry.run.trigger == "page":
        return "run"
    return {"ghl": "gist", "gist": "ghl"}.get(entry.side, "run")


def _title_of(entry: LogEntry) -> str:
    """One sentence: what happened, or why nothing did."""
    if entry.kind != "contact" or entry.reason in REASONS_IN_OWN_WORDS:
        return entry.message or entry.label
    where = NAMES.get(entry.side, "both systems")
    if entry.outcome == Outcome.FAILED:
        problem = reason(entry.reason).title.lower()
        written, missing = (_changed_fields(entry, state) for state in ("applied", "failed"))
        return f"{written} written, {missing} not: {problem}" if written else f"Could not be written: {problem}"
    if entry.is_plan:
        return f"Would be {'created' if entry.outcome == Outcome.CREATED else 'updated'} in {where}"
    if entry.outcome == Outcome.CREATED:
        return f"Created in {where}"
    if entry.outcome == Outcome.UPDATED:
        if {change["field"] for change in entry.rows} <= set(EMAIL_CONSENT.values()) and entry.rows:
            return f"{_changed_fields(entry)} in {where}"
        return f"{_changed_fields(entry)} written to {where}" if entry.rows else f"Updated in {where}"
    return f"{reason(entry.reason).title}: nothing was written"


def _changed_fields(entry: LogEntry, state: str = "") -> str:
    """Fields that changed, the first three by name; with a `state` only those of which that became."""
    rows = (change for change in entry.rows if not state or change["state"] == state)
    names = list(dict.fromkeys(field_words(str(change["label"])) for change in rows))
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")


def field_words(key: str) -> str:
    """A field as people call it; what Gistline carries to Gist by the names that the records on the same page have."""
    if key in CARRIED:
        return CARRIED[key]
    name = key.rpartition(".")[2].replace("_", " ")
    return name[:1].upper() + name[1:]


def _explain_entry(entry: LogEntry) -> str:
    why = reason(entry.reason)
    if entry.reason in REASONS_IN_OWN_WORDS:
        return _done_by(entry)
    sentences = (
        [why.meaning] if entry.outcome in (Outcome.SKIPPED, Outcome.UNCHANGED) or entry.kind == "contact" else []
    )
    if entry.outcome == Outcome.FAILED and entry.kind == "contact":
        sentences = [entry.message, why.remedy]
    elif entry.kind == "contact" and entry.message:
        sentences.append(f"{entry.message.rstrip('.')}.")
    if entry.is_plan:
        sentences.append("Planned only: nothing was written.")
    if entry.resolved_at and entry.kind == "contact":
        sentences.append("Nothing of it is open any more.")
    return " ".join(filter(None, [*sentences, _done_by(entry)]))


def _done_by(entry: LogEntry) -> str:
    if entry.execution:
        return f"Workflow “{entry.execution.workflow.name}”."
    person = entry.run.started_by
    if entry.run.trigger == "page":
        return f"By {person or 'somebody who left'}, on this page."
    return f"Run {entry.run_id:,}{f', started by {person}' if person else ''}."


def _describe_execution(one: Execution) -> TimelineEntry:
    name, step = f"Workflow “{one.workflow.name}”", one.step + 1
    words = {
        ExecutionState.WAITING: ("clock", "wait", f"{name} is about to act"),
        ExecutionState.RUNNING: ("bolt", "run", f"{name} is at step {step}"),
        ExecutionState.SKIPPED: ("no-symbol", "idle", f"{name} did nothing"),
        ExecutionState.FAILED: ("exclamation-triangle", "bad", f"{name} stopped at step {step}"),
    }
    icon, tone, title = words.get(ExecutionState(one.state), ("bolt", "ok", f"{name} is done"))
    return TimelineEntry(one.created_at, icon, tone, title, one.message, trace=one.trace)


def _describe_question(one: Question) -> TimelineEntry:
    if one.kind == Question.Kind.MATCH:
        title = f"Who is {one.label or 'this person'} on the other side?"
    else:
        title = f"{field_words(one.field)} is held: {one.message or 'both sides changed it'}"
    if one.answer:
        person = one.answered_by or "Somebody"
        chosen = f"{NAMES.get(one.answer, one.answer)}’s value stands" if one.field else f"it is {one.answer}"
        return TimelineEntry(one.created_at, "hand-raised", "run", title, f"{person} decided: {chosen}.")
    if one.closed_at:
        return TimelineEntry(one.created_at, "hand-raised", "idle", title, "Settled without an answer.")
    return TimelineEntry(
        one.created_at, "pause", "wait", title, "Waiting for a person; nothing is written.", question=one
    )
