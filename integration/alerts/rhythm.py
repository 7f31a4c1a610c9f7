"""The usual rhythm of a connection's webhooks, learned from its own gaps and nothing else.

A gap is what lies between one webhook and the next; it belongs to the kind of day and the hour in which it begins. How
long a gap is still usual is the longest that was seen at that hour, or the one before and after it, without the single
longest: one outage makes no rhythm. So nights and week-ends are learned as what they are. Where too few were seen at an
hour, what is usual at any hour counts, once a whole week was seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils import timezone

from integration.models import Connection, EventState, InboxEvent, WebhookRhythm
from integration.moments import find_zone

LEARNED_FROM, LEARNED_EVERY = timedelta(days=28), timedelta(hours=12)
# Before so many webhooks over so long a time there is no rhythm; the time to see one of each week-end for any hour.
LEAST_SEEN, LEAST_TIME, WHOLE_WEEK = 50, timedelta(days=2), timedelta(days=7)
# Of one kind of day and hour: fewer gaps, or all on one day, say nothing.
LEAST_GAPS, LEAST_DAYS = 6, 2
MOST_READ = 100_000
ANY_HOUR = ""


def rhythm_of(connection: Connection) -> WebhookRhythm:
    """As it was learned within the last hours; learned now where it was not."""
    known = WebhookRhythm.objects.filter(connection=connection).first()
    if known and timezone.now() - known.learned_at < LEARNED_EVERY:
        return known
    moments = _moments_of(connection)
    zone = find_zone(connection.settings.get("timezone") or "UTC")
    facts = {"gaps": learn_gaps(moments, zone), "seen": len(moments), "learned_at": timezone.now()}
    return WebhookRhythm.objects.update_or_create(connection=connection, defaults=facts)[0]


def usual_gap(rhythm: WebhookRhythm, last: datetime, zone: ZoneInfo) -> float | None:
    """The longest usual gap in seconds after a webhook that came at `last`; None where it is not known."""
    local = last.astimezone(zone)
    gaps: dict[str, float] = rhythm.gaps
    return gaps.get(_slot(kind_of_day(local), local.hour), gaps.get(ANY_HOUR))


def learn_gaps(moments: Sequence[datetime], zone: ZoneInfo) -> dict[str, float]:
    """`moments` in order, oldest first. Empty before enough were seen."""
    if len(moments) < LEAST_SEEN or moments[-1] - moments[0] < LEAST_TIME:
        return {}
    by_hour: dict[tuple[str, int], list[tuple[float, datetime]]] = defaultdict(list)
    for begin, end in pairwise(moments):
        local = begin.astimezone(zone)
        by_hour[kind_of_day(local), local.hour].append(((end - begin).total_seconds(), local))
    gaps = {}
    for kind, hour in by_hour:
        near = [one for step in (-1, 0, 1) for one in by_hour.get((kind, (hour + step) % 24), ())]
        if len(near) >= LEAST_GAPS and len({local.date() for _, local in near}) >= LEAST_DAYS:
            gaps[_slot(kind, hour)] = _longest_usual(seconds for seconds, _ in near)
    if moments[-1] - moments[0] >= WHOLE_WEEK:
        gaps[ANY_HOUR] = max((seconds for group in by_hour.values() for seconds, _ in group), default=0.0)
    return gaps


def kind_of_day(local: datetime) -> str:
    """Days before a day off have gaps of their own."""
    return {4: "friday", 5: "saturday", 6: "sunday"}.get(local.weekday(), "weekday")


def _slot(kind: str, hour: int) -> str:
    return f"{kind}:{hour}"


def _longest_usual(gaps: Iterable[float]) -> float:
    return sorted(gaps)[-2]


def _moments_of(connection: Connection) -> list[datetime]:
    since = timezone.now() - LEARNED_FROM
    taken = InboxEvent.objects.filter(connection=connection, received_at__gte=since).exclude(state=EventState.REFUSED)
    return sorted(taken.order_by("-pk").values_list("received_at", flat=True)[:MOST_READ])
