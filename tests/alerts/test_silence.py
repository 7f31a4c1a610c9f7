"""Webhooks that are cut while the API works alert within twice the usual gap; nights and week-ends do not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from integration.alerts.rhythm import learn_gaps
from integration.models import Alert, AlertRules, InboxEvent, Run

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 14, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def every(minutes: int, days: int, until: datetime = MONDAY, hours=range(24), weekend=True) -> list[datetime]:
    """Webhooks up to `until`, in those hours of Berlin."""
    count = days * 24 * 60 // minutes
    moments = [until - timedelta(minutes=minutes * back) for back in range(count + 1)][::-1]
    local = [(moment, moment.astimezone(BERLIN)) for moment in moments]
    return [moment for moment, at in local if at.hour in hours and (weekend or at.weekday() < 5)]


@pytest.fixture
def webhooks(link):
    def store(moments, connection=None) -> None:
        owner = connection or link.ghl
        events = [
            InboxEvent(
                provider="ghl", topic="ContactUpdate", connection=owner, body=b"{}", received_at=one, state="done"
            )
            for one in moments
        ]
        InboxEvent.objects.bulk_create(events)

    return store


@pytest.fixture(autouse=True)
def _zone(request) -> None:
    if "ghl" in request.fixturenames or "link" in request.fixturenames:
        ghl = request.getfixturevalue("ghl")
        ghl.settings["timezone"] = "Europe/Berlin"
        ghl.save()


def test_webhooks_cut_while_the_api_works_alert_within_twice_the_usual_gap(webhooks, channel, sent, minute):
    webhooks(every(10, days=8))
    minute(10)
    assert sent == []
    minute(10)
    assert sent.titles == ["No webhooks from “Alder GHL”"]
    assert "come at least every 10 min; the API works" in sent[0].text
    minute(60, each=4)
    assert len(sent) == 1


def test_the_first_webhook_after_the_silence_is_told_once(webhooks, channel, sent, minute):
    webhooks(every(10, days=8))
    minute(30)
    webhooks([timezone.now()])
    minute(3)
    assert sent.titles == ["No webhooks from “Alder GHL”", "well again: No webhooks from “Alder GHL”"]
    assert Alert.objects.get().state == "over"


def test_each_connection_has_its_own_rhythm(webhooks, link, channel, sent, minute):
    webhooks(every(10, days=8))
    webhooks(every(60, days=8), link.gist)
    minute(40, each=2)
    assert sent.titles == ["No webhooks from “Alder GHL”"]


@pytest.mark.parametrize(("days", "gap"), [(1, 10), (8, 300)])
def test_before_enough_was_seen_there_is_no_rhythm(days, gap):
    assert learn_gaps(every(gap, days=days), BERLIN) == {}


def test_without_a_rhythm_nothing_is_silent(webhooks, channel, sent, minute):
    webhooks(every(10, days=1))
    minute(120, each=4)
    assert sent == []


def test_nights_and_weekends_are_part_of_the_rhythm():
    gaps = learn_gaps(every(10, days=25, until=MONDAY, hours=range(9, 18), weekend=False), BERLIN)
    friday_evening, monday_evening, monday_noon = gaps["friday:17"], gaps["weekday:17"], gaps["weekday:12"]
    assert (friday_evening, monday_evening, monday_noon) == (63 * 3600 + 600, 15 * 3600 + 600, 600)


def test_one_outage_makes_no_rhythm():
    moments = every(10, days=10)
    moments = moments[:700] + moments[760:]
    assert learn_gaps(moments, BERLIN)["weekday:15"] == 600


def test_where_the_login_is_broken_that_alone_is_told(webhooks, link, channel, sent, minute):
    webhooks(every(10, days=8))
    link.ghl.set_status("reconnect", "refused")
    minute(40, each=4)
    assert sent.titles == ["“Alder GHL” needs a new login"]


def test_while_runs_fail_the_api_is_not_said_to_work(webhooks, link, channel, sent, minute):
    webhooks(every(10, days=8))
    Run.objects.create(link=link, status="failed", finished_at=MONDAY + timedelta(minutes=1))
    minute(40, each=4)
    assert sent == []


def test_what_was_sent_while_gistline_was_down_is_nobodys_silence(webhooks, channel, sent, minute, clock):
    webhooks(every(10, days=8))
    minute()
    clock.shift(timedelta(hours=3))
    minute(15)
    assert sent == []
    assert AlertRules.load().watching_since > MONDAY + timedelta(hours=3)


def test_the_rhythm_is_learned_twice_a_day_and_not_each_minute(webhooks, clock, minute, django_assert_max_num_queries):
    webhooks(every(10, days=8))
    minute()
    with django_assert_max_num_queries(40):
        minute()


@time_machine.travel(MONDAY, tick=False)
def test_a_refused_webhook_breaks_no_silence(link, webhooks):
    from integration.alerts.silence import last_webhook_at

    webhooks([MONDAY - timedelta(hours=1)])
    InboxEvent.objects.create(provider="ghl", connection=link.ghl, body=b"", state="refused", received_at=MONDAY)
    assert last_webhook_at(link.ghl) == MONDAY - timedelta(hours=1)
