"""Webhooks that have stopped while the API works: told within twice the usual gap of the connection's own rhythm."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from integration.alerts.lifecycle import Condition
from integration.alerts.messages import clock, one_line
from integration.alerts.rhythm import rhythm_of, usual_gap
from integration.models import (
    Alert,
    AlertRules,
    Connection,
    ConnectionStatus,
    EventState,
    InboxEvent,
    Link,
    Run,
    RunStatus,
)
from integration.moments import find_zone

# Silent is what lasts so many times the usual gap; the rest of the second one is for whoever looks once a minute.
TOO_LONG = 1.75
# Of a connection to which webhooks come by the second: no gap is measured finer.
SHORTEST_USUAL = timedelta(minutes=4)
WORKING = (ConnectionStatus.NEW, ConnectionStatus.OK, ConnectionStatus.SCOPE)


def watch_silence() -> Iterator[Condition]:
    """Connections that a link uses which is on, and whose API works."""
    links = Link.objects.filter(enabled=True)
    used = Q(pk__in=links.values("gist")) | Q(pk__in=links.values("ghl"))
    watching_since = AlertRules.load().watching_since or timezone.now()
    for connection in Connection.objects.filter(used, status__in=WORKING).defer("credentials"):
        last = last_webhook_at(connection)
        if last and (silent := _silence_of(connection, last, watching_since)):
            yield silent


def end_of_silence(alert: Alert) -> str | None:
    connection = alert.connection
    if connection is None or connection.needs_person:
        # Its login is what a person must look at, and has an alert of its own.
        return ""
    last = last_webhook_at(connection)
    if last is None or last <= alert.since:
        return None
    return f"A webhook of “{one_line(connection.name)}” came at {clock(last)}."


def last_webhook_at(connection: Connection) -> datetime | None:
    taken = InboxEvent.objects.filter(connection=connection).exclude(state=EventState.REFUSED)
    return taken.order_by("-pk").values_list("received_at", flat=True).first()


def _silence_of(connection: Connection, last: datetime, watching_since: datetime) -> Condition | None:
    zone = find_zone(connection.settings.get("timezone") or "UTC")
    gap = usual_gap(rhythm_of(connection), last, zone)
    if gap is None:
        return None
    usual = max(timedelta(seconds=gap), SHORTEST_USUAL)
    # What was sent while Gistline itself was down came to nobody.
    if timezone.now() - max(last, watching_since) < usual * TOO_LONG or not _api_works(connection, last):
        return None
    name = one_line(connection.name)
    return Condition(
        "silence",
        f"connection:{connection.pk}",
        last,
        f"No webhooks from “{name}”",
        f"The last one came at {clock(last)}. At this time of day they usually come at least every {_in_words(usual)}; "
        "the API works.",
        f"Look in {connection.get_provider_display()} whether its webhooks are still set up with the addresses on the "
        "connection’s page. Until they come, runs see the changes, later.",
        "connection",
        connection.key,
        connection=connection,
    )


def _api_works(connection: Connection, last: datetime) -> bool:
    """Nothing says otherwise: the newest run that ended since then did not fail."""
    runs = Run.objects.filter(Q(link__gist=connection) | Q(link__ghl=connection), finished_at__gte=last)
    newest = runs.order_by("-finished_at").values_list("status", flat=True).first()
    return newest != RunStatus.FAILED


def _in_words(gap: timedelta) -> str:
    minutes = round(gap.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
