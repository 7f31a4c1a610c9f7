"""What a person decides about who belongs together: sync now, pull, hold, unlink, link to another record, delete.

Everything is refused with a sentence (SetupError, ProviderError) or put on record.
"""

import contextlib
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from integration.connections import contacts_of, exchange_for_link
from integration.errors import Gone, ProviderError, SetupError
from integration.mapping.rules import Rules
from integration.models import Link, LogEntry, Pair, Question, Run, RunKind, Snapshot
from integration.people.acts import check_may_write
from integration.people.person import rules_now
from integration.people.reading import know_fields
from integration.people.who import NAMES, Somebody
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.operations import Json
from integration.records import Contact
from integration.related.deeds import About, Deed, run_of_person
from integration.sync import runs
from integration.sync.match import pair_up
from integration.sync.observe import observe
from integration.workflows import executions
from integration.workflows.doing import put_on_record

NOT_SYNCED = {
    Pair.State.HELD: "is on hold. Release first, then sync.",
    Pair.State.UNLINKED: "is unlinked. Link the two records again, then sync.",
    Pair.State.ONE_GONE: "was deleted on one side: nothing is left to sync.",
    Pair.State.DELETED: "was deleted on both sides: nothing is left to sync.",
}


# Syncing -------------------------------------------------------------------------------------------------


def sync_now(who: Somebody, user: Any) -> Run:
    """Compare and write this person now, by the link's rules."""
    _check_syncs(who)
    return runs.start(who.link, RunKind.SINGLE, user=user, target={"people": [dict(who.ids)]})


def pull(who: Somebody, side: str, user: Any) -> Run:
    """Make the other side say what `side` says, whoever changed what last. Raises SetupError."""
    _check_syncs(who)
    if who.pair is None:
        raise SetupError("This person is on one side only: there is nothing to write over.")
    return runs.start(who.link, RunKind.SINGLE, user=user, target={"people": [dict(who.ids)], "owner": side})


def _check_syncs(who: Somebody) -> None:
    if who.pair and who.pair.state != Pair.State.LINKED:
        raise SetupError(f"{_name(who)} {NOT_SYNCED[Pair.State(who.pair.state)]}")


# Hold and unlink -----------------------------------------------------------------------------------------


def hold(who: Somebody, user: Any) -> LogEntry:
    """Nothing is written for this person until they are released; what changes meanwhile waits."""
    return _turn(who, {Pair.State.LINKED}, Pair.State.HELD, "held", "was put on hold.", user)


def release(who: Somebody, user: Any) -> LogEntry:
    """What changed meanwhile is synced with the next run; workflows that waited go on at once."""
    entry = _turn(who, {Pair.State.HELD}, Pair.State.LINKED, "released", "was released.", user)
    executions.wake(who.link, who.gist_id, who.ghl_id)
    return entry


def unlink(who: Somebody, user: Any) -> LogEntry:
    """Both records stay as they are and go their own ways; nobody creates either of them again."""
    said = "was unlinked: both records stay, and neither follows the other."
    return _turn(who, set(Pair.TOGETHER), Pair.State.UNLINKED, "unlinked_here", said, user)


@transaction.atomic
def _turn(who: Somebody, before: set[Pair.State], after: Pair.State, code: str, said: str, user: Any) -> LogEntry:
    pair = Pair.objects.select_for_update().filter(pk=who.pair.pk).first() if who.pair else None
    if pair is None or pair.state not in before:
        stands = pair.get_state_display().lower() if pair else "no pair"
        raise SetupError(f"Nothing was changed: {_name(who)} is {stands} by now. Read again.")
    pair.state = after
    pair.save(update_fields=["state"])
    if after == Pair.State.UNLINKED:
        _close_questions(who.link, pair.pk, who.ids.items())
    return _record(who, Deed("contact", _name(who), side="", did="updated", reason=code, message=_say(who, said)), user)


def _say(who: Somebody, said: str) -> str:
    return f"{_name(who)} {said}"


def _close_questions(link: Link, pair: int, records: Iterable[tuple[str, str]]) -> None:
    abouts = [f"{side}:{contact_id}" for side, contact_id in records]
    open_ = Question.objects.filter(Q(pair=pair) | Q(about__in=abouts), link=link, closed_at=None)
    open_.update(closed_at=timezone.now())


# Linking to another record -------------------------------------------------------------------------------


def candidates(who: Somebody, number: int = 5) -> list[Snapshot]:
    """Records of the other side that nobody has, with the same address or number."""
    own = who.known.get(who.side)
    if own is None or not (own.email or own.phone):
        return []
    loose = Snapshot.objects.filter(link=who.link, side=_other(who.side), pair=None)
    found = list(loose.filter(email=own.email)[:number]) if own.email else []
    return found or (list(loose.filter(phone=own.phone)[:number]) if own.phone else [])


def join(who: Somebody, side: str, other_id: str, user: Any) -> LogEntry:
    """Make the record `other_id` of the other side this person's. `side` is where the person's own record is.

    Raises SetupError when either is somebody's half already.
    """
    check_may_write(who.link)
    other, own_id = _other(side), who.ids.get(side, "")
    if not own_id or not other_id.strip():
        raise SetupError(f"Choose the {NAMES[other]} record, or type its id.")
    ids = {side: own_id, other: other_id.strip()}
    read, rules = _read_both(who.link, ids)
    try:
        with transaction.atomic():
            entry = _join(who, ids, read, rules, user)
    except IntegrityError as taken:
        raise SetupError("One of the two was linked to somebody else meanwhile. Nothing was changed.") from taken
    with contextlib.suppress(SetupError, ProviderError):
        # Where the link is busy, the run under way or the next one compares them.
        runs.start(who.link, RunKind.SINGLE, user=user, target={"people": [ids]})
    return entry


def _read_both(link: Link, ids: dict[str, str]) -> tuple[list[Contact], Rules]:
    """Both records as they stand, and the link's rules. Raises SetupError for a record that is not there."""
    sides = {side: contacts_of(link.connection(side)) for side in ids}
    with exchange_for_link(link) as exchange:
        read = [exchange.carry_out(_read(link, sides[side], contact_id)) for side, contact_id in ids.items()]
    return read, rules_now(link, {side: one.fields for side, one in sides.items()})[1]


def _read(link: Link, contacts: ContactSide, contact_id: str) -> Steps[Contact]:
    if not know_fields(link, contacts):
        yield from contacts.load_fields()
    try:
        return (yield from contacts.read(contact_id))
    except Gone:
        name = NAMES[contacts.side]
        raise SetupError(f"{name} has no contact {contact_id}. Nothing was changed; check the id.") from None


def _join(who: Somebody, ids: dict[str, str], read: list[Contact], rules: Rules, user: Any) -> LogEntry:
    left = {_let_go(who.link, side, contact_id) for side, contact_id in ids.items()} - {None, *ids.items()}
    run = run_of_person(who.link, user)
    for contact in read:
        observe(who.link, run, rules, [contact])
    halves = Snapshot.objects.select_for_update().filter(link=who.link, pair=None)
    gist, ghl = (halves.get(side=side, external_id=ids[side]) for side in ("gist", "ghl"))
    pair_up(who.link, [(gist, ghl)])
    _close_questions(who.link, 0, ids.items())
    said = f"{gist.label} in Gist and {ghl.label} in GHL are one person now."
    alone = " and ".join(f"{one[1]} in {NAMES[one[0]]}" for one in left if one)
    said += f" Without a counterpart now: {alone}." if alone else ""
    deed = Deed("contact", gist.label or ghl.label, side="", did="updated", reason="joined", message=said)
    return put_on_record(run, deed, About(ids["gist"], ids["ghl"], gist.label or ghl.label))


def _let_go(link: Link, side: str, contact_id: str) -> tuple[str, str] | None:
    """Free a record of the pair it once was in. Whom that leaves behind; raises SetupError when it is in one now."""
    pair = Pair.objects.select_for_update().filter(link=link, kind="contact", **{f"{side}_id": contact_id}).first()
    if pair is None:
        return None
    other = _other(side)
    if pair.state in Pair.TOGETHER:
        raise SetupError(
            f"{pair.label or contact_id} in {NAMES[side]} is {pair.external_id(other)} in {NAMES[other]} already. "
            "Nothing was changed; unlink those two first."
        )
    pair.delete()
    return other, pair.external_id(other)


# Deleting ------------------------------------------------------------------------------------------------


def delete(who: Somebody, side: str, typed: str, user: Any) -> LogEntry:
    """Delete the record of one side for good. `typed` must be the person's e-mail address or name.

    The pair becomes a tombstone before the call is sent: a webhook of the deletion, however fast, then finds it and
    neither deletes the other side nor creates the person again.
    """
    check_may_write(who.link)
    contact_id = who.ids.get(side)
    if not contact_id:
        raise SetupError(f"Nothing was deleted: this person is not in {NAMES.get(side, 'that system')}.")
    if typed.strip().casefold() not in {word.casefold() for word in words_of(who)}:
        raise SetupError(f"Nothing was deleted: what was typed is not “{words_of(who)[0]}”.")
    former = _bury(who, side)
    try:
        calls = _delete(who.link, side, contact_id)
    except ProviderError as problem:
        _dig_up(who, former)
        _record(who, Deed("contact", f"Deleting {_name(who)} in {NAMES[side]}", side=side, error=problem), user)
        raise
    _forget(who, side)
    said = f"{_name(who)} was deleted in {NAMES[side]}."
    return _record(
        who,
        Deed("contact", _name(who), side=side, did="deleted", reason="deleted_here", message=said, calls=calls),
        user,
    )


def words_of(who: Somebody) -> list[str]:
    """What confirms a deletion: the e-mail address, else the name, else an id."""
    return [word for word in (who.email, who.label, *who.ids.values()) if word]


def _delete(link: Link, side: str, contact_id: str) -> list[Json]:
    with exchange_for_link(link) as exchange:
        (result,) = exchange.run([(None, contacts_of(link.connection(side)).delete(contact_id))])
    if result.error:
        raise result.error
    return result.calls


@transaction.atomic
def _bury(who: Somebody, side: str) -> str:
    """Make the pair a tombstone; its state before, "" without one."""
    pair = Pair.objects.select_for_update().filter(pk=who.pair.pk).first() if who.pair else None
    if pair is None:
        return ""
    former = pair.state
    pair.state = Pair.State.DELETED if former == Pair.State.ONE_GONE else Pair.State.ONE_GONE
    pair.save(update_fields=["state"])
    return former


def _dig_up(who: Somebody, former: str) -> None:
    if who.pair and former:
        Pair.objects.filter(pk=who.pair.pk).update(state=former)


@transaction.atomic
def _forget(who: Somebody, side: str) -> None:
    """What was known of the record goes with it; a tombstone keeps its other half."""
    if who.pair is None:
        Snapshot.objects.filter(link=who.link, side=side, external_id=who.ids[side], pair=None).delete()
        return
    _close_questions(who.link, who.pair.pk, who.ids.items())
    if Pair.objects.filter(pk=who.pair.pk, state=Pair.State.DELETED).exists():
        Snapshot.objects.filter(pair=who.pair).delete()


def _record(who: Somebody, deed: Deed, user: Any) -> LogEntry:
    return put_on_record(run_of_person(who.link, user), deed, who.about)


def _name(who: Somebody) -> str:
    return who.label or who.email or next(iter(who.ids.values()))


def _other(side: str) -> str:
    return "ghl" if side == "gist" else "gist"
