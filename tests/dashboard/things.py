"""Rows to look at, made straight in the database; the world is not asked."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from integration.models import (
    Change,
    Connection,
    Execution,
    InboxEvent,
    Link,
    LogEntry,
    Pair,
    Problem,
    Question,
    Run,
    Snapshot,
    Workflow,
)
from integration.workflows import versions

MARKUP = '<script>alert("x")</script>'
"""What somebody might hope that a page shows unescaped."""


def finished_run(link: Link, **facts: Any) -> Run:
    now = timezone.now()
    standard = {"status": "succeeded", "started_at": now, "finished_at": now, "mapping": link.mapping_versions.first()}
    return Run.objects.create(link=link, **{**standard, **facts})


def plan(link: Link) -> Run:
    """A dry run that would give Ann another name."""
    run = finished_run(link, dry_run=True, updated=1)
    entry = LogEntry.objects.create(
        link=link, run=run, outcome="updated", reason="changed", label="Ann Lee", ghl_id="abc", planned=True
    )
    Change.objects.create(
        link=link, run=run, entry=entry, side="ghl", external_id="abc", action="update", field="name",
        before="Ann Lee", after="Anna Lee", rule="mapping:name",
    )  # fmt: skip
    return run


def runs(link: Link, count: int, **facts: Any) -> list[Run]:
    return [finished_run(link, **facts) for _ in range(count)]


def in_step(link: Link, count: int, **facts: Any) -> list[Pair]:
    """Pairs that hold the same on both sides, unless `facts` say otherwise, each with both halves."""
    known = Pair.objects.count()
    standard = {"agrees": True, "synced_at": timezone.now()}
    pairs = [
        Pair.objects.create(link=link, gist_id=f"g{number}", ghl_id=f"h{number}", **{**standard, **facts})
        for number in range(known, known + count)
    ]
    for pair in pairs:
        for side in ("gist", "ghl"):
            Snapshot.objects.create(link=link, side=side, external_id=pair.external_id(side), pair=pair, base={})
    return pairs


def alone(link: Link, side: str, count: int = 1, **facts: Any) -> list[Snapshot]:
    """Records without a counterpart."""
    known = Snapshot.objects.count()
    return [
        Snapshot.objects.create(link=link, side=side, external_id=f"{side}{number}", **{"base": {}, **facts})
        for number in range(known, known + count)
    ]


def entry(
    run: Run, label: str = "Ann Lee", outcome: str = "created", changes: Sequence[dict[str, Any]] = (), **facts: Any
) -> LogEntry:
    """`changes` are `{"side", "field", "before", "after"}`, applied unless the entry failed or is planned."""
    reasons = {"created": "new_contact", "failed": "rejected", "skipped": "ambiguous"}
    facts = {"reason": reasons.get(outcome, "changed"), **facts}
    made = LogEntry.objects.create(link=run.link, run=run, label=label, outcome=outcome, **facts)
    state = "planned" if made.planned else "failed" if outcome == "failed" else "applied"
    for change in changes:
        Change.objects.create(link=run.link, run=run, entry=made, action="update", state=state, **change)
    return made


def entries(run: Run, count: int, **facts: Any) -> list[LogEntry]:
    return [entry(run, f"Person {number}", **facts) for number in range(count)]


def failure(run: Run, label: str = "Ann Lee", **facts: Any) -> LogEntry:
    return entry(run, label, "failed", gist_id="1001", message="GHL refused the e-mail address.", **facts)


def problem(entry: LogEntry, **facts: Any) -> Problem:
    """The problem that the entry belongs to from then on."""
    standard = {"cause": "ghl.email_invalid", "subject": "email", "side": "ghl"}
    made = Problem.objects.create(link=entry.link, **{**standard, **facts})
    made.note_history("opened", run=entry.run_id)
    made.save()
    entry.problem = made
    entry.save()
    return made


def connections(count: int, provider: str = "ghl") -> list[Connection]:
    known = Connection.objects.count()
    return [
        Connection.objects.create(
            key=f"{provider}-{number}",
            name=f"Client {number}",
            provider=provider,
            account_id=f"{provider}{number}",
            status="ok",
        )
        for number in range(known, known + count)
    ]


def links(count: int) -> list[Link]:
    pairs = zip(connections(count, "gist"), connections(count, "ghl"), strict=True)
    return [Link.objects.create(key=gist.key, name=f"Link {gist.pk}", gist=gist, ghl=ghl) for gist, ghl in pairs]


def conflict(link: Link, label: str = "Ann Lee", **facts: Any) -> Question:
    options = facts.pop("options", {"gist": "Family 12", "ghl": "Starter"})
    return Question.objects.create(
        link=link, kind="conflict", about=f"{label} plan", label=label, field="plan", options=options, **facts
    )


def match(link: Link, label: str = "Bob Ray") -> Question:
    candidates = [
        {"id": "ghl1", "label": "Bob Ray", "email": "bob@example.test", "phone": ""},
        {"id": "ghl2", "label": "Robert Ray", "email": "", "phone": "+15125550136"},
    ]
    return Question.objects.create(
        link=link, kind="match", about=label, label=label, side="gist", external_id="1001", options=candidates
    )


def event(link: Link, **facts: Any) -> InboxEvent:
    return InboxEvent.objects.create(**{"provider": "ghl", "topic": "TaskCreate", "connection": link.ghl, **facts})


def workflow(link: Link, template: str = "welcome_new_contact", **facts: Any) -> Workflow:
    return versions.create_workflow(link, template, **facts)


def execution(of: Workflow, label: str = "Ann Lee", **facts: Any) -> Execution:
    standard = {"gist_id": "1001", "trigger": of.definition["triggers"][0]["on"], "state": "failed"}
    version = of.versions.get(number=of.version)
    cause = f"test:{Execution.objects.count()}"
    return Execution.objects.create(
        link=of.link, workflow=of, version=version, label=label, cause=cause, **{**standard, **facts}
    )


def executions(of: Workflow, count: int, **facts: Any) -> list[Execution]:
    return [execution(of, f"Person {number}", **facts) for number in range(count)]
