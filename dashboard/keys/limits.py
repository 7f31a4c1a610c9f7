"""How often something may be asked for: counted in the cache, which all web processes share."""

import logging
import math
import time

from django.core.cache import cache

logger = logging.getLogger(__name__)


def count_one(what: str, most: int, seconds: int = 60) -> int:
    """Count one more of `what`; 0 while there are at most so many in these `seconds`, else how long to wait.

    Windows begin with the clock. Two processes that count at the same moment may count one only: it is a limit
    against floods, and no budget.
    """
    name = _name(what, seconds)
    cache.add(name, 0, 2 * seconds)
    try:
        count = cache.incr(name)
    except ValueError:
        logger.warning("the cache lost a count: it is full, or was emptied; it begins anew")
        count = 1
    return _wait(seconds) if count > most else 0


def _name(what: str, seconds: int) -> str:
    return f"limit:{what}:{int(time.time() // seconds)}"


def _wait(seconds: int) -> int:
    return max(1, math.ceil(seconds - time.time() % seconds))
