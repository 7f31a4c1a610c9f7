"""The two phases of an import run: checking the whole file, and taking its rows some at a time."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from copy import copy

from django.utils import timezone

from integration.errors import ProviderError, ReconnectRequired, Retryable, SetupError
from integration.imports.faults import REASONS
from integration.models import Run, RunKind, RunStatus
from integration.providers.exchange import Steps
from integration.runs.checkpoint import saved_with_checkpoint
from integration.runs.context import RunContext
from integration.runs.imports.checking import check_some, open_store
from integration.runs.imports.cursor import ImportCursor
from integration.runs.imports.decide import Deciding
from integration.runs.imports.erased import turn_away_erased
from integration.runs.imports.lookup import KnownPeople, Lookup, find_related
from integration.runs.imports.order import ImportOrder, accounts_of, read_order
from integration.runs.imports.person import ImportedPerson
from integration.runs.imports.record import MOST_LOGGED, record_people, record_rejections
from integration.runs.imports.store import ImportRow, RowStore
from integration.runs.imports.write import Writing
from integration.runs.listen import anything_due, handle_due_work
from integration.runs.unreadable import raise_if_of_all
from integration.runs.write import guard_steps
from integration.sync.record import Recorder
from integration.trace import new_trace
from integration.workflows import start

# Rows that are looked for together, then written together, then put on record together.
PORTION = 80
# Where the check is, in the checkpoint; how far it is stands in its store.
BEGUN, CHECKED = "begun", "checked"


def check_file(context: RunContext) -> str:
    """Go on with the check of the file; "" while it is not done."""
    if context.checkpoint.cursor == CHECKED:
        return "import_rows"
    order = _read_order(context, refresh=context.checkpoint.cursor is None)
    context.checkpoint.cursor = BEGUN

    def is_over() -> bool:
        context.tick()
        _handle_reports(context)
        return context.is_over_time

    if not check_some(order, is_over):
        return ""
    totals = order.file.check_result
    rejected = totals["rows"] - totals["ok"]
    with open_store(order.file) as store, saved_with_checkpoint(context):
        # In one transaction with the checkpoint, so that rejected rows are counted once.
        record_rejections(context.run, rejected, list(store.rejections(MOST_LOGGED)), dict(REASONS))
        context.run.total = totals["rows"]
        context.checkpoint.cursor = CHECKED
    _save_columns(order)
    return "import_rows"


def _save_columns(order: ImportOrder) -> None:
    """What columns mean is kept for the link's next file with the same headers."""
    link = order.file.link
    link.import_columns = {**link.import_columns, **order.saved_columns}
    link.save(update_fields=["import_columns"])


def _read_order(context: RunContext, refresh: bool = False) -> ImportOrder:
    file = context.run.import_file
    if file is None:
        raise SetupError("The file of this import was deleted. Upload it again.", context.run.link.key)
    accounts = accounts_of(context.run.link, refresh)
    context.sides["gist"].fields.update(accounts["gist"])
    context.sides["ghl"].fields.update(accounts["ghl"])
    return read_order(file, context.rules, accounts)


def import_rows(context: RunContext) -> str:
    """Portion after portion until the file ends or time is up."""
    order = _read_order(context)
    if order.file.check_digest != order.digest:
        raise SetupError(
            "What the file's columns mean, or what it adds, was changed while its import went on. Start it again.",
            order.file.name,
        )
    with open_store(order.file) as store:
        while not context.is_over_time:
            if not _import_portion(context, order, store):
                return "close"
            context.tick()
            _handle_reports(context)
    return ""


def _import_portion(context: RunContext, order: ImportOrder, store: RowStore) -> bool:
    """The next rows, from looking for their people to their record. False when there are none left."""
    cursor = ImportCursor(**(context.checkpoint.cursor or {}))
    rows = store.rows_after(cursor.after, PORTION)
    if not rows:
        return False
    portion = [row.number for row in rows]
    people = _look_up(context, order, [row for row in rows if row.number not in cursor.done], cursor)
    quick = [one for one in people if not one.writes]
    if context.run.dry_run:
        quick = people
    _record(context, order, cursor, portion, quick)
    if waiting := [one for one in people if one not in quick]:
        room = _room_under_cap(context)
        _write(context, order, cursor, portion, waiting[:room])
        if room is not None and len(waiting) > room:
            context.capped = context.stopping = True
    return True


def _room_under_cap(context: RunContext) -> int | None:
    """How many people may still be changed before a person confirms; None for any number."""
    cap = context.run.link.change_cap
    return None if not cap or context.run.target.confirmed else max(0, cap - context.changed)


# Looking -----------------------------------------------------------------------------------------------------


def _look_up(
    context: RunContext, order: ImportOrder, rows: list[ImportRow], cursor: ImportCursor
) -> list[ImportedPerson]:
    people = [ImportedPerson(row, sent=cursor.sent.get(str(row.number), {})) for row in rows]
    lookup = Lookup(context, order, KnownPeople(context.run.link, order, rows))
    deciding = Deciding(order, context.sides)
    results = list(context.exchange.run((one, guard_steps(_find(context, lookup, deciding, one))) for one in people))
    raise_if_of_all(context, results)
    for result in results:
        result.key.error, result.key.calls = result.error, result.calls
    turn_away_erased(context.run.link, people)
    for person in people:
        # In the order of the file, whoever was found first.
        lookup.claim(person)
    return people


def _find(context: RunContext, lookup: Lookup, deciding: Deciding, person: ImportedPerson) -> Steps[ImportedPerson]:
    yield from lookup.find(person)
    if not person.rejection:
        there = yield from find_related(context, person)
        deciding.decide(person, there)
    return person


# Writing -----------------------------------------------------------------------------------------------------


def _write(
    context: RunContext, order: ImportOrder, cursor: ImportCursor, portion: list[int], people: list[ImportedPerson]
) -> None:
    cursor.note_sent(people)
    context.checkpoint.cursor = cursor.as_json()
    context.save()
    writing, begun, finished = Writing(context.run.link, order, context.sides), list[ImportedPerson](), []
    tasks = _tasks(writing, people, begun)
    try:
        with closing(tasks):
            for result in context.exchange.run(tasks):
                result.key.error = result.error
                result.key.calls = [*result.key.calls, *result.calls]
                finished.append(result.key)
    except (ReconnectRequired, Retryable) as end:
        finished += _cut_off(begun, finished, end)
        raise
    finally:
        # Whoever holds the lease now finds by the cursor what was sent, and puts it on record.
        if not context.lease_lost:
            _record(context, order, cursor, portion, finished)


def _tasks(
    writing: Writing, people: list[ImportedPerson], begun: list[ImportedPerson]
) -> "Generator[tuple[ImportedPerson, Steps[ImportedPerson]], None, None]":
    for person in people:
        begun.append(person)
        yield person, guard_steps(writing.write(person))


def _cut_off(begun: list[ImportedPerson], finished: list[ImportedPerson], end: ProviderError) -> list[ImportedPerson]:
    """People of whom something was written before the whole round ended: the rest waits in the rejected rows."""
    cut = [one for one in begun if one not in finished and any(change.is_applied for change in one.changes)]
    for person in cut:
        person.error = Retryable(f"Not everything was written: {end}", provider=end.provider)
    return cut


def _record(
    context: RunContext, order: ImportOrder, cursor: ImportCursor, portion: list[int], people: list[ImportedPerson]
) -> None:
    with saved_with_checkpoint(context):
        record_people(context, order, people)
        cursor.note_done([one.row.number for one in people], portion)
        context.checkpoint.cursor = cursor.as_json()


# What webhooks report meanwhile --------------------------------------------------------------------------------


def _handle_reports(context: RunContext) -> None:
    """Read and decide what webhooks report, in a run of its own: an import counts the rows of its file alone."""
    if not anything_due(context.run):
        return
    with _beside(context) as live:
        handle_due_work(live)


@contextmanager
def _beside(context: RunContext) -> "Iterator[RunContext]":
    now = timezone.now()
    # Finished from the start: of one link one run may be active.
    run = Run.objects.create(
        link=context.run.link, kind=RunKind.LIVE, status=RunStatus.SUCCEEDED, trigger="webhook",
        mapping=context.run.mapping, rules=context.run.rules, started_at=now, finished_at=now,
        trace=new_trace(),
    )  # fmt: skip
    live = copy(context)
    live.run = run
    live.recorder = Recorder(run, context.rules, on_news=lambda news: start.begin_for_contacts(run.link, news))
    try:
        yield live
    finally:
        context.stopping = context.stopping or live.stopping
        run.refresh_from_db()
        run.total, run.finished_at = run.examined, timezone.now()
        run.status = RunStatus.PARTIAL if run.failed else RunStatus.SUCCEEDED
        run.save(update_fields=["total", "finished_at", "status"])
