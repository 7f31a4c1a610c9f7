"""The day as the dashboard counts it."""

from datetime import datetime

from django.utils import timezone


def start_of_today() -> datetime:
    """Midnight in the current time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
