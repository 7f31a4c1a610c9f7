"""One process's view of an account's budget: ask for permits, tell what was answered, give back the rest."""

import time
import uuid
from dataclasses import dataclass, field

from django.conf import settings

from integration.providers.budgets import day, shares, window
from integration.providers.budgets.document import Document, document
from integration.providers.budgets.window import Rate
from integration.providers.http import Limits


@dataclass(frozen=True)
class Grant:
    """`permits` calls may be sent now; when 0, ask again after `wait` seconds.

    `reason`: limit (of the window), daily (the day is used up), daily_reserve (its rest is for others).
    """

    permits: int
    wait: float
    reason: str = ""


@dataclass
class Budget:
    """`purpose` is one of PURPOSES: who goes first when calls are scarce."""

    account: str
    rate: Rate
    holder: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    purpose: str = "backfill"
    _answered: list[float] = field(default_factory=list)
    """When calls were answered that the shared document does not know yet."""
    _limits: Limits = field(default_factory=Limits)

    def take(self, wanted: int) -> Grant:
        """Ask for up to `wanted` permits; reports what was answered since the last time."""
        with document(self.account) as doc:
            now = time.time()
            self._settle(doc, now)
            grant = self._grant(doc, wanted, now)
            if grant.permits:
                window.take_off(doc, self.holder, grant.permits, now)
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
        """Give back what was granted and not used, and wait no more."""
        with document(self.account) as doc:
            self._settle(doc, time.time())
            doc.get("flying", {}).pop(self.holder, None)
            shares.leave(doc, self.holder)

    def _grant(self, doc: Document, wanted: int, now: float) -> Grant:
        asker, limit = shares.Asker(self.holder, self.purpose), window.allowance(doc, self.rate)
        shares.stand_in_line(doc, asker, limit, wanted, now)
        if doc.get("blocked", 0) > now:
            return Grant(0, doc["blocked"] - now, doc.get("why", "limit"))
        if day.is_kept_from(doc, self.purpose, now):
            return Grant(0, day.next_day(now) - now, "daily_reserve")
        share = shares.allot(doc, asker, limit, now)
        return Grant(share.permits, share.wait, "" if share.permits else "limit")

    def _settle(self, doc: Document, now: float) -> None:
        window.forget(doc, self.rate, now)
        shares.forget(doc, self.rate.seconds, now)
        if self._answered:
            window.land(doc, self.holder, self._answered, now)
            day.count(doc, self._answered, now)
            self._answered = []
        window.believe(doc, self.rate, self._limits, now)
        if self._limits.daily_remaining is not None:
            day.note_left(doc, self._limits.daily_remaining, now)
        self._limits = Limits()


def budget_for(provider: str, account: str, purpose: str = "backfill") -> Budget:
    """The budget of an account, with the configured rate of its provider."""
    rate = settings.GHL_RATE if provider == "ghl" else settings.GIST_RATE
    return Budget(account, Rate.parse(rate), purpose=purpose)
