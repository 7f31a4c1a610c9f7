"""Writing for a run: decisions are carried out, several people at once, and recorded some at a time."""

import logging
import time
from collections.abc import Generator, Iterable
from typing import TypeVar

from integration.errors import ProviderError, ReconnectRequired, Retryable, Unexpected
from integration.models import Pair
from integration.providers.exchange import Steps
from integration.records import Contact
from integration.runs.blocked import attempts_for
from integration.runs.context import RunContext
from integration.sync.entry import Entry
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.pairing import is_taken as is_taken_by_pair
from integration.sync.person import IsTaken, Person, apply_changes
from integration.sync.undecided import clear_create_sent, note_unconfirmed_writes

logger = logging.getLogger(__name__)

# Results are recorded when so many are there, or after so many seconds. Each recording is one transaction: one per
# person would cost more than the writing, and what a kill leaves unrecorded has to be found again by its values.
HANDFUL, HANDFUL_SECONDS = 80, 0.5

R = TypeVar("R")
Tasks = Generator[tuple[Entry, Steps[Person]], None, None]


def write_entries(context: RunContext, entries: list[Entry]) -> None:
    """Carry out and put on record what was decided for these people."""
    write_tasks(context, writes_of(context, entries))


def write_tasks(context: RunContext, tasks: Tasks) -> None:
    """Write what the tasks say. Calls go on in threads while results are recorded (providers/exchange.py)."""
    begun: dict[int, Entry] = {}
    finished: list[Entry] = []
    blocked: list[Entry] = []
    record_by = time.monotonic() + HANDFUL_SECONDS
    try:
        for result in context.exchange.run(_note_begun(tasks, begun)):
            entry: Entry = result.key
            entry.error, entry.calls = result.error, result.calls
            (blocked if entry.person.blocked_by else finished).append(begun.pop(id(entry)))
            if len(finished) >= HANDFUL or time.monotonic() > record_by:
                handful, finished = finished, []
                _record(context, handful)
                record_by = time.monotonic() + HANDFUL_SECONDS
        _write_blocked(context, blocked)
    except (ReconnectRequired, Retryable) as end:
        finished += _cut_off(begun.values(), end)
        raise
    finally:
        # What was carried out is put on record even when the login breaks half-way.
        _record(context, [*finished, *blocked])
        tasks.close()


def _write_blocked(context: RunContext, blocked: list[Entry]) -> None:
    """People whose value another record held: by now it may have let go of it. One after the other, in their order."""
    for attempt in attempts_for(blocked):
        if context.stopping:
            return
        for result in context.exchange.run([(attempt.entry, guard_steps(attempt.steps(context.sides)))]):
            attempt.entry.calls = [*attempt.entry.calls, *result.calls]
            # An emptied field changes nothing about why the entry failed.
            attempt.entry.error = attempt.entry.error if attempt.clear else result.error


def _note_begun(tasks: Tasks, begun: dict[int, Entry]) -> Tasks:
    for entry, steps in tasks:
        begun[id(entry)] = entry
        yield entry, steps


def _cut_off(begun: Iterable[Entry], end: ProviderError) -> list[Entry]:
    """People of whom something was written before the whole round ended: that is on no other record.

    They are tried again as for a passing fault: what ended the round, as a broken login, is no fault of theirs.
    """
    written = [entry for entry in begun if any(change.is_applied for change in entry.person.changes)]
    for entry in written:
        entry.error = Retryable(f"Not everything was written: {end}", provider=end.provider)
    return written


def _record(context: RunContext, entries: list[Entry]) -> None:
    context.recorder.record(entries)
    done = {id(entry) for entry in entries}
    context.claimed = {record: owner for record, owner in context.claimed.items() if owner not in done}


def writes_of(context: RunContext, entries: list[Entry]) -> Tasks:
    """Puts those on record that need no call, and yields the others with their steps."""
    writing: list[Entry] = []
    without_call: list[Entry] = []
    for entry in entries:
        (writing if entry.person.decision.writes and not entry.planned else without_call).append(entry)
    context.recorder.record(without_call)
    # For all of them at once, which is one statement. Those whose turn does not come are cleared below.
    noted = all_or_each(writing, lambda some: note_unconfirmed_writes(context.rules, some))
    for entry, fault in noted.faults:
        # Nothing is sent that is not noted before: after a kill it would be taken for somebody's edit.
        entry.error, entry.undecided = as_error(fault), True
    if noted.faults:
        context.recorder.record([entry for entry, _ in noted.faults])
        writing = [entry for entry in writing if not entry.undecided]
    for index, entry in enumerate(writing):
        if context.stopping or _is_capped(context):
            clear_create_sent(writing[index:])
            return
        if not _claim(context, entry) or not _is_still_to_write(entry):
            clear_create_sent([entry])
            continue
        # Counted when begun: calls under way would otherwise pass the cap by as many as are sent at once.
        context.changed += 1
        try:
            yield (
                entry,
                guard_steps(apply_changes(entry.person, context.sides, context.rules, _taken_by(context, entry))),
            )
        except GeneratorExit:
            # The round ended early, as when a login broke: the rest was never sent.
            clear_create_sent(writing[index + 1 :])
            raise


def _claim(context: RunContext, entry: Entry) -> bool:
    """Whether nobody else's write has taken one of these records for its own meanwhile.

    The database knows a pair only once it is recorded. Without this, one contact could adopt a record while that
    record is being created on the first one's side.
    """
    own = [(contact.side, contact.id) for contact in entry.person.contacts.values() if contact]
    if entry.person.decision.create == "gist" and (email := entry.person.decision.values("gist").get("email")):
        # Gist keeps one contact per address: of two people with one, the second must see the first on record.
        own.append(("gist", str(email).strip().lower()))
    if any(context.claimed.get(record, id(entry)) != id(entry) for record in own):
        return False
    context.claimed.update(dict.fromkeys(own, id(entry)))
    return True


def _is_still_to_write(entry: Entry) -> bool:
    """Whether nobody put the person on hold, unlinked or deleted them since it was decided: all of that counts at once.

    Left out they stay work, and are decided by what stands then.
    """
    brings_back = entry.person.exact and entry.person.decision.create
    # What is brought back has a pair that fell apart when it was deleted.
    states = [Pair.State.LINKED, *((Pair.State.ONE_GONE, Pair.State.DELETED) if brings_back else ())]
    return entry.pair_id is None or Pair.objects.filter(pk=entry.pair_id, state__in=states).exists()


def _taken_by(context: RunContext, entry: Entry) -> IsTaken:
    """Whether a record that was found is somebody else's; if not, it is this entry's from now on."""
    own = {one.side: one.id for one in entry.person.contacts.values() if one}

    def is_taken(contact: Contact) -> bool:
        ids = {**own, contact.side: contact.id}
        if (ids.get("gist"), ids.get("ghl")) in context.kept_apart:
            return True
        known = is_taken_by_pair(context.run.link, contact.side, contact.id)
        return known or context.claimed.setdefault((contact.side, contact.id), id(entry)) != id(entry)

    return is_taken


def _is_capped(context: RunContext) -> bool:
    """A run that changes more than the link allows waits for a person."""
    cap = context.run.link.change_cap
    if cap and context.changed >= cap and not context.run.target.confirmed:
        context.capped = context.stopping = True
    return context.capped


def guard_steps(steps: Steps[R]) -> Steps[R]:
    """One person's unforeseen fault must not end the run for the others."""
    try:
        return (yield from steps)
    except ProviderError:
        raise
    except Exception as fault:
        logger.exception("unexpected fault while writing for a person")
        raise Unexpected(f"Gistline met a fault of its own ({type(fault).__name__}).") from fault
