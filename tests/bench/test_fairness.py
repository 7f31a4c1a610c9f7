"""B10: twenty links on one account, one of them backfilling; simulated, so that minutes pass in seconds."""

import random
from statistics import fmean, quantiles

import pytest

from integration.providers.budgets import Rate
from tests.fairness import jain
from tests.providers.simulated import Account, Worker

pytestmark = pytest.mark.bench

LINKS, SECONDS, BEGINS = 19, 600, 30
EVENTS_PER_SECOND = 0.2
"""Of each link: together a little less than four of the ten calls a second that the account has."""


def test_b10_one_backfill_does_not_make_the_live_events_of_some_links_wait(table):
    account, chance = Account(Rate(100, 10)), random.Random(10)
    Worker(account, "backfill", "backfill").want(100_000, after=BEGINS)
    links = [Worker(account, f"live-{number}", "live") for number in range(LINKS)]
    for link in links:
        at = chance.expovariate(EVENTS_PER_SECOND)
        while at < SECONDS:
            link.want(1, after=at)
            at += chance.expovariate(EVENTS_PER_SECOND)
    account.run(SECONDS)
    fairness = jain([fmean(link.waited) for link in links])
    p95 = quantiles([seconds for link in links for seconds in link.waited], n=20)[-1]
    begun = account.now - SECONDS + BEGINS
    used = sum(at > begun for at, _ in account.arrived) / (
        account.rate.calls / account.rate.seconds * (SECONDS - BEGINS)
    )
    broken = max(0, account.busiest_window() - account.rate.calls)
    measured = f"{fairness:.4f} (p95 {p95:.2f} s a call; {used:.2f} of the allowance used; {broken} over it)"
    table.add("B10 fairness index of live events, 20 links, one backfilling", measured, "≥ 0.99", fairness >= 0.99)
