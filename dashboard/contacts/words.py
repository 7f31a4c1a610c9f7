"""What happened to a person, in words with a mark: one registry for the timeline of the contact page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from integration.models import Execution, ExecutionState, LogEntry, Outcome, Pair, Question
from integration.people.timeline import Event
from integration.people.who import NAMES, Somebody
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
    "echo": ("arrow-uturn-left", "idle"),
    "conflict": ("pause", "wait"),
    "ambiguous": ("users", "wait"),
}
SAID = ("held", "released", "joined", "unlinked_here", "deleted_here")
"""Reasons whose entries say in their own words what a person did."""


@dataclass(frozen=True)
class Told:
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


MOST_CHANGES = 4
UNTOLD = ("calendar_id", "end_at")
"""Fields of tasks and the like whose change tells a person nothing new."""


def pair_state(who: Somebody) -> tuple[str, str]:
    """Tone and words for how a person stands."""
    if who.pair:
        return PAIR_STATES[Pair.State(who.pair.state)]
    return "idle", f"Only in {NAMES[who.side]}"


def by_day(events: Iterable[Event]) -> list[tuple[str, list[Told]]]:
    """Events in words under the names of their days, in the current time zone."""
    days: dict[str, list[Told]] = {}
    for event in events:
        days.setdefault(day_name(event.at), []).append(told(event))
    return list(days.items())


def day_name(moment: datetime) -> str:
    """`Today`, `Yesterday`, `Thu 19 June`, before this year with the year."""
    local, today = timezone.localtime(moment), timezone.localdate()
    near = {0: "Today", -1: "Yesterday", 1: "Tomorrow"}.get((local.date() - today).days)
    year = "" if local.year == today.year else f" {local.year}"
    return near or f"{local:%a} {local.day} {local:%B}{year}"


def told(event: Event) -> Told:
    if event.execution:
        return _execution(event.execution)
    if event.question:
        return _question(event.question)
    assert event.entry
    return _entry(event.entry)


def _entry(entry: LogEntry) -> Told:
    icon, tone = _mark(entry)
    changes = [change for change in entry.changes if change["field"] not in UNTOLD]
    shown, more = changes[:MOST_CHANGES], max(0, len(changes) - MOST_CHANGES)
    return Told(entry.created_at, icon, tone, _title(entry), _why(entry), shown, more, entry)


def _mark(entry: LogEntry) -> tuple[str, str]:
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


def _title(entry: LogEntry) -> str:
    """One sentence: what happened, or why nothing did."""
    if entry.kind != "contact" or entry.reason in SAID:
        return entry.message or entry.label
    where = NAMES.get(entry.side, "both systems")
    if entry.outcome == Outcome.FAILED:
        return f"Could not be written: {reason(entry.reason).title.lower()}"
    if entry.outcome == Outcome.CREATED:
        return f"Created in {where}"
    if entry.outcome == Outcome.UPDATED:
        return f"{_fields(entry)} written to {where}" if entry.changes else f"Updated in {where}"
    return f"{reason(entry.reason).title}: nothing was written"


def _fields(entry: LogEntry) -> str:
    names = list(dict.fromkeys(field_words(str(change["field"])) for change in entry.changes))
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")


def field_words(key: str) -> str:
    name = key.rpartition(".")[2].replace("_", " ")
    return name[:1].upper() + name[1:]


def _why(entry: LogEntry) -> str:
    why = reason(entry.reason)
    if entry.reason in SAID:
        return _by(entry)
    parts = [why.meaning] if entry.outcome in (Outcome.SKIPPED, Outcome.UNCHANGED) or entry.kind == "contact" else []
    if entry.outcome == Outcome.FAILED and entry.kind == "contact":
        parts = [entry.message, why.remedy]
    elif entry.kind == "contact" and entry.message:
        parts.append(f"{entry.message.rstrip('.')}.")
    if not entry.applied and entry.outcome in (Outcome.CREATED, Outcome.UPDATED):
        parts.append("Planned only: nothing was written.")
    if entry.resolved_at and entry.kind == "contact":
        parts.append("A later attempt succeeded.")
    return " ".join(filter(None, [*parts, _by(entry)]))


def _by(entry: LogEntry) -> str:
    if entry.execution:
        return f"Workflow “{entry.execution.workflow.name}”."
    person = entry.run.started_by
    if entry.run.trigger == "page":
        return f"By {person or 'somebody who left'}, on this page."
    return f"Run {entry.run_id:,}{f', started by {person}' if person else ''}."


def _execution(one: Execution) -> Told:
    name, step = f"Workflow “{one.workflow.name}”", one.step + 1
    words = {
        ExecutionState.WAITING: ("clock", "wait", f"{name} is about to act"),
        ExecutionState.RUNNING: ("bolt", "run", f"{name} is at step {step}"),
        ExecutionState.SKIPPED: ("no-symbol", "idle", f"{name} did nothing"),
        ExecutionState.FAILED: ("exclamation-triangle", "bad", f"{name} stopped at step {step}"),
    }
    icon, tone, title = words.get(ExecutionState(one.state), ("bolt", "ok", f"{name} is done"))
    return Told(one.created_at, icon, tone, title, one.message)


def _question(one: Question) -> Told:
    if one.kind == Question.Kind.MATCH:
        title = f"Who is {one.label or 'this person'} on the other side?"
    else:
        title = f"{field_words(one.field)} is held: {one.message or 'both sides changed it'}"
    if one.answer:
        who = one.answered_by or "Somebody"
        chosen = f"{NAMES.get(one.answer, one.answer)}’s value stands" if one.field else f"it is {one.answer}"
        return Told(one.created_at, "hand-raised", "run", title, f"{who} decided: {chosen}.")
    if one.closed_at:
        return Told(one.created_at, "hand-raised", "idle", title, "Settled without an answer.")
    return Told(one.created_at, "pause", "wait", title, "Waiting for a person; nothing is written.", question=one)
