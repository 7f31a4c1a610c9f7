"""How many records links have and how their people stand: counted at each look, or, where that are very many, kept for
some seconds with the time at which they were counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone

from integration.sync.parity import Parity, parity_of

# Records that are counted together at each look; it takes about 50 ms on two cores.
MANY = 200_000
KEPT_FOR = timedelta(seconds=30)
# Clocks of hosts differ: a run that ended a moment before may have ended after.
DOUBT = timedelta(seconds=10)


@dataclass(frozen=True)
class Counts:
    """Of one link. `is_kept`: not of now."""

    at: datetime
    parity: Parity
    is_kept: bool = False


# By link, in this process: each of several has its own, and says how old it is.
_kept: dict[int, Counts] = {}


def count_people(ended: Mapping[int, datetime | None]) -> dict[int, Counts]:
    """Counts by link; `ended` says when a run of each ended last. What was counted before that is never shown after it:
    nothing is called in step because it was before the run.
    """
    now = timezone.now()
    found = {pk: kept for pk, at in ended.items() if (kept := _kept.get(pk)) and _still_stands(kept, at, now)}
    links = [pk for pk in ended if pk not in found]
    counted = {pk: Counts(now, parity) for pk, parity in parity_of(links, count_records=True).items()} if links else {}
    if sum(one.parity.known_gist + one.parity.known_ghl for one in counted.values()) > MANY:
        _kept.update({pk: replace(one, is_kept=True) for pk, one in counted.items()})
    return found | counted


def _still_stands(kept: Counts, ended: datetime | None, now: datetime) -> bool:
    return now - kept.at < KEPT_FOR and (ended is None or ended + DOUBT < kept.at)
