"""An alert's life: it opens once per beginning, may hold again in silence, and ends with one note."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.alerts.events import EVENTS, WITHOUT_RECOVERY
from integration.alerts.quiet import quiet_until
from integration.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    AlertRules,
    AlertState,
    Connection,
    DeliveryState,
    Link,
)
from integration.queue import enqueue


@dataclass(frozen=True)
class Condition:
    """Something that holds now and is worth a message. `since` is when it began: with the event and the subject it is
    what makes it the same one, however often it is seen.

    `title` says what, `reason` why, `remedy` what to do; `place` and `key` name the page (alerts/messages.py, PATHS).
    """

    event: str
    subject: str
    since: datetime
    title: str
    reason: str
    remedy: str = ""
    place: str = ""
    key: str = ""
    link: Link | None = None
    connection: Connection | None = None


@transaction.atomic
def open_alert(condition: Condition, people: Iterable[Any] = ()) -> Alert | None:
    """Store the alert with a message for each channel that wants it, and for each of `people`; None: it is known."""
    # The day in numbers holds nothing open.
    state = AlertState.OVER if condition.event == "digest" else AlertState.OPEN
    texts = {
        "state": state,
        "title": condition.title[:200],
        "reason": condition.reason[:500],
        "remedy": condition.remedy[:500],
    }
    alert, is_new = Alert.objects.get_or_create(
        event=condition.event, subject=condition.subject, since=condition.since,
        defaults={**texts, "place": condition.place, "key": condition.key, "link": condition.link,
                  "connection": condition.connection},
    )  # fmt: skip
    if not is_new:
        return None
    recipients: list[dict[str, Any]] = [{"channel": one} for one in _channels_for(condition.event)]
    _add_deliveries(alert, [*recipients, *({"user": person} for person in people)], AlertDelivery.News.ALERT)
    return alert


def hold_again(alert: Alert) -> None:
    """It ended, and the same beginning holds again: the page says so, and nobody is written to."""
    back = Alert.objects.filter(pk=alert.pk, state=AlertState.OVER)
    back.update(state=AlertState.OPEN, returned=alert.returned + 1, ended_at=None)


@transaction.atomic
def end_alert(alert: Alert, words: str) -> None:
    """It holds no longer. `words` are for those who were written to; with none nobody is."""
    stands = Alert.objects.filter(pk=alert.pk, state=AlertState.OPEN)
    if not stands.update(state=AlertState.OVER, ended_at=timezone.now(), ended=words[:300]):
        return
    if not words or alert.event in WITHOUT_RECOVERY:
        return
    alert.refresh_from_db()
    wanting = [channel.pk for channel in _channels_for("recovery")]
    # Whoever was not reached yet gets one message later, which says that it is over.
    reached = alert.deliveries.filter(state=DeliveryState.SENT, news=AlertDelivery.News.ALERT, channel__in=wanting)
    known = alert.deliveries.filter(news=AlertDelivery.News.RECOVERY).values("channel")
    recipients = [{"channel": one.channel} for one in reached.exclude(channel__in=known).select_related("channel")]
    _add_deliveries(alert, recipients, AlertDelivery.News.RECOVERY)


def _channels_for(event: str) -> list[AlertChannel]:
    return [channel for channel in AlertChannel.objects.filter(enabled=True) if event in channel.events]


def _add_deliveries(alert: Alert, recipients: list[dict[str, Any]], news: str) -> None:
    rules, now = AlertRules.load(), timezone.now()
    passes = EVENTS[alert.event].urgent and rules.urgent_passes and news == AlertDelivery.News.ALERT
    until = None if passes else quiet_until(rules, now)
    for recipient in recipients:
        # A person's own mail about a login is never held: nothing syncs until then.
        held = until if "channel" in recipient else None
        made = AlertDelivery.objects.create(
            alert=alert, news=news, held=held is not None, due_at=held or now, **recipient
        )
        if held is None:
            enqueue("send_alert", made.pk)
