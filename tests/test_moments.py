"""Moments are read from whatever anybody writes, and written in one way."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration import moments
from integration.moments import moment_at, moment_of, moment_text, read_iso, seconds_of

NOON = "2026-11-24T12:00:00Z"
SECONDS = 1_795_521_600
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOON, NOON),
        (f" {NOON} ", NOON),
        ("2026-11-24T12:00:00.123Z", NOON),
        ("2026-11-24T14:00:00+02:00", NOON),
        ("2026-11-24 12:00:00", NOON),
        ("2026-11-24", "2026-11-24T00:00:00Z"),
        ("20261124", "2026-11-24T00:00:00Z"),
        (SECONDS, NOON),
        (float(SECONDS), NOON),
        (SECONDS * 1000, NOON),
        (str(SECONDS), NOON),
        (str(SECONDS * 1000), NOON),
        # As ISO text Python reads this number as 23:45 on 1 January 1712.
        ("1712010112345", "2024-04-01T22:21:52Z"),
        (-315_619_200_000, "1960-01-01T00:00:00Z"),
        ("1900-01-01", "1900-01-01T00:00:00Z"),
    ],
)
def test_a_moment_is_read_however_it_is_written(value, text):
    assert moment_text(value) == text


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "24.11.2026", True, [], {}, 1e300, float("nan"), float("inf"), "0001-01-01", "9999-12-31",
     "2026-13-01", "20261399000000000000000"],
)  # fmt: skip
def test_what_is_no_moment_is_none(value):
    assert (moment_of(value), moment_text(value), seconds_of(value)) == (None, None, None)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()))
def test_nothing_breaks_the_reading_and_what_is_read_reads_the_same_again(value):
    text = moment_text(value)
    assert text is None or moment_text(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-24T06:00:00", NOON),
        ("2026-11-24T12:00:00Z", NOON),
        (SECONDS, NOON),
    ],
)
def test_a_text_without_a_zone_is_in_the_zone_that_is_asked_for(value, text):
    assert moments.utc_text(moment_of(value, CHICAGO)) == text


def test_a_moment_keeps_the_zone_that_it_names():
    assert moment_of("2026-11-24T23:30:00-05:00").date().isoformat() == "2026-11-24"


@pytest.mark.parametrize(
    ("number", "unit", "year"),
    [(0, "milliseconds", 1970), (-10_000_000_000, "milliseconds", 1969), (-1, "seconds", 1969)],
)
def test_a_unit_that_is_known_is_not_guessed(number, unit, year):
    assert moment_at(number, unit).year == year


@pytest.mark.parametrize("text", ["2026", "5", "1795521600", "1712010112345", "4155552671", "rubbish"])
def test_digits_alone_are_no_iso_text(text):
    assert read_iso(text) is None


def test_seconds_are_whole():
    assert seconds_of("2026-11-24T12:00:00.900Z") == SECONDS


@pytest.mark.parametrize(
    ("name", "key"), [("America/Chicago", "America/Chicago"), ("", "UTC"), ("Nowhere", "UTC"), ("../x", "UTC")]
)
def test_an_unknown_zone_is_utc(name, key):
    assert moments.find_zone(name).key == key


@pytest.mark.parametrize(("minutes", "recent"), [(4, True), (6, False)])
def test_what_was_kept_is_recent_for_so_many_minutes(minutes, recent):
    kept = datetime.now(UTC) - timedelta(minutes=minutes)
    assert moments.is_recent(kept.isoformat(), 5) is recent


def test_what_names_no_moment_is_not_recent():
    assert not moments.is_recent("", 5)
