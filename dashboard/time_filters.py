"""Filters by time: since and until a moment, as typed (`24h`, `7d`, a day, a day with a time) or picked."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
# What lies outside of these years no database column takes in every time zone.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def read_moment(text: str) -> datetime:
    """`90m`, `24h` and `7d` are so long ago; a day, or one with a time, is of the current zone unless it names one.

    Raises ValueError.
    """
    if ago := re.fullmatch(r"([0-9]{1,5})([mhd])", text):
        return timezone.now() - int(ago[1]) * UNITS[ago[2]]
    moment = datetime.fromisoformat(text)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(text)
    return moment if moment.tzinfo else timezone.make_aware(moment)


def moment_in_words(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y H:i")


class MomentInput(forms.DateTimeInput):
    """The browser's picker, which shows a moment that was typed as `24h`, too."""

    def format_value(self, value: Any) -> str:
        try:
            return timezone.localtime(read_moment(str(value))).strftime("%Y-%m-%dT%H:%M") if value else ""
        except (ValueError, OverflowError):
            return ""


class MomentField(forms.CharField):
    """Gives a datetime, None for nothing."""

    widget = MomentInput(attrs={"type": "datetime-local", "class": "input is-small"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return read_moment(text) if text else None
        except (ValueError, OverflowError):
            raise ValidationError("not a time") from None


class SpanField(forms.CharField):
    """Two moments with a slash between them; gives both, None for nothing."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            since, _, until = text.partition("/")
            return (read_moment(since), read_moment(until)) if text else None
        except (ValueError, OverflowError):
            raise ValidationError("not a span of time") from None


class TimeFilter(forms.Form):
    """For a Filter: since and until, by the time in the column `at`."""

    at = "created_at"
    since = MomentField(required=False, max_length=40)
    until = MomentField(required=False, max_length=40)

    def by_since(self, rows: Any, moment: datetime) -> Any:
        return rows.filter(**{f"{self.at}__gte": moment})

    def by_until(self, rows: Any, moment: datetime) -> Any:
        return rows.filter(**{f"{self.at}__lt": moment})
