"""What the API says of a link, a log entry, a problem and what happened to a person."""

from typing import Any

from dashboard.contacts.timeline import describe_event, pair_state
from dashboard.links.card import Card
from integration.causes.report import report_of as report_of_problem
from integration.causes.words import wording_of
from integration.models import Change, LogEntry, Problem, Run
from integration.people.find import KnownPerson
from integration.people.timeline import Event
from integration.plans.report import report_of
from integration.sync.reasons import reason


def report_run(run: Run) -> dict[str, Any]:
    """One run, with what a plan adds."""
    return {**report_of(run), "at": run.created_at, "trace": run.trace}


def report_run_line(run: Run) -> dict[str, Any]:
    """A run of a list: without what would cost a query each."""
    return {**run.report(explain=False), "at": run.created_at, "trace": run.trace}


def report_problem(problem: Problem) -> dict[str, Any]:
    words = wording_of(problem)
    return {**report_of_problem(problem), "meaning": words.meaning, "remedy": words.remedy}


def report_link(card: Card) -> dict[str, Any]:
    link = card.link
    return {
        "link": link.key,
        "name": link.name,
        "mode": link.mode,
        "enabled": link.enabled,
        "gist": link.gist.key,
        "ghl": link.ghl.key,
        "state": card.health.title,
        "sentence": card.health.sentence,
        "needs_person": card.health.person,
        "people": card.parity.total,
        "equal": card.parity.equal,
        "counted_at": card.counts.at,
        "failures": card.failures,
        "questions": card.questions,
        "problems": card.problems,
        "active_run": card.active.pk if card.active else None,
        "read_at": card.fresh_at,
    }


def report_change(change: Change, run: Run) -> dict[str, Any]:
    return {**change.report(), "trace": change.entry.trace or run.trace}


def report_entry(entry: LogEntry) -> dict[str, Any]:
    """Values as the log's page shows them; the HTTP exchanges stay there."""
    why = reason(entry.reason)
    return {
        "entry": entry.pk,
        "run": entry.run_id,
        "link": entry.link.key,
        "kind": entry.kind,
        "side": entry.side,
        "outcome": entry.outcome,
        "planned": entry.planned,
        "reason": entry.reason,
        "title": why.title,
        "meaning": why.meaning,
        "remedy": why.remedy,
        "message": entry.message,
        "label": entry.label,
        "gist_id": entry.gist_id,
        "ghl_id": entry.ghl_id,
        "problem": entry.problem_id,
        "attempt": entry.attempt,
        "resolved_at": entry.resolved_at,
        "changes": [report_change(change, entry.run) for change in entry.changes.all()],
        "trace": entry.own_trace,
        "at": entry.created_at,
    }


def report_person(person: KnownPerson) -> dict[str, Any]:
    return {
        "link": person.link.key,
        "label": person.label,
        "email": person.email,
        "gist_id": person.gist_id,
        "ghl_id": person.ghl_id,
        "state": pair_state(person)[1],
    }


def report_event(event: Event) -> dict[str, Any]:
    """In the words of the contact page."""
    line, entry = describe_event(event), event.entry
    names = ("field", "side", "before", "after", "state")
    return {
        "at": line.at,
        "kind": "entry" if entry else "workflow" if event.execution else "question",
        "title": line.title,
        "why": line.why,
        "remedy": reason(entry.reason).remedy if entry else "",
        "outcome": entry.outcome if entry else "",
        "reason": entry.reason if entry else "",
        "entry": entry.pk if entry else None,
        "changes": [{name: change.get(name) for name in names} for change in line.changes],
    }
