"""Calls left per account, shared by every process, so that a limit is used up and never broken.

A budget is one small document per account, kept in Redis or, without one, in the database:

    marks     [[last, calls, first], …]   answered calls, by the time their answers came
    flying    {holder: [calls, since]}   granted, not answered yet
    blocked   no call before this time (Retry-After, or the day's allowance is used up)
    limit     the provider's own figure from its headers, when lower than the configured one

A call counts for one whole window *after its answer*: the provider counted it before it answered, so whatever
kind of window the provider keeps, it never sees more than `limit` calls in one.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from integration.models import CallBudget
from integration.providers.http import Limits

FLYING_EXPIRES = 120.0
"""Seconds after which a grant whose holder died no longer counts."""
BUCKET = 0.05
"""Calls answered within this many seconds of each other share a mark, which keeps the document small."""
COMPARE_LONGER = 2.0
"""Marks are kept this much longer, so that headers which crossed with expiring marks are not misread."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Rate:
    """`calls` per `seconds`, as in GHL_RATE=100/10."""

    calls: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        calls, _, seconds = text.partition("/")
        return cls(int(calls), float(seconds or 1))


@dataclass(frozen=True)
class Grant:
    """`permits` calls may be sent now; when 0, ask again after `wait` seconds."""

    permits: int
    wait: float
    reason: str = ""


@dataclass
class Budget:
    """One process's view of an account's budget."""

    account: str
    rate: Rate
    holder: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _answered: list[float] = field(default_factory=list)
    """When calls were answered that the shared document does not know yet."""
    _limits: Limits = field(default_factory=Limits)

    def take(self, wanted: int) -> Grant:
        """Ask for up to `wanted` permits; reports what was answered since the last time."""
        with document(self.account) as doc:
            now = time.time()
            self._settle(doc, now)
            grant = _grant(doc, self.rate, wanted, now)
            if grant.permits:
                flying = doc.setdefault("flying", {}).get(self.holder, [0, now])
                doc["flying"][self.holder] = [flying[0] + grant.permits, now]
            return grant

    def answered(self, limits: Limits) -> None:
        """Note that a granted call came back. Written to the shared document with the next `take` or `close`."""
        self._answered.append(time.time())
        if limits != Limits():
            self._limits = limits

    def refused(self, wait: float) -> None:
        """The provider said no: nobody calls this account for `wait` seconds."""
        with document(self.account) as doc:
            doc["blocked"] = max(doc.get("blocked", 0.0), time.time() + wait)
            doc["why"] = "limit"

    def close(self) -> None:
        """Give back what was granted and not used."""
        with document(self.account) as doc:
            self._settle(doc, time.time())
            doc.get("flying", {}).pop(self.holder, None)

    def _settle(self, doc: Document, now: float) -> None:
        _forget(doc, self.rate, now)
        if self._answered:
            for at in self._answered:
                _mark(doc, at, 1)
            flying = doc.setdefault("flying", {})
            left = flying.get(self.holder, [0, now])[0] - len(self._answered)
            flying[self.holder] = [max(0, left), now]
            self._answered = []
        _correct(doc, self.rate, self._limits, now)
        self._limits = Limits()


def _grant(doc: Document, rate: Rate, wanted: int, now: float) -> Grant:
    if doc.get("blocked", 0) > now:
        return Grant(0, doc["blocked"] - now, doc.get("why", "limit"))
    free = min(rate.calls, doc.get("limit", rate.calls)) - _used(doc, rate.seconds, now)
    if free > 0:
        return Grant(min(wanted, free), 0)
    oldest = min((at for at, *_ in doc["marks"] if at > now - rate.seconds), default=None)
    return Grant(0, 0.05 if oldest is None else max(0.005, oldest + rate.seconds - now), "limit")


def _used(doc: Document, seconds: float, now: float) -> int:
    marks = sum(calls for at, calls, _ in doc.get("marks", ()) if at > now - seconds)
    return int(marks + sum(calls for calls, _ in doc.get("flying", {}).values()))


def _mark(doc: Document, now: float, calls: int) -> None:
    marks = doc.setdefault("marks", [])
    if marks and 0 <= now - marks[-1][2] < BUCKET:
        marks[-1][0], marks[-1][1] = max(marks[-1][0], now), marks[-1][1] + calls
    else:
        marks.append([now, calls, now])


def _forget(doc: Document, rate: Rate, now: float) -> None:
    keep = now - rate.seconds - COMPARE_LONGER
    doc["marks"] = [mark for mark in doc.get("marks", ()) if mark[0] > keep]
    doc["flying"] = {h: f for h, f in doc.get("flying", {}).items() if f[0] and f[1] > now - FLYING_EXPIRES}


def _correct(doc: Document, rate: Rate, limits: Limits, now: float) -> None:
    """Believe the provider where it knows better: a lower limit, calls made by others, the day's end."""
    if limits.maximum:
        doc["limit"] = limits.maximum
    if limits.remaining is not None:
        limit = min(rate.calls, doc.get("limit", rate.calls))
        others = limit - limits.remaining - _used(doc, rate.seconds + COMPARE_LONGER, now)
        if others > 0:
            _mark(doc, now, others)
    if limits.daily_remaining is not None:
        doc["daily_remaining"] = limits.daily_remaining
        if limits.daily_remaining <= 0:
            doc["blocked"], doc["why"] = _next_utc_day(now), "daily"


def _next_utc_day(now: float) -> float:
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()


@contextmanager
def document(account: str) -> Iterator[Document]:
    """The account's document, locked; what is changed inside is saved."""
    with _in_redis(account) if settings.REDIS_URL else _in_database(account) as doc:
        yield doc


@contextmanager
def _in_database(account: str) -> Iterator[Document]:
    with transaction.atomic():
        row, _ = CallBudget.objects.select_for_update().get_or_create(account=account)
        yield row.document
        row.save(update_fields=["document"])


@contextmanager
def _in_redis(account: str) -> Iterator[Document]:
    import json

    client = redis_client()
    with client.lock(f"gistline:budget-lock:{account}", timeout=10, sleep=0.005):
        raw = client.get(f"gistline:budget:{account}")
        doc: Document = json.loads(raw) if raw else {}
        yield doc
        client.set(f"gistline:budget:{account}", json.dumps(doc), ex=2 * 86_400)


_clients: dict[str, Any] = {}


def redis_client() -> Any:
    import redis

    return _clients.setdefault(settings.REDIS_URL, redis.Redis.from_url(settings.REDIS_URL))


def budget_for(provider: str, account: str) -> Budget:
    """The budget of an account, with the configured rate of its provider."""
    rate = settings.GHL_RATE if provider == "ghl" else settings.GIST_RATE
    return Budget(account, Rate.parse(rate))


def daily_remaining(account: str) -> int | None:
    """Calls left today as the provider last said; None when it never said."""
    with document(account) as doc:
        return doc.get("daily_remaining")
