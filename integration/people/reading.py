"""One person read live: both records and what belongs to them. A part that cannot be read says so, the rest stands."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from integration.connections import contacts_of, exchange_for_link, note_broken_login, remember_location
from integration.errors import Gone, ProviderError, ReconnectRequired, Retryable
from integration.models import Link
from integration.people import directory
from integration.people.who import SIDES, Somebody
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange, Steps
from integration.records import Contact, Field, RelatedRecord, RelatedType
from integration.related import store, writing
from integration.related.carry import Around
from integration.related.deeds import run_of_person
from integration.related.writing import related_of
from integration.samples import keep_fields, kept_fields
from integration.workflows.doing import take_note

KINDS: tuple[RelatedType, ...] = ("task", "note", "appointment")
PATIENCE_SECONDS = 8.0
"""How long a person waits for both systems before the page stands without what is missing."""
FIELDS_KEPT = {"gist": 24 * 60.0, "ghl": 60.0}
"""Minutes for which an account's list of fields is good enough to read one contact by."""


@dataclass(frozen=True)
class Reading:
    """What both sides said just now.

    `contacts` by side; `around` by kind, only those that were read; `problems` by part ("gist", "ghl", a kind,
    "users") in sentences; `gone` are sides that no longer have the contact. `likely` are contacts of the other side
    with the same address or number, when this one has no counterpart.
    """

    contacts: Mapping[str, Contact] = field(default_factory=dict)
    around: Around = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    likely: tuple[Contact, ...] = ()
    gone: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0
    read_at: datetime = field(default_factory=timezone.now)

    def contact(self, side: str) -> Contact | None:
        return self.contacts.get(side)


@dataclass(frozen=True)
class Part:
    """One thing to read. `begin` gives its steps anew each time."""

    side: str
    begin: Callable[[], Steps[Any]]


@dataclass
class _Found:
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, ProviderError] = field(default_factory=dict)


def read(who: Somebody) -> Reading:
    """Both records, tasks, notes, appointments and the location's users; some 6 calls, at once.

    What was read is kept, and what is news about tasks, notes and appointments is told to workflows.
    """
    link, before = who.link, dict(who.link.ghl.settings)
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    fresh_fields = {side: know_fields(link, sides[side]) for side in SIDES}
    with exchange_for_link(link, patience=PATIENCE_SECONDS) as exchange:
        exchange.on_tick = no_longer_than(PATIENCE_SECONDS, "Nothing was changed; read again.")
        found = carry_out(exchange, link, _parts(who, sides, fresh_fields))
        likely = _likely(exchange, who, sides, found) if who.is_lone else ()
        calls = sum(exchange.made.values())
    _keep_facts(link, before, None if fresh_fields["ghl"] else sides["ghl"], found)
    around = cast(dict[RelatedType, list[RelatedRecord]], {k: found.values[k] for k in KINDS if k in found.values})
    keep_around(who, around)
    return Reading(
        contacts={side: found.values[side] for side in SIDES if side in found.values},
        around=around,
        users=found.values.get("users") or directory.kept_users(link.ghl) or {},
        fields={side: sides[side].fields for side in SIDES},
        likely=likely,
        gone=frozenset(side for side in SIDES if isinstance(found.errors.get(side), Gone)),
        problems={part: str(error) for part, error in found.errors.items() if not isinstance(error, Gone)},
        calls=calls,
    )


def _parts(who: Somebody, sides: Mapping[str, ContactSide], known: Mapping[str, bool]) -> dict[str, Part]:
    parts = {side: Part(side, _reading(sides[side], who.ids[side], known[side])) for side in who.ids}
    if who.ghl_id:
        related = related_of(who.link)
        parts |= {kind: Part("ghl", lambda kind=kind: related.all(kind, who.ghl_id)) for kind in KINDS}  # type: ignore[misc]
        parts["appointment"] = Part("ghl", lambda: _appointments(who))
        if directory.kept_users(who.link.ghl) is None:
            parts["users"] = Part("ghl", lambda: directory.read_users(who.link))
    return parts


def _appointments(who: Somebody) -> Steps[list[RelatedRecord]]:
    """Their times come without a zone and mean the location's; a connection never checked does not know it yet."""
    if not who.link.ghl.settings.get("timezone"):
        remember_location(who.link.ghl, (yield from directory.read_location(who.link)))
    return (yield from related_of(who.link).all("appointment", who.ghl_id))


def _reading(side: ContactSide, contact_id: str, known: bool) -> Callable[[], Steps[Contact]]:
    def steps() -> Steps[Contact]:
        if not known:
            yield from side.load_fields()
        return (yield from side.read(contact_id))

    return steps


def know_fields(link: Link, side: ContactSide) -> bool:
    """Take the account's fields as they were read last. False when they are to be read first."""
    kept = kept_fields(link.connection(side.side), FIELDS_KEPT[side.side])
    side.fields.update(kept or {})
    return bool(kept) or side.side == "gist"


def no_longer_than(seconds: float, sentence: str) -> Callable[[], None]:
    """For `Exchange.on_tick`: a person waits so long and no longer. Raises Retryable."""
    end = time.monotonic() + seconds

    def tick() -> None:
        if time.monotonic() > end:
            raise Retryable(f"No answer within {seconds:.0f} s. {sentence}")

    return tick


def carry_out(exchange: Exchange, link: Link, parts: Mapping[str, Part]) -> _Found:
    """Read all parts at once. What stops everything on one side, as a broken login, leaves the other side's."""
    found = _Found()
    while open_ := {name: part for name, part in parts.items() if name not in found.values | found.errors}:
        try:
            for result in exchange.run((name, part.begin()) for name, part in open_.items()):
                if result.error:
                    found.errors[result.key] = result.error
                else:
                    found.values[result.key] = result.value
        except ProviderError as broken:
            if isinstance(broken, ReconnectRequired) and broken.provider:
                note_broken_login(link.connection(broken.provider), broken)
            hit = {name for name in open_ if broken.provider in ("", open_[name].side)}
            found.errors |= dict.fromkeys(hit - found.values.keys(), broken)
    return found


def _likely(exchange: Exchange, who: Somebody, sides: Mapping[str, ContactSide], found: _Found) -> tuple[Contact, ...]:
    """Contacts of the other side with the address or number of somebody who has no counterpart."""
    contact: Contact | None = found.values.get(who.side)
    other = "ghl" if who.side == "gist" else "gist"
    if contact is None or not (contact.email or contact.phone):
        return ()
    asked = {"likely": Part(other, lambda: sides[other].find(email=contact.email, phone=contact.phone))}
    return tuple(carry_out(exchange, who.link, asked).values.get("likely") or ())


def _keep_facts(link: Link, before: Mapping[str, Any], loaded: ContactSide | None, found: _Found) -> None:
    """Fields, users and the time zone are good for the next page too."""
    if loaded and ("ghl" in found.values or isinstance(found.errors.get("ghl"), Gone)):
        keep_fields(link.ghl, loaded.fields)
    if "users" in found.values:
        directory.note_users(link.ghl, found.values["users"])
    if link.ghl.settings != before:
        link.ghl.save(update_fields=["settings"])


def keep_around(who: Somebody, around: Mapping[RelatedType, list[RelatedRecord]]) -> None:
    """Keep everything of the kinds that were read, and tell workflows what is news in it."""
    if around:
        keep_news(who, lambda: store.take_in_around(who.link, who.ghl_id, around))


@transaction.atomic
def keep_news(who: Somebody, take_in: Callable[[], list[store.News]]) -> None:
    if news := take_in():
        take_note(run_of_person(who.link, None), news)


def as_it_stands(who: Somebody, kind: RelatedType, record_id: str, *, live: bool) -> RelatedRecord | None:
    """One record: asked for again when it is to be `live`; else, or when nobody answers, as it was known last."""
    if live:
        with contextlib.suppress(ProviderError), exchange_for_link(who.link, patience=PATIENCE_SECONDS) as exchange:
            record = exchange.carry_out(writing.read_now(who.link, kind, who.ghl_id, record_id))
            keep_news(who, lambda: store.take_in(who.link, [record]))
    return next((one for one in store.of_contact(who.link, who.ghl_id, kind) if one.id == record_id), None)


def read_contacts(who: Somebody) -> dict[str, Contact]:
    """Both records alone; a side that does not answer is left out."""
    sides = {side: contacts_of(who.link.connection(side)) for side in who.ids}
    parts = {side: Part(side, _reading(one, who.ids[side], True)) for side, one in sides.items()}
    with exchange_for_link(who.link, patience=PATIENCE_SECONDS) as exchange:
        return carry_out(exchange, who.link, parts).values
