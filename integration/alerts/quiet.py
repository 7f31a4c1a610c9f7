"""Quiet hours: what falls in them waits, and comes as one message when they are over."""

from datetime import UTC, datetime, timedelta

from integration.models import AlertRules
from integration.moments import find_zone


def quiet_until(rules: AlertRules, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` is; None outside of them. From 22:00 to 07:00 goes over midnight."""
    if rules.quiet_from is None or rules.quiet_to is None or rules.quiet_from == rules.quiet_to:
        return None
    local = now.astimezone(find_zone(rules.zone))
    clock, over_midnight = local.time(), rules.quiet_from > rules.quiet_to
    late, early = clock >= rules.quiet_from, clock < rules.quiet_to
    if not (late or early if over_midnight else late and early):
        return None
    day = local.date() + timedelta(days=1 if over_midnight and late else 0)
    return datetime.combine(day, rules.quiet_to, local.tzinfo).astimezone(UTC)
