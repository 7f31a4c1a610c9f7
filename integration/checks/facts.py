"""What is known of a link's set-up without asking Gist or GHL, and the daily reading that keeps it true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone

from integration.connections.fields import fields_of, fields_read_at, known_fields
from integration.connections.session import exchange_for
from integration.errors import ProviderError, SetupError
from integration.mapping.rules import BrokenRow, broken_rows
from integration.mapping.versions import current_version
from integration.models import (
    Connection,
    ConnectionStatus,
    EventState,
    InboxEvent,
    Link,
    MappingVersion,
    Workflow,
)
from integration.models.fields import UndecryptableValue
from integration.people.directory import known_users, note_users, read_calendars, read_users
from integration.providers.ghl.webhooks import has_signature

READ_EVERY = timedelta(hours=24)
# For so long a webhook that was too large is warned of, and of at most so many it is looked whose they were.
LATELY, MOST_LOOKED_AT = timedelta(days=7), 200


@dataclass
class LinkFacts:
    """One link as its checks see it; each fact is asked for once."""

    link: Link

    @cached_property
    def version(self) -> MappingVersion | None:
        return current_version(self.link)

    @cached_property
    def broken_rows(self) -> list[BrokenRow]:
        read = {side: connection for side, connection in self.link.connections.items() if fields_read_at(connection)}
        known = {side: known_fields(connection) for side, connection in read.items()}
        return broken_rows(self.version, known.get("gist", {}), known.get("ghl", {}))

    @cached_property
    def workflows(self) -> list[Workflow]:
        """Those that are switched on."""
        return list(Workflow.objects.filter(link=self.link, enabled=True).order_by("pk"))

    @cached_property
    def topics_seen(self) -> Mapping[int, set[str]]:
        """By connection, the topics of the webhooks that were taken in."""
        rows = InboxEvent.objects.filter(connection__in=[self.link.gist_id, self.link.ghl_id])
        pairs = rows.exclude(state=EventState.REFUSED).order_by().values_list("connection", "topic").distinct()
        seen: dict[int, set[str]] = {self.link.gist_id: set(), self.link.ghl_id: set()}
        for connection, topic in pairs:
            seen[connection].add(topic)
        return seen

    @cached_property
    def too_large(self) -> set[str]:
        """Sides of which a webhook was lately refused for its size. GHL's was not checked: only a signature, whatever
        it is worth, and the location near the beginning of the body say that it may be genuine.
        """
        lately = InboxEvent.objects.filter(state=EventState.REFUSED, received_at__gte=timezone.now() - LATELY)
        refused = lately.filter(reason="too_large").order_by()
        found = {"gist"} if refused.filter(connection=self.link.gist).exists() else set()
        unsure = refused.filter(provider="ghl").values_list("headers", "body")[:MOST_LOOKED_AT]
        location = self.link.ghl.account_id.encode()
        is_ours = any(has_signature(headers) and location in bytes(body) for headers, body in unsure)
        return found | {"ghl"} if is_ours and location else found

    @cached_property
    def users(self) -> Mapping[str, str]:
        """GHL's users by id, as read last; empty where they never were."""
        return known_users(self.link.ghl)

    @cached_property
    def calendars(self) -> Mapping[str, Any]:
        """`{id: {"name", "members"}}`, as read last; empty where they never were."""
        known: Mapping[str, Any] = self.link.ghl.settings.get("calendars", {}).get("calendars", {})
        return known


def read_due_facts() -> int:
    """For the watchdog: read what the checks of each link go by, once a day. Returns how many links were read."""
    due = [link for link in Link.objects.select_related("gist", "ghl") if _is_due(link)]
    return sum(read_facts(link) for link in due[:1])  # One a minute: a hundred links must not come at once.


def read_facts(link: Link) -> bool:
    """Fields of both sides, users and calendars. False where an account could not be asked; its login is not judged."""
    note_reading(link.ghl)
    try:
        for connection in link.connections.values():
            fields_of(connection, refresh=True)
        with exchange_for(link.ghl) as exchange:
            users = exchange.carry_out(read_users(link))
            calendars = exchange.carry_out(read_calendars(link))
            clock_ahead = exchange.sessions[link.ghl.provider].wire.clock_ahead
    except (ProviderError, SetupError, UndecryptableValue):
        return False
    note_users(link.ghl, users)
    link.ghl.settings["calendars"] = {
        "calendars": {one.id: {"name": one.name, "members": len(one.members)} for one in calendars}
    }
    link.ghl.settings["clock_ahead"] = None if clock_ahead is None else round(clock_ahead)
    link.ghl.save(update_fields=["settings"])
    return True


def note_reading(connection: Connection) -> None:
    """Remember the try, so that an account that does not answer is asked once a day and not once a minute."""
    connection.settings["facts_read_at"] = timezone.now().isoformat()
    connection.save(update_fields=["settings"])


def _is_due(link: Link) -> bool:
    if not link.enabled or any(one.status == ConnectionStatus.DISCONNECTED for one in link.connections.values()):
        return False
    read_at = link.ghl.settings.get("facts_read_at")
    return not read_at or timezone.now() - datetime.fromisoformat(read_at) > READ_EVERY
