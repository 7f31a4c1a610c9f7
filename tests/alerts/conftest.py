"""A channel that keeps what it is sent, and a clock of minutes."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from integration import jobs
from integration.alerts.channels import CHANNELS, NotDelivered
from integration.alerts.deliver import send_due
from integration.alerts.events import usual_events
from integration.alerts.watch import watch_conditions
from integration.models import AlertChannel, AlertDelivery


class Sent(list):
    """Messages as they left; while `down`, none does."""

    down = False

    def take(self, address, message) -> str:
        if self.down:
            raise NotDelivered("Slack answers 503.")
        self.append(message)
        return "Slack took it (200)."

    @property
    def titles(self) -> list[str]:
        return [message.title.removeprefix("Gistline: ") for message in self]


@pytest.fixture
def sent(monkeypatch) -> Sent:
    kept = Sent()
    monkeypatch.setitem(CHANNELS, "slack", replace(CHANNELS["slack"], send=kept.take))
    return kept


@pytest.fixture
def channel(db, sent) -> AlertChannel:
    address = {"url": "https://hooks.example.com/x"}
    return AlertChannel.objects.create(kind="slack", name="Team", address=address, events=usual_events())


@pytest.fixture
def clock():
    """Monday, 14:00 UTC."""
    with time_machine.travel("2026-11-23T14:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def minute(clock):
    """So many minutes pass: the watchdog looks each minute, or each so many, and a worker sends what is due."""

    def passes(minutes: int = 1, each: int = 1) -> None:
        for _ in range(0, minutes, each):
            clock.shift(timedelta(minutes=each))
            look()

    return passes


def look() -> None:
    watch_conditions()
    send_due()
    due = AlertDelivery.objects.filter(state="waiting", due_at__lte=timezone.now())
    for pk in due.values_list("pk", flat=True):
        jobs.send_alert(pk)
