"""How long the day's calls last: in words, on the page of the connection and on the overview."""

from datetime import UTC, datetime

import pytest
import time_machine

from dashboard.connections.forecast import describe_forecast
from integration.models import CallBudget
from integration.providers.budgets import Forecast, forecast_day
from tests.dashboard.browser import words

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SLOT = 300


@pytest.fixture
def noon(settings):
    settings.REDIS_URL = ""
    with time_machine.travel(NOON, tick=False):
        yield int(NOON.timestamp())


def use_up(ghl, noon, left, calls=1_200):
    """So many calls within the last hour, and so many left today."""
    pace = [[noon // SLOT - number, calls // 12] for number in range(12, 0, -1)]
    CallBudget.objects.create(account=ghl.budget_key, document={"day": [noon // 86_400, left, 200_000], "pace": pace})


def test_calls_that_run_out_today_are_told_with_the_time(as_viewer, link, ghl, noon):
    use_up(ghl, noon, 5_000)
    page = words(as_viewer.get("connection", ghl.key))
    assert "Left today 5,000 At the pace of the last hour, 1,200 an hour, they are used up at 16:10." in page
    assert "GHL calls run out today" in words(as_viewer.get("overview"))


def test_calls_that_last_are_no_todo(as_viewer, link, ghl, noon):
    use_up(ghl, noon, 190_000)
    assert "they last until the provider's day ends at 00:00" in words(as_viewer.get("connection", ghl.key))
    assert "calls run out" not in words(as_viewer.get("overview"))


def test_a_used_up_day_says_when_calls_go_on(as_viewer, link, ghl, noon):
    use_up(ghl, noon, 0)
    assert "Used up for today. Calls go on at 00:00 on 5 Mar" in words(as_viewer.get("connection", ghl.key))
    assert "GHL calls of today are used up" in words(as_viewer.get("overview"))


def test_without_a_pace_nothing_is_forecast():
    assert describe_forecast(Forecast(190_000, 0, None)) == "None was made within the last hour."
    assert describe_forecast(Forecast(None, 0, None)) == ""


def test_what_the_page_tells_is_the_forecast_itself(ghl, noon):
    use_up(ghl, noon, 5_000)
    assert forecast_day(ghl.budget_key).per_hour == 1_200
