"""What messages say, in our own words only: what an API answered stands on the page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import timezone

from integration.models import Alert, AlertDelivery, AlertState
from integration.moments import utc_text

# Where an alert leads: the domain knows no addresses, so these are the dashboard's, as its tests hold them to be.
PATHS = {
    "connection": "/connections/{}/",
    "problem": "/problems/{}/",
    "problems": "/problems/",
    "questions": "/problems/person/",
    "run": "/runs/{}/",
    "overview": "/",
}


@dataclass(frozen=True)
class Message:
    """What a channel sends. `id` is the same for every try; `alerts` is for machines: a dict per alert."""

    id: str
    title: str
    text: str
    alerts: list[dict[str, Any]] = field(default_factory=list)


def address_of(alert: Alert) -> str:
    """Of the page where something can be done about it; "" where there is none."""
    path = PATHS.get(alert.place, "")
    return f"{settings.PUBLIC_URL}{path.format(alert.key)}" if path else ""


def compose_message(batch: str, deliveries: Sequence[AlertDelivery]) -> Message:
    """One message for all of them, in the order in which they came."""
    facts = [_facts_of(one) for one in deliveries]
    if len(deliveries) == 1:
        return Message(batch, f"Gistline: {_title_of(deliveries[0])}", _text_of(deliveries[0]), facts)
    open_now = sum(one.alert.state == AlertState.OPEN for one in deliveries)
    title = f"Gistline: {len(deliveries)} messages, {open_now} still open"
    begin = "From the quiet hours" if any(one.held for one in deliveries) else "At the same time"
    return Message(batch, title, "\n\n".join([f"{begin}:", *map(_text_of, deliveries)]), facts)


def _title_of(delivery: AlertDelivery) -> str:
    alert = delivery.alert
    if delivery.news == AlertDelivery.News.RECOVERY:
        return f"well again: {one_line(alert.title)}"
    return f"{one_line(alert.title)}{' (over again)' if _is_over(delivery) else ''}"


def _text_of(delivery: AlertDelivery) -> str:
    alert = delivery.alert
    if delivery.news == AlertDelivery.News.RECOVERY:
        lines = [f"Well again: {alert.title}", alert.ended]
    else:
        over = f"Over since {clock(alert.ended_at)}. {alert.ended}".strip() if _is_over(delivery) else ""
        lines = [alert.title, alert.reason, over or alert.remedy]
    return "\n".join(line for line in (*lines, address_of(alert)) if line)


def _is_over(delivery: AlertDelivery) -> bool:
    return delivery.alert.state == AlertState.OVER and delivery.alert.event != "digest"


def _facts_of(delivery: AlertDelivery) -> dict[str, Any]:
    alert = delivery.alert
    return {
        "id": alert.pk,
        "event": alert.event,
        "news": delivery.news,
        "state": alert.state,
        "title": alert.title,
        "reason": alert.reason,
        "remedy": alert.remedy,
        "link": alert.link.key if alert.link else None,
        "connection": alert.connection.key if alert.connection else None,
        "since": utc_text(alert.since),
        "ended_at": utc_text(alert.ended_at) if alert.ended_at else None,
        "url": address_of(alert),
    }


def clock(moment: Any) -> str:
    """In the zone of the installation, with its name."""
    at = timezone.localtime(moment)
    return f"{at.day} {at:%B %Y, %H:%M %Z}"


def one_line(name: str) -> str:
    return " ".join(name.split())
