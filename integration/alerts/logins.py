"""Logins that broke: told at once to the channels, and by mail to everyone who may reconnect, once per break."""

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q

from integration.alerts.lifecycle import Condition, open_alert
from integration.alerts.messages import address_of, clock, one_line
from integration.models import Alert, AlertChannel, ChannelKind, Connection, ConnectionStatus, Link
from integration.models.fields import UndecryptableValue

# The roles that dashboard/permissions.py lets reconnect.
MAY_RECONNECT = ("operator", "owner")

logger = logging.getLogger(__name__)


def notify_people(connection: Connection) -> None:
    """Have everyone written to: to be called in the transaction that notes the broken login."""
    open_alert(login_condition(connection), people_to_mail())


def login_condition(connection: Connection) -> Condition:
    return Condition(
        "login",
        f"connection:{connection.pk}",
        connection.status_since,
        f"“{one_line(connection.name)}” needs a new login",
        f"{connection.get_provider_display()} no longer accepts the login. {_count_links(connection)}",
        "Reconnect it; mappings and history stay.",
        "connection",
        connection.key,
        connection=connection,
    )


def watch_logins() -> Iterable[Condition]:
    """For those that broke before anything could be stored, as in an earlier version."""
    return map(login_condition, Connection.objects.filter(status=ConnectionStatus.RECONNECT).defer("credentials"))


def end_of_login(alert: Alert) -> str | None:
    """None while it is broken; words for when it is mended; "" where a person disconnected it."""
    connection = alert.connection
    if connection is None:
        return ""
    if connection.status == ConnectionStatus.RECONNECT and connection.status_since == alert.since:
        return None
    if connection.status == ConnectionStatus.DISCONNECTED:
        return ""
    return f"{connection.get_provider_display()} accepts the login of “{one_line(connection.name)}” again."


def people_to_mail() -> list[Any]:
    """Who may reconnect, without those who get the same by a channel. Nobody where no mail leaves."""
    if not settings.SENDS_EMAIL:
        # The pages say that nobody is written to: dashboard/connections, doctor.
        return []
    people = get_user_model().objects.filter(is_active=True, role__in=MAY_RECONNECT).only("pk", "email")
    channels = AlertChannel.objects.filter(enabled=True, kind=ChannelKind.EMAIL)
    reached = {address for one in channels if "login" in one.events for address in _mailed_by(one)}
    return [person for person in people if person.email.lower() not in reached]


def _mailed_by(channel: AlertChannel) -> list[str]:
    """Its addresses in small letters; none where they cannot be read, so that a lost key keeps no mail back."""
    try:
        return [address.lower() for address in channel.address.get("to", [])]
    except UndecryptableValue:
        logger.warning("the addresses of alert channel %s cannot be read with the keys in ENCRYPTION_KEYS", channel.pk)
        return []


def is_for(alert: Alert, person: Any) -> bool:
    """Whether the login is still broken and the person may still do something about it."""
    connection = alert.connection
    is_so = connection is not None and connection.status == ConnectionStatus.RECONNECT
    is_same = is_so and connection is not None and connection.status_since == alert.since
    return is_same and person.is_active and getattr(person, "role", "") in MAY_RECONNECT


def mail_text(alert: Alert) -> str:
    """Only our own words: what a provider said about the login stands on the page."""
    connection = alert.connection
    assert connection is not None, "a mail about a login has its connection"
    return f"""\
{connection.get_provider_display()} no longer accepts the login of “{one_line(connection.name)}”, since \
{clock(alert.since)}.

{_affected_links(connection)}

Reconnect it here; mappings and history stay:
{address_of(alert)}

You get this mail once, because you may reconnect it.
"""


def _count_links(connection: Connection) -> str:
    """Without names: not everybody who sees the alert sees all links."""
    number = Link.objects.filter(Q(gist=connection) | Q(ghl=connection)).count()
    if not number:
        return "No link uses it at the moment, so nothing waits."
    links = "1 link" if number == 1 else f"{number} links"
    return f"{links} cannot sync until then. Nothing is lost: the next run catches up on what changes meanwhile."


def _affected_links(connection: Connection) -> str:
    links = Link.objects.filter(Q(gist=connection) | Q(ghl=connection)).values_list("name", flat=True)
    if not links:
        return "No link uses it at the moment, so nothing waits."
    names = ", ".join(f"“{one_line(name)}”" for name in links)
    return f"{names} cannot sync until then. Nothing is lost: the next run catches up on what changes meanwhile."
