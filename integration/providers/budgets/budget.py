"""One process's view of an account's budget: takes permits, reports answers, gives back what was not used."""

import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from django.conf import settings

from integration.providers.budgets import day, shares, window
from integration.providers.budgets.document import Document, DocumentAway, locked_document, shared_now
from integration.providers.budgets.window import Rate
from integration.providers.http import Limits

# The wait that is shown while Redis is away; it is asked again all the while.
AWAY_SECONDS = 5.0


@dataclass(frozen=True)
class Grant:
    """`permits` calls may be sent now; when 0, ask again after `wait` seconds.

    `reason`: limit (of the window), daily (the day is used up), daily_reserve (its rest is for others), away (Redis,
    which knows the limits, does not answer).
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
    _outcomes: Counter[str] = field(default_factory=Counter)
    """What came of them."""
    _unused: int = 0
    """Permits that were given back and that the shared document does not know yet."""
    _limits: Limits = field(default_factory=Limits)
    _is_known: bool = False
    """Whether the shared document may hold something of this holder."""

    def take_permits(self, wanted: int) -> Grant:
        """Ask for up to `wanted` permits; reports what was answered since the last time."""
        self._is_known = True
        untold = self._answered, self._outcomes, self._unused, self._limits
        try:
            with locked_document(self.account) as doc:
                now = shared_now()
                self._report_answers(doc, now)
                grant = self._grant_permits(doc, wanted, now)
                if grant.permits:
                    window.take_off(doc, self.holder, grant.permits, now)
                return grant
        except DocumentAway:
            self._answered, self._outcomes, self._unused, self._limits = untold
            return Grant(0, AWAY_SECONDS, "away")

    def note_answer(self, limits: Limits, at: float | None = None, outcome: str = "ok") -> None:
        """Note that a granted call came back, now or at `at` (seconds since 1970), and what came of it in a word.

        Written to the shared document with the next `take` or `close`.
        """
        # Collected here, because every change of the shared document is a transaction of its own.
        self._answered.append(time.time() if at is None else at)
        self._outcomes[outcome] += 1
        if limits != Limits():
            self._limits = limits

    def give_back(self, permits: int) -> None:
        """Nothing is sent with these permits. Written to the shared document with the next `take` or `close`."""
        self._unused += permits

    def note_refusal(self, wait: float) -> None:
        """The provider said no: nobody calls this account for `wait` seconds."""
        with suppress(DocumentAway), locked_document(self.account) as doc:
            doc["blocked"] = max(doc.get("blocked", 0.0), shared_now() + wait)
            doc["why"] = "limit"

    def close(self) -> None:
        """Give back all that was granted and not used, and wait no more."""
        if not self._is_known:
            return
        # What it holds of this holder goes out of it by itself after a while.
        with suppress(DocumentAway), locked_document(self.account) as doc:
            self._report_answers(doc, shared_now())
            doc.get("flying", {}).pop(self.holder, None)
            shares.leave_line(doc, self.holder)

    def _grant_permits(self, doc: Document, wanted: int, now: float) -> Grant:
        asker, limit = shares.Asker(self.holder, self.purpose), window.allowed_rate(doc, self.rate)
        shares.stand_in_line(doc, asker, limit, wanted, now)
        if doc.get("blocked", 0) > now:
            return Grant(0, doc["blocked"] - now, doc.get("why", "limit"))
        if day.is_kept_from(doc, self.purpose, now):
            return Grant(0, day.next_day(now) - now, "daily_reserve")
        share = shares.allot_share(doc, asker, limit, now)
        return Grant(share.permits, share.wait, "" if share.permits else "limit")

    def _report_answers(self, doc: Document, now: float) -> None:
        window.drop_expired(doc, self.rate, now)
        shares.drop_expired(doc, self.rate.seconds, now)
        if self._unused:
            window.give_back(doc, self.holder, self._unused)
            self._unused = 0
        if self._answered:
            # Noted by this host's clock, which costs nothing.
            ahead = now - time.time()
            answered = sorted(at + ahead for at in self._answered)
            window.mark_answered(doc, self.holder, answered, now)
            day.count_calls(doc, answered, now)
            doc["outcomes"] = dict(Counter(doc.get("outcomes", {})) + self._outcomes)
            self._answered, self._outcomes = [], Counter()
        window.apply_limits(doc, self.rate, self._limits, now)
        if self._limits.daily_remaining is not None:
            day.note_left(doc, self._limits.daily_remaining, now)
        self._limits = Limits()


def budget_for(provider: str, account: str, purpose: str = "backfill") -> Budget:
    """The budget of an account, with the configured rate of its provider."""
    rate = settings.GHL_RATE if provider == "ghl" else settings.GIST_RATE
    return Budget(account, Rate.parse(rate), purpose=purpose)
