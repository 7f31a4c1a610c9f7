"""People whose value stood on somebody else's record: written again once that record has let go of it.

Two people who swapped addresses block each other. One of them is emptied first, so the swap takes two steps; Gist,
where nobody can be without an address, swaps none (docs/gist-api.md#contacts).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integration.providers.exchange import Steps
from integration.records import Contact, Side
from integration.sync.entry import Entry
from integration.sync.person import Person, Sides, clear_field, write_what_is_left

# A field of a side, by side and key.
Place = tuple[Side, str]


@dataclass(frozen=True)
class Attempt:
    """Write an entry again, or, with `clear`, first empty this field of its record."""

    entry: Entry
    clear: Place | None = None

    def steps(self, sides: Sides) -> Steps[Person]:
        person = self.entry.person
        return clear_field(person, sides, *self.clear) if self.clear else write_what_is_left(person, sides)


def attempts_for(blocked: Sequence[Entry]) -> Iterator[Attempt]:
    """The attempts in an order in which each finds its value free: whoever is in the way goes first."""
    waiting = list(blocked)
    while waiting:
        chain, place = _chain_from(waiting[0], waiting)
        if place:
            yield Attempt(chain[0], place)
        for entry in reversed(chain):
            yield Attempt(entry)
        waiting = [entry for entry in waiting if entry not in chain]


def _chain_from(first: Entry, waiting: Sequence[Entry]) -> tuple[list[Entry], Place | None]:
    """Entries of which each is blocked by the next. With a field when the last one is blocked by the first."""
    by_record = {(contact.side, contact.id): entry for entry in waiting for contact in _contacts_of(entry)}
    chain = [first]
    while True:
        blockers = chain[-1].person.blocked_by
        found = ((place, by_record.get((place[0], record))) for place, record in blockers.items())
        place, blocker = next(((place, entry) for place, entry in found if entry), (None, None))
        if blocker is None:
            return chain, None
        if blocker in chain:
            # Whoever stands before the cycle only waits for it, and has its turn when it is resolved.
            return chain[chain.index(blocker) :], place
        chain.append(blocker)


def _contacts_of(entry: Entry) -> list[Contact]:
    return [contact for contact in entry.person.contacts.values() if contact]
