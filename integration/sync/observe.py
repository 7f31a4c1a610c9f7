"""What was read becomes snapshots: new and changed records are marked as work, the rest only as seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from integration.mapping.rules import Rules
from integration.models import Link, Run, Snapshot
from integration.records import Contact, Value, Values, fingerprint
from integration.sync.ladder import step_off


@dataclass(frozen=True)
class Observed:
    """How a page compared with what was known. `newest_known`: nothing on the page was news."""

    seen: int
    changed: int

    @property
    def all_known(self) -> bool:
        return self.seen > 0 and self.changed == 0


def observe(link: Link, run: Run, rules: Rules, contacts: Sequence[Contact]) -> Observed:
    """Store a page of one side's contacts. A record without news costs no write beyond "seen in this run"."""
    if not contacts:
        return Observed(0, 0)
    side = contacts[0].side
    unique = {contact.id: contact for contact in contacts}
    known = {
        snapshot.external_id: snapshot
        for snapshot in Snapshot.objects.filter(link=link, side=side, external_id__in=unique)
    }
    news, same = [], []
    for contact in unique.values():
        snapshot = known.get(contact.id)
        if snapshot is None:
            snapshot = Snapshot(link=link, side=side, external_id=contact.id)
        elif is_settled(snapshot, contact, rules):
            same.append(snapshot.pk)
            continue
        news.append(snapshot)
        take_in(snapshot, contact, rules, run)
        snapshot.seen_run = run.pk
    # Two workers cannot both be here: the link's lease sees to it.
    Snapshot.objects.save_all(news)
    Snapshot.objects.filter(pk__in=same).update(seen_run=run.pk)
    return Observed(len(unique), len(news))


def take_in(snapshot: Snapshot, contact: Contact, rules: Rules, run: Run) -> None:
    """Put what was read into `fresh`, where it waits for its decision."""
    values = picked(contact, rules)
    if snapshot.fingerprint != fingerprint(values, rules.keys(contact.side)):
        step_off(snapshot)
    snapshot.fresh = values
    # Whoever was decided in this very run is work again: a long one hears of the same people more than once.
    snapshot.decided_run = min(snapshot.decided_run, run.pk - 1)
    snapshot.email = contact.email[:254]
    snapshot.phone = e164(contact.phone, rules.country)
    snapshot.label = contact.label
    snapshot.fingerprint = fingerprint(values, rules.keys(contact.side))
    snapshot.remote_updated_at = contact.updated_at
    snapshot.remote_created_at = contact.created_at or snapshot.remote_created_at


def is_settled(snapshot: Snapshot, contact: Contact, rules: Rules) -> bool:
    """Decided before, by the same rules, and the same since."""
    return (
        snapshot.fresh is None
        and snapshot.base is not None
        and snapshot.rules == rules.digest
        and snapshot.fingerprint == fingerprint(contact.values, rules.keys(contact.side))
    )


def picked(contact: Contact, rules: Rules) -> dict[str, Value]:
    """The values that rules look at."""
    return {key: contact.values.get(key) for key in rules.keys(contact.side)}


def as_contact(snapshot: Snapshot, values: Values | None = None) -> Contact:
    """The record a snapshot holds: what was read last, or `values`."""
    held = values if values is not None else (snapshot.fresh if snapshot.fresh is not None else snapshot.base)
    return Contact(snapshot.side, snapshot.external_id, held or {}, snapshot.remote_updated_at)  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def e164(number: str, country: str) -> str:
    """The number in international form, "" when it is none: the form in which people are matched."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
