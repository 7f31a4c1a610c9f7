"""Starting a run: of a link, of one person, of everyone who failed. A run waits for a worker, or for its caller."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from integration.connections.check import verify_connection
from integration.errors import SetupError
from integration.mapping.versions import current_version
from integration.models import (
    ACTIVE_RUNS,
    ConnectionStatus,
    ImportFile,
    Link,
    LogEntry,
    MappingVersion,
    Mode,
    Outcome,
    Pair,
    Run,
    RunKind,
    RunTarget,
)
from integration.queue import call_worker, enqueue
from integration.runs.ladder import ladder_of
from integration.sync.pending_reads import request_read
from integration.trace import begin_trace
from integration.workflows import executions


class AlreadyRunning(SetupError):
    """The link has an active run already: `run`."""

    def __init__(self, run: Run):
        super().__init__(f"Run {run.pk} of {run.link.name} is still going on. Wait for it, or cancel it.")
        self.run = run


def start_run(
    link: Link,
    kind: str = RunKind.FULL,
    *,
    dry_run: bool = False,
    user: Any = None,
    trigger: str = "person",
    target: RunTarget | None = None,
    queued: bool = True,
    import_file: ImportFile | None = None,
    plan: Run | None = None,
    undoes: Run | None = None,
) -> Run:
    """A new run, waiting for a worker, or for the caller when it is not `queued`. One that applies a `plan` goes by the
    rules that the plan was made by.

    Raises SetupError, or AlreadyRunning when the link is busy.
    """
    mapping = check_ready(link, patient=trigger in ("person", "command"))
    # Before everyone was read once there is no mark from which changes could be read.
    if kind == RunKind.INCREMENTAL and not link.full_run_at:
        kind = RunKind.FULL
    run = Run(
        link=link,
        kind=kind,
        dry_run=dry_run or link.mode == Mode.WATCH,
        started_by=user,
        trigger=trigger,
        trace=begin_trace(),
        mapping=plan.mapping if plan else mapping,
        rules=plan.rules if plan else {},
        phase="planned" if plan else "",
        plan=plan,
        undoes=undoes,
        target=target or RunTarget(),
        import_file=import_file,
        total=len(target.people) if target and target.ladder else None,
    )
    _place(run, queued)
    return run


def _place(run: Run, queued: bool) -> None:
    """Save `run` as the active one of its link, and call a worker if it is `queued`. Raises AlreadyRunning."""
    for is_last in (False, False, True):
        try:
            with transaction.atomic():
                run.save(force_insert=True)
                if queued:
                    enqueue("work_on_run", run.pk)
            return
        except IntegrityError as busy:
            # The constraint `one_active_run_per_link`: asking first would let two starts at the same moment through.
            active = Run.objects.select_related("link").filter(link=run.link, status__in=ACTIVE_RUNS).first()
            if active:
                raise AlreadyRunning(active) from busy
            # It ended before it could be named: the way is free now.
            if is_last:
                raise


# A schedule has a broken login checked again this long after the last check.
LOOK_AGAIN_MINUTES = 10


def check_ready(link: Link, patient: bool = True) -> MappingVersion:
    """The mapping a run would work by. Raises SetupError when the link is off, a login is broken or nothing is mapped.

    What broke a login may have passed, as when a location is reactivated: a person who asks has it checked again,
    a schedule does so now and then.
    """
    if not link.enabled:
        raise SetupError(f"{link.name} is paused. Switch it on first.")
    for connection in link.connections.values():
        looked = connection.checked_at and timezone.now() - connection.checked_at
        long_ago = not looked or looked > timedelta(minutes=LOOK_AGAIN_MINUTES)
        if connection.status == ConnectionStatus.RECONNECT and (patient or long_ago):
            verify_connection(connection)
        if connection.needs_person:
            raise SetupError(
                f"{connection.name} needs a new login before {link.name} can sync: {connection.status_reason}"
            )
    mapping = current_version(link)
    if mapping is None or not mapping.rows.exists():
        raise SetupError(f"{link.name} has no mapping yet. Open its mapping and save at least one row.")
    return mapping


def retry_entry(entry: LogEntry, user: Any = None) -> Run | None:
    """Try one failed person again; None when it was a workflow's action, which goes on without a run of its own.

    Raises SetupError when there is nothing to retry.
    """
    if not entry.can_retry:
        raise SetupError("This entry did not fail, or a later attempt settled it: there is nothing to retry.")
    if entry.execution:
        executions.retry_execution(entry.execution, user)
        return None
    return retry_people(entry.link, [entry], user)


def retry_failed(run: Run, user: Any = None) -> Run | None:
    """Try everyone again whose failure in `run` is still open; None when there is nobody. Raises SetupError."""
    failed = run.entries.filter(outcome=Outcome.FAILED, resolved_at=None).order_by("pk")
    entries = [entry for entry in failed if entry.can_retry]
    return retry_by_steps(run.link, entries, user) if entries else None


def retry_by_steps(
    link: Link, entries: Sequence[LogEntry], user: Any = None, *, title: str = "", trigger: str = "person"
) -> Run:
    """Try these again, of each problem first one, then ten, then the rest (runs/ladder.py).

    Raises SetupError when nothing can be tried now, AlreadyRunning while the link is busy.
    """
    if link.mode == Mode.WATCH:
        raise SetupError(
            f"{link.name} only watches: it writes nothing, so a retry changes nothing. Set it to live first."
        )
    target = ladder_of(entries, owner=_owner_of(entries), title=title or f"Retry {len(entries):,}")
    if not target.people:
        raise SetupError("Nothing to retry: no failure of these is open any more.")
    return start_run(link, RunKind.RETRY, user=user, target=target, trigger=trigger)


def _owner_of(entries: Sequence[LogEntry]) -> str:
    """A person said of a pull whose values stand: its retry must not decide otherwise."""
    owners = {run.target.owner for run in Run.objects.filter(pk__in={entry.run_id for entry in entries}).only("target")}
    return owners.pop() if len(owners) == 1 else ""


def retry_people(link: Link, entries: list[LogEntry], user: Any, trigger: str = "person") -> Run:
    """Try again the people whom these failures are about."""
    people = [{"gist": entry.gist_id, "ghl": entry.ghl_id} for entry in entries]
    owner = _owner_of(entries)
    target = RunTarget(people=people, entries=[entry.pk for entry in entries], owner=owner)
    try:
        return start_run(link, RunKind.RETRY, user=user, target=target, trigger=trigger)
    except AlreadyRunning as busy:
        # The schedule comes again; what a person asked for is done by the run that is under way.
        if trigger != "person":
            raise
        return _have_done_by(busy, people, owner)


def sync_person(link: Link, ids: Mapping[str, str], user: Any = None, owner: str = "") -> Run:
    """Compare and write the person with these ids now; with an `owner`, that side's values stand.

    Returns the run that does it: one of its own, or the one that is under way, which takes the person up next.
    """
    try:
        return start_run(link, RunKind.SINGLE, user=user, target=RunTarget(people=[dict(ids)], owner=owner))
    except AlreadyRunning as busy:
        return _have_done_by(busy, [ids], owner)


def _have_done_by(busy: AlreadyRunning, people: Sequence[Mapping[str, str]], owner: str) -> Run:
    link = busy.run.link
    # While a link only watches there are plans only, and those are made one after the other.
    if link.mode == Mode.WATCH:
        raise busy
    for ids in people:
        request_sync(link, ids, owner)
    call_worker(Link.objects.filter(pk=link.pk))
    return busy.run


def request_sync(link: Link, ids: Mapping[str, str], owner: str = "") -> None:
    """Have this person read, decided and logged by the next run there is, or the one under way. It is kept until it was
    done, whatever becomes of runs and workers meanwhile.
    """
    gist_id, ghl_id = ids.get("gist", ""), ids.get("ghl", "")
    if gist_id:
        request_read(link, "gist", gist_id, owner)
    # With one half of a pair the other one is read too.
    if ghl_id and not Pair.objects.filter(link=link, kind="contact", gist_id=gist_id, ghl_id=ghl_id).exists():
        request_read(link, "ghl", ghl_id, owner)
