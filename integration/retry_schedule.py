"""When what failed for now is tried again: every schedule by its name."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Schedule:
    """`pauses` are minutes before each further try; when they are used up, nothing is tried again.

    `spread` is by how much of itself a pause may be shorter or longer, so that what failed together does not come
    back together.
    """

    pauses: tuple[float, ...]
    spread: float = 0.0


# People and workflows: eight times over about a day.
RECORDS = Schedule((1, 5, 15, 60, 120, 240, 480, 520), spread=0.2)
# Mails that no server took.
ALERTS = Schedule((2, 10, 60, 240))
# Records that could not be read: for ever, since nothing else tells what they hold.
READ_AGAIN_AT_LEAST, READ_AGAIN_AT_MOST = timedelta(minutes=1), timedelta(days=1)


def pause_before(tries: int, schedule: Schedule = RECORDS) -> timedelta | None:
    """How long to wait after so many failed tries, at least one; None when that was the last one."""
    if tries > len(schedule.pauses):
        return None
    factor = random.uniform(1 - schedule.spread, 1 + schedule.spread)  # noqa: S311
    return timedelta(minutes=schedule.pauses[tries - 1] * factor)


def pause_after(waited: timedelta) -> timedelta:
    """The next pause after `waited` without success: as long again, so that tries become rarer; a minute to a day."""
    return min(max(waited, READ_AGAIN_AT_LEAST), READ_AGAIN_AT_MOST)
