"""What a person decides about who belongs together: sync now, pull, hold, unlink, link to another record, delete.

Everything is refused with a sentence (SetupError, ProviderError) or put on record.
"""

import contextlib
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for_link
from integration.errors import Gone, ProviderError, SetupError
from integration.mapping.rules import Rules
from integration.models import (
    Change,
    ChangeAction,
    KeptApart,
    Link,
    LogEntry,
    MatchedBy,
    Pair,
    Provider,
    Question,
    Run,
    Snapshot,
)
from integration.people.commands import check_may_write
from integration.people.find import KnownPerson
from integration.people.person import rules_now
from integration.people.read import know_fields
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.operations import Json
from integration.queue import call_worker
from integration.records import SIDES, Contact, PersonRef
from integration.related.write_result import WriteResult, run_of_person
from integration.runs.start import request_sync, sync_person
from integration.sync.apply import delete_contact
from integration.sync.carried import note_known
from integration.sync.observe import observe
from integration.sync.pairing import pair_up
from integration.sync.plan import pairing_of
from integration.workflows import executions
from integration.workflows.record import record_result

NOT_SYNCED = {
    Pair.State.HELD: "is on hold. Release first, then sync.",
    Pair.State.UNLINKED: "is unlinked. Link the two records again, then sync.",
    Pair.State.ONE_GONE: "was deleted on one side: nothing is left to sync.",
    Pair.State.DELETED: "was deleted on both sides: nothing is left to sync.",
}


# Syncing -------------------------------------------------------------------------------------------------


def sync_now(person: KnownPerson, user: Any) -> Run:
    """Compare and write this person now, by the link's rules."""
    _check_syncs(person)
    return sync_person(person.link, person.ids, user)


def pull_from(person: KnownPerson, side: str, user: Any) -> Run:
    """Make the other side say what `side` says, whoever changed what last. Raises SetupError."""
    _check_syncs(person)
    if person.pair is None:
        raise SetupError("This person is on one side only: there is nothing to write over.")
    return sync_person(person.link, person.ids, user, owner=side)


def _check_syncs(person: KnownPerson) -> None:
    if person.pair and person.pair.state != Pair.State.LINKED:
        raise SetupError(f"{_name_of(person)} {NOT_SYNCED[Pair.State(person.pair.state)]}")


# Hold and unlink -----------------------------------------------------------------------------------------


def hold_person(person: KnownPerson, user: Any) -> LogEntry:
    """Nothing is written for this person until they are released; what changes meanwhile waits."""
    return _change_state(person, {Pair.State.LINKED}, Pair.State.HELD, "held", "was put on hold.", user)


def release_person(person: KnownPerson, user: Any) -> LogEntry:
    """What changed meanwhile is synced, and workflows that waited go on: both at once."""
    with transaction.atomic():
        entry = _change_state(person, {Pair.State.HELD}, Pair.State.LINKED, "released", "was released.", user)
        request_sync(person.link, person.ids)
        note_known(person.link, [person.ghl_id])
    call_worker(Link.objects.filter(pk=person.link.pk))
    executions.wake_executions(person.link, person.gist_id, person.ghl_id)
    return entry


def unlink_records(person: KnownPerson, user: Any) -> LogEntry:
    """Both records stay as they are and go their own ways; nobody creates either of them again."""
    sentence = "was unlinked: both records stay, and neither follows the other."
    return _change_state(person, set(Pair.TOGETHER), Pair.State.UNLINKED, "unlinked_here", sentence, user)


@transaction.atomic
def _change_state(
    person: KnownPerson, before: set[Pair.State], after: Pair.State, code: str, sentence: str, user: Any
) -> LogEntry:
    pair = Pair.objects.select_for_update().filter(pk=person.pair.pk).first() if person.pair else None
    if pair is None or pair.state not in before:
        stands = pair.get_state_display().lower() if pair else "no pair"
        raise SetupError(f"Nothing was changed: {_name_of(person)} is {stands} by now. Read again.")
    pair.state = after
    pair.save(update_fields=["state"])
    # Questions about two records that are no pair any more could only be answered wrongly.
    if after == Pair.State.UNLINKED:
        _close_questions(person.link, pair.pk, person.ids.items())
    message = _sentence(person, sentence)
    result = WriteResult("contact", _name_of(person), side="", did="updated", reason=code, message=message)
    unpaired = [pairing_of(ChangeAction.UNPAIR, pair.gist_id, pair.ghl_id)] if after == Pair.State.UNLINKED else []
    return _log_result(person, result, user, *unpaired)


def _sentence(person: KnownPerson, sentence: str) -> str:
    return f"{_name_of(person)} {sentence}"


def _close_questions(link: Link, pair: int, records: Iterable[tuple[str, str]]) -> None:
    abouts = [f"{side}:{contact_id}" for side, contact_id in records]
    open_ = Question.objects.filter(Q(pair=pair) | Q(about__in=abouts), link=link, closed_at=None)
    open_.update(closed_at=timezone.now())


# Linking to another record -------------------------------------------------------------------------------


def find_candidates(person: KnownPerson, number: int = 5) -> list[Snapshot]:
    """Records of the other side that nobody has, with the same address or number."""
    # From the database alone, because it is part of a page; what both systems know beyond that comes with
    # `Reading.likely`.
    own = person.snapshots.get(person.side)
    if own is None or not (own.addresses or own.phone):
        return []
    loose = Snapshot.objects.filter(link=person.link, side=Provider(person.side).other, pair=None).exclude(
        reason="filtered"
    )
    # Phones only when no address fits: they are the weaker evidence, and mixed in they would look as good.
    by_address = Q(email__in=own.addresses) | Q(other_email_rows__email__in=own.addresses)
    found = list(loose.filter(by_address).distinct()[:number]) if own.addresses else []
    return found or (list(loose.filter(phone=own.phone)[:number]) if own.phone else [])


def join_records(person: KnownPerson, side: str, other_id: str, user: Any) -> LogEntry:
    """Make the record `other_id` of the other side this person's. `side` is where the person's own record is.

    Raises SetupError when either is somebody's half already.
    """
    check_may_write(person.link)
    other, own_id = Provider(side).other, person.ids.get(side, "")
    if not own_id or not other_id.strip():
        raise SetupError(f"Choose the {other.label} record, or type its id.")
    ids = {side: own_id, other: other_id.strip()}
    # Read before the transaction: no call is made inside one, and a record that is not there is found before anything
    # changes.
    read, rules = _read_both(person.link, ids)
    try:
        with transaction.atomic():
            entry = _pair_and_log(person, ids, read, rules, user)
            request_sync(person.link, ids)
    # A run that pairs one of the two at this moment wins by the unique constraint on pairs.
    except IntegrityError as taken:
        raise SetupError("One of the two was linked to somebody else meanwhile. Nothing was changed.") from taken
    with contextlib.suppress(SetupError, ProviderError):
        # Where the link cannot sync now, the request above waits until it can.
        sync_person(person.link, ids, user)
    return entry


def _read_both(link: Link, ids: dict[str, str]) -> tuple[list[Contact], Rules]:
    """Both records as they stand, and the link's rules. Raises SetupError for a record that is not there."""
    sides = {side: contacts_of(link.connection(side)) for side in ids}
    with exchange_for_link(link) as exchange:
        read = [exchange.carry_out(_read_contact(link, sides[side], contact_id)) for side, contact_id in ids.items()]
    return read, rules_now(link, {side: one.fields for side, one in sides.items()})[1]


def _read_contact(link: Link, contacts: ContactSide, contact_id: str) -> Steps[Contact]:
    if not know_fields(link, contacts):
        yield from contacts.load_fields()
    try:
        return (yield from contacts.read(contact_id))
    except Gone:
        name = Provider(contacts.side).label
        raise SetupError(f"{name} has no contact {contact_id}. Nothing was changed; check the id.") from None


def _pair_and_log(person: KnownPerson, ids: dict[str, str], read: list[Contact], rules: Rules, user: Any) -> LogEntry:
    # Old pairs go first, because each record may be in one pair only. What remains of them, less the two chosen, is
    # named in the entry: those people have no counterpart now.
    left = {_let_go(person.link, side, contact_id) for side, contact_id in ids.items()} - {None, *ids.items()}
    run = run_of_person(person.link, user)
    # Stored as a run stores what it reads, so that the next sync starts from these values and not from older ones.
    for contact in read:
        observe(person.link, run, rules, [contact])
    halves = Snapshot.objects.select_for_update().filter(link=person.link, pair=None)
    gist, ghl = (halves.get(side=side, external_id=ids[side]) for side in ("gist", "ghl"))
    # What was said before of the two does not hold any more.
    KeptApart.objects.filter(link=person.link, gist_id=ids["gist"], ghl_id=ids["ghl"]).delete()
    pair_up(person.link, [(gist, ghl)], [MatchedBy.PERSON])
    _close_questions(person.link, 0, ids.items())
    sentence = f"{gist.label} in Gist and {ghl.label} in GHL are one person now."
    alone = " and ".join(f"{one[1]} in {Provider(one[0]).label}" for one in left if one)
    sentence += f" Without a counterpart now: {alone}." if alone else ""
    result = WriteResult("contact", gist.label or ghl.label, side="", did="updated", reason="joined", message=sentence)
    paired = pairing_of(ChangeAction.PAIR, ids["gist"], ids["ghl"])
    return record_result(run, result, PersonRef(ids["gist"], ids["ghl"], gist.label or ghl.label), [paired])


def _let_go(link: Link, side: str, contact_id: str) -> tuple[str, str] | None:
    """Free a record of the pair it once was in. Whom that leaves behind; raises SetupError when it is in one now."""
    pair = Pair.objects.select_for_update().filter(link=link, kind="contact", **{f"{side}_id": contact_id}).first()
    if pair is None:
        return None
    other = Provider(side).other
    if pair.state in Pair.TOGETHER:
        raise SetupError(
            f"{pair.label or contact_id} in {Provider(side).label} is {pair.external_id(other)} in {other.label} "
            "already. "
            "Nothing was changed; unlink those two first."
        )
    pair.delete()
    return other, pair.external_id(other)


# Deleting ------------------------------------------------------------------------------------------------


def delete_on_side(person: KnownPerson, side: str, typed: str, user: Any) -> LogEntry:
    """Delete the record of one side for good. `typed` must be the person's e-mail address or name.

    The pair becomes a tombstone before the call is sent: a webhook of the deletion, however fast, then finds it and
    neither deletes the other side nor creates the person again.
    """
    check_may_write(person.link)
    contact_id = person.ids.get(side)
    if not contact_id:
        raise SetupError(
            f"Nothing was deleted: this person is not in {Provider(side).label if side in SIDES else 'that system'}."
        )
    if typed.strip().casefold() not in {word.casefold() for word in words_of(person)}:
        raise SetupError(f"Nothing was deleted: what was typed is not “{words_of(person)[0]}”.")
    former = _mark_gone(person)
    change = Change(kind="contact", side=side, external_id=contact_id, action=ChangeAction.DELETE)
    try:
        calls = _send_delete(person.link, change)
    except Exception as problem:
        # As far as is known the record still stands there, so the pair goes back to what it was.
        _restore_state(person, former)
        if not isinstance(problem, ProviderError):
            raise
        failed = WriteResult(
            "contact", f"Deleting {_name_of(person)} in {Provider(side).label}", side=side, error=problem
        )
        _log_result(person, failed, user, change)
        raise
    if former == Pair.State.ONE_GONE and not change.is_applied:
        # The record was the half that had gone before, as after two clicks: the other one may still stand there.
        _restore_state(person, former)
    else:
        _forget_snapshots(person, side)
    verb = "was deleted" if change.is_applied else "was deleted already"
    done = WriteResult(
        "contact", _name_of(person), side=side, did="deleted", reason="deleted_here", calls=calls,
        message=f"{_name_of(person)} {verb} in {Provider(side).label}.",
    )  # fmt: skip
    return _log_result(person, done, user, change)


def words_of(person: KnownPerson) -> list[str]:
    """What confirms a deletion: the e-mail address, else the name, else an id."""
    return [word for word in (person.email, person.label, *person.ids.values()) if word]


def _send_delete(link: Link, change: Change) -> list[Json]:
    with exchange_for_link(link) as exchange:
        (result,) = exchange.run([(None, delete_contact(contacts_of(link.connection(change.side)), change))])
    if result.error:
        raise result.error
    return result.calls


@transaction.atomic
def _mark_gone(person: KnownPerson) -> str:
    """Make the pair a tombstone; its state before, "" without one."""
    pair = Pair.objects.select_for_update().filter(pk=person.pair.pk).first() if person.pair else None
    if pair is None:
        return ""
    former = pair.state
    pair.state = Pair.State.DELETED if former == Pair.State.ONE_GONE else Pair.State.ONE_GONE
    pair.save(update_fields=["state"])
    return former


def _restore_state(person: KnownPerson, former: str) -> None:
    if person.pair and former:
        Pair.objects.filter(pk=person.pair.pk).update(state=former)


@transaction.atomic
def _forget_snapshots(person: KnownPerson, side: str) -> None:
    """What was known of the record goes with it; a tombstone keeps its other half."""
    if person.pair is None:
        Snapshot.objects.filter(link=person.link, side=side, external_id=person.ids[side], pair=None).delete()
        return
    _close_questions(person.link, person.pair.pk, person.ids.items())
    if Pair.objects.filter(pk=person.pair.pk, state=Pair.State.DELETED).exists():
        Snapshot.objects.filter(pair=person.pair).delete()


def _log_result(person: KnownPerson, result: WriteResult, user: Any, *changes: Change) -> LogEntry:
    return record_result(run_of_person(person.link, user), result, person.ref, changes)


def _name_of(person: KnownPerson) -> str:
    return person.label or person.email or next(iter(person.ids.values()))
