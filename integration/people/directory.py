"""The people and calendars of a GHL location: to whom tasks can be assigned, and with whom appointments are booked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from integration.models import Connection, Link
from integration.moments import is_recent
from integration.providers.exchange import Steps
from integration.providers.ghl import locations
from integration.providers.ghl.schemas import Location
from integration.related.write import related_of

# Long enough for a visit to the page. Somebody who left since is refused by `commands`, which reads the users anew
# before it writes.
KEPT_MINUTES = 10.0
SLOT_DAYS = 14


@dataclass(frozen=True)
class Bookable:
    """A calendar of the location. `members` are ids of users; without any, one has to be chosen when booking."""

    id: str
    name: str
    members: tuple[str, ...] = ()


def kept_users(connection: Connection) -> dict[str, str] | None:
    """Name by id, as read within the last minutes; None when that is longer ago."""
    kept = connection.settings.get("users")
    if not kept or not is_recent(kept["read_at"], KEPT_MINUTES):
        return None
    users: dict[str, str] = kept["users"]
    return users


def known_users(connection: Connection) -> dict[str, str]:
    """Name by id, as read last, however long ago."""
    users: dict[str, str] = connection.settings.get("users", {}).get("users", {})
    return users


def note_users(connection: Connection, users: Mapping[str, str]) -> None:
    """Remember them with the connection; whoever calls saves its settings."""
    connection.settings["users"] = {"read_at": timezone.now().isoformat(), "users": dict(users)}


def read_location(link: Link) -> Steps[Location]:
    answer = yield locations.GET(location_id=link.ghl.account_id)
    location: Location = answer.location
    return location


def read_users(link: Link) -> Steps[dict[str, str]]:
    users = yield from related_of(link).list_users()
    return {user.id: user.name or user.email or user.id for user in users}


def read_calendars(link: Link) -> Steps[list[Bookable]]:
    calendars = yield from related_of(link).list_calendars()
    return [
        Bookable(one.id, one.name or one.id, tuple(str(m["userId"]) for m in one.teamMembers or () if m.get("userId")))
        for one in calendars
    ]


def read_slots(link: Link, calendar_id: str, start: datetime) -> Steps[list[datetime]]:
    """Starts of free slots within the next days, earliest first."""
    return (yield from related_of(link).free_slots(calendar_id, start, SLOT_DAYS))
