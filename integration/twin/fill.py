"""Many plain people at once, for benches and tests: person<N>@example.test with a valid +1 phone."""

from collections.abc import Iterator
from dataclasses import dataclass

from integration.twin import worlds
from integration.twin.cast import FIRST, LAST
from integration.twin.clock import iso, now_ms, now_s
from integration.twin.ghl import people as ghl_people
from integration.twin.gist import people as gist_people
from integration.twin.gist import tagging
from integration.twin.store import Doc, Row, Store

TAGS = ("newsletter", "customer", "prospect")


@dataclass(frozen=True)
class Look:
    """What the persons are called and carry. Those of another edition keep their e-mail addresses and nothing else."""

    with_tags: bool = False
    edition: int = 0

    def name(self, number: int) -> tuple[str, str]:
        turn = number + self.edition
        return FIRST[turn % len(FIRST)], LAST[turn // len(FIRST) % len(LAST)]

    def phone(self, number: int) -> str:
        return f"+1415{2_000_000 + 500_000 * self.edition + number}"

    def tag(self, number: int) -> str:
        return TAGS[(number + self.edition) % len(TAGS)]


def fill(store: Store, side: str, account: str, numbers: range, look: Look) -> None:
    """The persons of these numbers, the same ones on both sides. Raises ValueError for an unknown account."""
    rows = {"ghl": _ghl_rows, "gist": _gist_rows}[side]
    place = worlds.account_of(side, account)
    with store.transaction():
        store.put_all(rows(store, place, numbers, look))


def _ghl_rows(store: Store, location: str, numbers: range, look: Look) -> Iterator[Row]:
    now = now_ms()
    for place, number in enumerate(numbers):
        first, last = look.name(number)
        made = iso(now - (len(numbers) - place) * 1000)
        yield ghl_people.row(
            {
                "id": ghl_people.new_id(),
                "locationId": location,
                "type": "lead",
                "firstName": first,
                "lastName": last,
                "email": f"person{number}@example.test",
                "phone": look.phone(number),
                "dnd": False,
                "tags": [look.tag(number)] if look.with_tags else [],
                "customFields": [],
                "dateAdded": made,
                "dateUpdated": made,
            }
        )


def _gist_rows(store: Store, workspace: str, numbers: range, look: Look) -> Iterator[Row]:
    now, first_id = now_s(), store.number("gist.id", len(numbers)) - len(numbers) + 1
    tags: dict[str, Doc] = {name: tagging.named(store, workspace, name) for name in TAGS} if look.with_tags else {}
    blank = gist_people.blank(0, 0)
    for place, number in enumerate(numbers):
        first, last = look.name(number)
        made = now - (len(numbers) - place)
        yield gist_people.row(
            workspace,
            {
                **blank,
                "id": first_id + place,
                "email": f"person{number}@example.test",
                "name": f"{first} {last}",
                "full_name": f"{first} {last}",
                "first_name": first,
                "phone": look.phone(number),
                "created_at": made,
                "updated_at": made,
                "tags": [tags[look.tag(number)]] if tags else [],
            },
        )
