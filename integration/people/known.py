"""A person as a run read them last: what stands on the page before anybody is asked, and when nobody answers."""

from collections.abc import Iterable
from datetime import datetime

from integration.people.find import KnownPerson
from integration.records import Contact
from integration.sync.observe import as_contact


def known_contacts(person: KnownPerson, sides: Iterable[str]) -> dict[str, Contact]:
    """The mapped values of the records by side, without those that were never read."""
    found = {side: as_contact(person.snapshots[side]) for side in sides if side in person.snapshots}
    return {side: contact for side, contact in found.items() if contact.values}


def last_read(person: KnownPerson, sides: Iterable[str]) -> dict[str, datetime | None]:
    """Since when at least each record is known as it stands there; None where that is not known any more."""
    # A run reads a record after it has begun, so that the values are no older than that.
    began = {side: vars(person.snapshots[side])["run_began"] for side in sides if side in person.snapshots}
    synced = person.pair.synced_at if person.pair else None
    times = {side: [one for one in (run, synced) if one] for side, run in began.items()}
    return {side: max(found, default=None) for side, found in times.items()}
