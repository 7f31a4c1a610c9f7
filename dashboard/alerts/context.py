"""What the pages of alerts show: alerts with what came of their messages, channels with how they fare, the matrix."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse, reverse_lazy

from dashboard.alerts.forms import box_name
from dashboard.grants import visible_alerts
from dashboard.lists import EmptyState, ListWords
from integration.alerts.channels import describe_channel
from integration.alerts.events import EVENTS, Event
from integration.models import Alert, AlertChannel, AlertDelivery, ChannelKind, DeliveryState
from integration.models.fields import UndecryptableValue

LIST = ListWords(
    things="alerts",
    search_examples="Words of the alert, event:silence, link:alder, state:open",
    no_match="No alert fits these filters.",
    nothing=EmptyState(
        "Nothing has alerted",
        "What breaks, comes back, falls silent or takes much too long stands here, with whom it was sent to.",
        reverse_lazy("overview"),
        "Open the overview",
    ),
)
# Place of an alert to the name of its page; the paths in messages are these (integration/alerts/messages.py).
PLACES = {
    "connection": "connection",
    "problem": "problem",
    "problems": "problems",
    "questions": "problems_person",
    "run": "run",
    "overview": "overview",
}
VERBS = {
    "connection": "Open the connection",
    "problem": "Repair it",
    "problems": "See the problems",
    "questions": "Decide them",
    "run": "Open the run",
    "overview": "Open the overview",
}
ICONS = {
    ChannelKind.EMAIL: "envelope",
    ChannelKind.SLACK: "hashtag",
    ChannelKind.SERVICE: "bell",
    ChannelKind.WEBHOOK: "globe-alt",
}


@dataclass
class AlertRow:
    alert: Alert

    @property
    def event(self) -> str:
        return EVENTS[self.alert.event].title if self.alert.event in EVENTS else self.alert.event

    @property
    def href(self) -> str:
        name = PLACES.get(self.alert.place, "")
        return reverse(name, args=[self.alert.key] if self.alert.key else []) if name else ""

    @property
    def verb(self) -> str:
        return VERBS.get(self.alert.place, "")

    @cached_property
    def deliveries(self) -> list[AlertDelivery]:
        return list(self.alert.deliveries.all())

    @property
    def people(self) -> int:
        """To how many a mail of their own went."""
        return sum(one.user_id is not None for one in self.deliveries)


def alert_rows() -> QuerySet[Alert]:
    deliveries = AlertDelivery.objects.select_related("channel").defer("channel__address")
    rows = Alert.objects.select_related("link", "connection").defer("connection__credentials")
    return visible_alerts(rows).prefetch_related(Prefetch("deliveries", deliveries))


@dataclass
class ChannelCard:
    """`waiting` and `given_up` count its messages."""

    channel: AlertChannel
    waiting: int = 0
    given_up: int = 0

    @property
    def icon(self) -> str:
        return ICONS[ChannelKind(self.channel.kind)]

    @property
    def where(self) -> str:
        try:
            return describe_channel(self.channel)
        except UndecryptableValue:
            return "Its address cannot be read with the keys in ENCRYPTION_KEYS."

    @property
    def tone(self) -> str:
        return {True: "ok", False: "bad", None: "idle"}[self.channel.works] if self.channel.enabled else "idle"

    @property
    def state(self) -> str:
        words = {True: "Works", False: "Refused", None: "Never tried"}[self.channel.works]
        return words if self.channel.enabled else "Off"

    @property
    def dialog_id(self) -> str:
        return f"delete-channel-{self.channel.pk}"


def channel_cards() -> list[ChannelCard]:
    """Two queries, however many there are."""
    states = (DeliveryState.WAITING, DeliveryState.GIVEN_UP)
    counted = AlertDelivery.objects.filter(channel__isnull=False, state__in=states).order_by().values("channel")
    waiting, given_up = Q(state=DeliveryState.WAITING), Q(state=DeliveryState.GIVEN_UP)
    numbers = {
        row["channel"]: (row["waits"], row["gone"])
        for row in counted.annotate(waits=Count("pk", filter=waiting), gone=Count("pk", filter=given_up))
    }
    return [ChannelCard(one, *numbers.get(one.pk, (0, 0))) for one in AlertChannel.objects.all()]


def matrix(channels: list[AlertChannel]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """By group of events: each with one box per channel, which holds its name, whether it is ticked, and its label."""
    for group, events in groupby(EVENTS.values(), key=lambda event: event.group):
        yield group, [{"event": event, "boxes": [_box(event, one) for one in channels]} for event in events]


def _box(event: Event, channel: AlertChannel) -> dict[str, Any]:
    label = f"{event.title}: {channel.name}"
    return {"name": box_name(event.code, channel), "ticked": event.code in channel.events, "label": label}


def settings_context(form: Any) -> dict[str, Any]:
    cards = channel_cards()
    lately = alert_rows().order_by("-pk")[:5]
    return {
        "settings_page": "alerts",
        "form": form,
        "cards": cards,
        "groups": list(matrix([card.channel for card in cards])),
        "columns": len(cards) + 2,
        "lately": [AlertRow(one) for one in lately],
        "kinds": [(kind.value, kind.label, ICONS[kind]) for kind in ChannelKind],
    }
