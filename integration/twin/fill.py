"""Many plain people at once, for benches and tests: person<N>@example.test with a valid +1 phone."""

from collections.abc import Iterator

from integration.twin import worlds
from integration.twin.cast import FIRST, LAST
from integration.twin.clock import iso, now_ms, now_s
from integration.twin.ghl import people as ghl_people
from integration.twin.gist import people as gist_people
from integration.twin.gist import tagging
from integration.twin.store import Doc, Row, Store

TAGS = ("newsletter", "customer", "prospect")


def fill(store: Store, side: str, account: str, count: int, start: int = 0, *, with_tags: bool = False) -> None:
    """Persons `start` to `start + count - 1`, the same ones on both sides. Raises ValueError for an unknown account."""
    rows = {"ghl": _ghl_rows, "gist": _gist_rows}[side]
    place = worlds.account_of(side, account)
    with store.transaction():
        store.put_all(rows(store, place, range(start, start + count), with_tags))


def _name(number: int) -> tuple[str, str]:
    return FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]


def _phone(number: int) -> str:
    return f"+1415{2_000_000 + number}"


def _ghl_rows(store: Store, location: str, numbers: range, with_tags: bool) -> Iterator[Row]:
    now = now_ms()
    for place, number in enumerate(numbers):
        first, last = _name(number)
        made = iso(now - (len(numbers) - place) * 1000)
        yield ghl_people.row(
            {
                "id": ghl_people.new_id(),
                "locationId": location,
                "type": "lead",
                "firstName": first,
                "lastName": last,
                "email": f"person{number}@example.test",
                "phone": _phone(number),
                "dnd": False,
                "tags": [TAGS[number % len(TAGS)]] if with_tags else [],
                "customFields": [],
                "dateAdded": made,
                "dateUpdated": made,
            }
        )


def _gist_rows(store: Store, workspace: str, numbers: range, with_tags: bool) -> Iterator[Row]:
    now, first_id = now_s(), store.number("gist.id", len(numbers)) - len(numbers) + 1
    tags: list[Doc] = [tagging.named(store, workspace, name) for name in TAGS] if with_tags else []
    blank = gist_people.blank(0, 0)
    for place, number in enumerate(numbers):
        first, last = _name(number)
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
                "phone": _phone(number),
                "created_at": made,
                "updated_at": made,
                "tags": [tags[number % len(tags)]] if tags else [],
            },
        )
