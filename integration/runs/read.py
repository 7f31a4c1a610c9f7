"""Reading for a run: a page of one side, and the people it is about."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from django.utils import timezone

from integration.erased import erased_ids, without_erased
from integration.errors import Gone
from integration.models import Snapshot
from integration.providers.exchange import Result, Steps
from integration.records import (
    EMAIL_CONSENT,
    OPTED_OUT,
    SIDES,
    Contact,
    UnreadableRecord,
    is_opted_out,
)  # fmt: skip
from integration.runs.carried import note_from_page
from integration.runs.checkpoint import enter_phase, note_page, read_since, saved_with_checkpoint
from integration.runs.context import RunContext
from integration.runs.finish import forget_unseen
from integration.runs.ladder import people_of_step
from integration.runs.unreadable import raise_if_of_all, record_unreadable
from integration.runs.write import guard_steps
from integration.sync import undecided
from integration.sync.observe import known_opted_out, observe
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.pending_reads import forget_requests, read_again, verify_missing

# People of a retry who are read before the checkpoint moves on.
PEOPLE = 50


def read_page(context: RunContext, side: str, following: str = "") -> bool:
    """One page of one side. True when it was the last one; saved with it is that the phase `following` has begun."""
    run, checkpoint = context.run, context.checkpoint
    since = read_since(context, side)
    checkpoint.began.setdefault(side, timezone.now().isoformat())
    page = context.read(context.sides[side].page(checkpoint.cursor, since))
    with saved_with_checkpoint(context):
        contacts = without_erased(run.link, page.contacts)
        note_from_page(context, side, contacts)
        observed = all_or_each(contacts, lambda some: observe(run.link, run, context.rules, some))
        faults = [UnreadableRecord(one.id, one.label, as_error(fault)) for one, fault in observed.faults]
        gone = erased_ids(run.link, side, [one.id for one in page.unreadable]) if page.unreadable else set()
        record_unreadable(context, side, [*(one for one in page.unreadable if one.id not in gone), *faults])
        note_page(context, side, page.contacts)
        checkpoint.cursor = page.next
        # Only a read of the whole side shows who is missing.
        if page.next is None and since is None:
            forget_unseen(run, side)
        if page.next is None and following:
            enter_phase(context, following)
    return page.next is None


def read_opted_out(context: RunContext, following: str) -> bool:
    """One page of the GHL contacts that refuse e-mails; True when it was the last one, with which `following` begins.

    After the contacts themselves, because their pages do not say it (docs/ghl-api.md#search). Who was known to refuse
    and is not among these any more is asked for by id: the search shows a write late.
    """
    run, checkpoint = context.run, context.checkpoint
    cursor = checkpoint.cursor or {"page": None}
    page = context.read(context.sides["ghl"].opted_out_page(cursor["page"]))
    page = replace(page, contacts=tuple(without_erased(run.link, page.contacts)))
    named = [one.id for one in page.contacts]
    known = set(known_opted_out(run.link, named).values_list("external_id", flat=True)) if named else set()
    unsaid = [one for one in page.contacts if not is_opted_out("ghl", one.values) and one.id not in known]
    is_right = _verify_opted_out(context, unsaid)
    with saved_with_checkpoint(context):
        if is_right:
            stopped = {EMAIL_CONSENT["ghl"]: OPTED_OUT["ghl"]}
            observe(run.link, run, context.rules, [one.with_values(stopped) for one in unsaid])
        else:
            read_again(run.link, "ghl", [one.id for one in unsaid])
        ids = {one.id for one in unsaid}
        observe(run.link, run, context.rules, [one for one in page.contacts if one.id not in ids])
        # Kept with the records: of a large location, a list of them all in the checkpoint would be written anew with
        # every page.
        Snapshot.objects.filter(link=run.link, side="ghl", external_id__in=named).update(refusal_run=run.pk)
        if page.next is None:
            lost = known_opted_out(run.link).exclude(refusal_run=run.pk)
            read_again(run.link, "ghl", lost.values_list("external_id", flat=True))
        checkpoint.cursor = {"page": page.next}
        if page.next is None:
            enter_phase(context, following)
    return page.next is None


def _verify_opted_out(context: RunContext, unsaid: list[Contact]) -> bool:
    """Whether the search is right about people whose hits do not say themselves that they refuse e-mails.

    A filter that was ignored would name everybody, and have everybody unsubscribed: some are asked for by id.
    """
    for one in {one.id: one for one in (*unsaid[:1], *unsaid[len(unsaid) // 2 :][:1], *unsaid[-1:])}.values():
        try:
            there = context.exchange.carry_out(context.sides["ghl"].read(one.id))
        except Gone:
            return False
        if not is_opted_out("ghl", there.values):
            return False
    return True


# The people a run is about -------------------------------------------------------------------------------


def read_people(context: RunContext, following: str) -> bool:
    """Both sides of the people a retry or single run is about, some at a time, fresh from the APIs.

    True when that were all, with whom `following` begins. Raises Retryable.
    """
    people = people_of_step(context.run)
    done = context.checkpoint.cursor or 0
    chunk = people[done : done + PEOPLE]
    results = list(context.exchange.run((one, guard_steps(_read_person(context, one))) for one in chunk))
    raise_if_of_all(context, results)
    with saved_with_checkpoint(context):
        read = [result for result in results if result.error is None]
        observed = all_or_each(read, lambda some: _observe_people(context, some))
        failed = [(result.key, result.error) for result in results if result.error]
        failed += [(result.key, as_error(fault)) for result, fault in observed.faults]
        context.recorder.record([undecided.unread_entry(context.run, ids, error) for ids, error in failed])
        gone = [result.key for result in read if not result.value]
        context.recorder.record(undecided.gone_entries(context.run, gone))
        context.recorder.record(undecided.erased_entries(context.run, _erased_among(context, read)))
        forget_requests(context.run, chunk)
        context.checkpoint.cursor = done + len(chunk)
        is_last = done + len(chunk) >= len(people)
        if is_last:
            enter_phase(context, following)
    return is_last


def _erased_among(context: RunContext, results: "Sequence[Result[dict[str, str], dict[str, Contact]]]") -> int:
    """How many of those who were read may not be taken in."""
    kept = _without_erased(context, results)
    return sum(bool(result.value) and not left for result, left in zip(results, kept, strict=True))


def _observe_people(context: RunContext, results: "Sequence[Result[dict[str, str], dict[str, Contact]]]") -> None:
    people = _without_erased(context, results)
    for side in SIDES:
        contacts = [kept[side] for kept in people if side in kept]
        # Work even when nothing is new: a person asked for it.
        observe(context.run.link, context.run, context.rules, contacts, asked={one.id for one in contacts})
    for result, kept in zip(results, people, strict=True):
        _verify_gone_halves(context, result.key, kept)


def _without_erased(
    context: RunContext, results: "Sequence[Result[dict[str, str], dict[str, Contact]]]"
) -> list[dict[str, Contact]]:
    """What was read of each person and may be taken in."""
    found = [result.value or {} for result in results]
    kept = {id(one) for one in without_erased(context.run.link, [one for each in found for one in each.values()])}
    return [{side: one for side, one in each.items() if id(one) in kept} for each in found]


def _verify_gone_halves(context: RunContext, ids: dict[str, str], found: dict[str, Contact]) -> None:
    """Somebody of whom one half is there and the other is gone: the rule about deletions is to be followed, which the
    fields of the remaining half say nothing about.
    """
    for side in ids if found else ():
        if ids[side] and side not in found:
            verify_missing(context.run.link, side, [ids[side]])


def _read_person(context: RunContext, ids: dict[str, str]) -> Steps[dict[str, Contact]]:
    found: dict[str, Contact] = {}
    for side in ("gist", "ghl"):
        if ids.get(side):
            with suppress(Gone):
                found[side] = yield from context.sides[side].read(ids[side])
    return found
