"""Many plain people at once, for benches and tests: person<N>@example.test with a valid +1 phone."""

from collections.abc import Iterator
from dataclasses import dataclass

from integration.twin import worlds
from integration.twin.cast import FIRST, LAST
from integration.twin.clock import now_ms, now_s, to_iso
from integration.twin.ghl import people as ghl_people
from integration.twin.gist import people as gist_people
from integration.twin.gist import tagging
from integration.twin.store import Doc, Row, Store

TAGS = ("newsletter", "customer", "prospect")


@dataclass(frozen=True)
class Look:
    """Names, phones and tags of the persons. Those of another edition share nothing but their e-mail addresses."""

    with_tags: bool = False
    edition: int = 0

    def name_of(self, number: int) -> tuple[str, str]:
        turn = number + self.edition
        return FIRST[turn % len(FIRST)], LAST[turn // len(FIRST) % len(LAST)]

    def phone_of(self, number: int) -> str:
        return f"+1415{2_000_000 + 500_000 * self.edition + number}"

    def tag_of(self, number: int) -> str:
        return TAGS[(number + self.edition) % len(TAGS)]


def fill_account(store: Store, side: str, account: str, numbers: range, look: Look) -> None:
    """The persons of these numbers, the same ones on both sides. Raises ValueError for an unknown account."""
    rows = {"ghl": _ghl_rows, "gist": _gist_rows}[side]
    place = worlds.account_of(side, account)
    with store.transaction():
        store.put_all(rows(store, place, numbers, look))


def _ghl_rows(store: Store, location: str, numbers: range, look: Look) -> Iterator[Row]:
    now = now_ms()
    for place, number in enumerate(numbers):
        first, last = look.name_of(number)
        # A second between one person and the next: lists ordered by time have an order, and the newest is of now.
        made = to_iso(now - (len(numbers) - place) * 1000)
        yield ghl_people.contact_row(
            {
                "id": ghl_people.new_id(),
                "locationId": location,
                "type": "lead",
                "firstName": first,
                "lastName": last,
                "email": f"person{number}@example.test",
                "phone": look.phone_of(number),
                "dnd": False,
                "tags": [look.tag_of(number)] if look.with_tags else [],
                "customFields": [],
                "dateAdded": made,
                "dateUpdated": made,
            }
        )


def _gist_rows(store: Store, workspace: str, numbers: range, look: Look) -> Iterator[Row]:
    # All ids are taken with one step of the counter instead of a write per person.
    now, first_id = now_s(), store.next_number("gist.id", len(numbers)) - len(numbers) + 1
    tags: dict[str, Doc] = {name: tagging.ensure_tag(store, workspace, name) for name in TAGS} if look.with_tags else {}
    # Made once for all: what it looks like depends on quirks, which do not change within a call.
    blank = gist_people.blank_contact(0, 0)
    for place, number in enumerate(numbers):
        first, last = look.name_of(number)
        made = now - (len(numbers) - place)
        yield gist_people.contact_row(
            workspace,
            {
                **blank,
                "id": first_id + place,
                "email": f"person{number}@example.test",
                "name": f"{first} {last}",
                "full_name": f"{first} {last}",
                "first_name": first,
                "phone": look.phone_of(number),
                "created_at": made,
                "updated_at": made,
                "tags": [tags[look.tag_of(number)]] if tags else [],
            },
        )
