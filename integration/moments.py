"""Moments: read from whatever a provider or a person writes, and written as the one text that records hold.

GHL sends ISO 8601 text, with or without a zone, and milliseconds since 1970; Gist sends seconds
(docs/ghl-api.md#field-semantics, docs/gist-api.md#dates). Records hold "YYYY-MM-DDTHH:MM:SSZ".
"""

from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Unit = Literal["seconds", "milliseconds"]
# Where the unit is not known, numbers below are seconds, as Gist's; from here on milliseconds, as GHL's.
SECONDS_END = 100_000_000_000
# Nobody means a moment beyond these: text of it would be no ISO text, and reckoning with it would overflow.
EARLIEST_YEAR, LATEST_YEAR = 1000, 9000


@lru_cache(maxsize=64)
def find_zone(name: str) -> ZoneInfo:
    """The time zone of that name; UTC for a name that there is not."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def utc_text(moment: datetime) -> str:
    """Whole seconds with a Z: with milliseconds GHL refuses some task updates (docs/ghl-api.md#tasks)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_text(value: Any, without_zone: tzinfo = UTC) -> str | None:
    """Any moment as "YYYY-MM-DDTHH:MM:SSZ"; None for what is none."""
    read = moment_of(value, without_zone)
    return utc_text(read) if read else None


def seconds_of(value: Any) -> int | None:
    """Any moment as whole seconds since 1970; None for what is none."""
    read = moment_of(value)
    return int(read.timestamp()) if read else None


def moment_of(value: Any, without_zone: tzinfo = UTC) -> datetime | None:
    """Text, seconds or milliseconds as a moment in the zone that it names; None for what is none.

    A text without a zone is `without_zone`. A text of digits alone counts seconds or milliseconds, but eight digits
    are the date YYYYMMDD where there is such a day.
    """
    if isinstance(value, int | float):
        return moment_at(value)
    text = str(value).strip()
    return read_iso(text, without_zone) or (moment_at(float(text)) if text.isdecimal() else None)


def moment_at(number: float, unit: Unit | None = None) -> datetime | None:
    """So many seconds or milliseconds after 1970, in UTC; the size tells which, where `unit` does not."""
    if isinstance(number, bool):
        return None
    seconds = unit == "seconds" or (unit is None and abs(number) < SECONDS_END)
    try:
        return _if_plausible(datetime.fromtimestamp(number if seconds else number / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def read_iso(text: str, without_zone: tzinfo = UTC) -> datetime | None:
    """A date or moment of ISO 8601, in the zone that it names or `without_zone`; None for what is none."""
    text = text.strip()
    # In other numbers Python finds moments too: it reads "1712010112345" as 23:45 on a day in 1712.
    if text.isdecimal() and len(text) != len("YYYYMMDD"):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _if_plausible(read if read.tzinfo else read.replace(tzinfo=without_zone))


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The day a moment is on: in the zone that it names itself, else where `zone` is.

    Midnight in UTC is how the APIs write a day without a time (docs/ghl-api.md#field-semantics): it stays that day.
    """
    names_its_zone = moment.tzinfo is not None and moment.tzinfo != UTC
    if names_its_zone or moment.timetz() == time(0, tzinfo=UTC):
        return moment.date()
    return moment.astimezone(zone).date()


def is_recent(text: str, minutes: float) -> bool:
    """Whether a moment that was kept as text is at most so many minutes ago."""
    read = read_iso(text)
    return read is not None and (datetime.now(UTC) - read).total_seconds() <= minutes * 60


def _if_plausible(moment: datetime) -> datetime | None:
    return moment if EARLIEST_YEAR <= moment.year < LATEST_YEAR else None
