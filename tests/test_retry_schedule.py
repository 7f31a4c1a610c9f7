"""When what failed is tried again, by schedule."""

from datetime import timedelta

import pytest

from integration.retry_schedule import ALERTS, RECORDS, pause_after, pause_before


@pytest.mark.parametrize("schedule", [RECORDS, ALERTS])
def test_each_pause_is_as_long_as_its_schedule_says_and_none_follows_the_last(schedule):
    for tries, minutes in enumerate(schedule.pauses, 1):
        pause = pause_before(tries, schedule)
        assert abs(pause - timedelta(minutes=minutes)) <= timedelta(minutes=minutes * schedule.spread)
    assert pause_before(len(schedule.pauses) + 1, schedule) is None


@pytest.mark.parametrize(
    ("waited", "pause"),
    [
        (timedelta(), timedelta(minutes=1)),
        (timedelta(minutes=7), timedelta(minutes=7)),
        (timedelta(days=30), timedelta(days=1)),
    ],
)
def test_what_could_not_be_read_is_read_ever_more_rarely_and_never_given_up(waited, pause):
    assert pause_after(waited) == pause
