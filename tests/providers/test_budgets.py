"""Budgets: the allowance is used up and never broken, over all processes, corrected by what the provider says."""

import uuid

import pytest

from integration.providers import budgets
from integration.providers.budgets import Budget, Rate
from integration.providers.http import Limits

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    now = [1_000_000.0]
    monkeypatch.setattr(budgets.time, "time", lambda: now[0])
    return now


@pytest.fixture
def two_workers(clock):
    account = f"ghl:test:{uuid.uuid4()}"
    return Budget(account, Rate(10, 10), "one"), Budget(account, Rate(10, 10), "two")


def test_two_workers_share_one_allowance(two_workers):
    one, two = two_workers
    assert one.take(7).permits + two.take(7).permits == 10
    assert two.take(1).permits == 0


def test_a_call_counts_for_a_whole_window_after_its_answer(two_workers, clock):
    one, two = two_workers
    one.take(10)
    clock[0] += 5  # The answers took five seconds.
    for _ in range(10):
        one.answered(Limits())
    one.close()
    clock[0] += 9.9
    refused = two.take(1)
    assert refused.permits == 0
    assert refused.wait == pytest.approx(0.1, abs=0.02)
    clock[0] += 0.2
    assert two.take(1).permits == 1


def test_what_is_not_used_is_given_back(two_workers):
    one, two = two_workers
    one.take(10)
    one.close()
    assert two.take(10).permits == 10


def test_nobody_calls_while_the_provider_asked_to_wait(two_workers, clock):
    one, two = two_workers
    one.refused(4)
    assert two.take(1).wait == pytest.approx(4)
    clock[0] += 4.1
    assert two.take(1).permits == 1


def test_calls_made_by_others_are_learned_from_the_headers(two_workers):
    one, _ = two_workers
    one.take(1)
    one.answered(Limits(maximum=10, remaining=2))
    assert one.take(10).permits == 2


def test_a_lower_limit_of_the_provider_is_believed(two_workers):
    one, _ = two_workers
    one.take(1)
    one.answered(Limits(maximum=4, remaining=3))
    assert one.take(10).permits == 3


def test_a_used_up_day_waits_for_the_next_one(two_workers):
    one, two = two_workers
    one.take(1)
    one.answered(Limits(daily_remaining=0))
    refused = one.take(1)
    assert refused.reason == "daily"
    assert 0 < refused.wait <= 86_400
    assert two.take(1).reason == "daily"


def test_permits_of_a_worker_that_died_return_after_a_while(two_workers, clock):
    one, two = two_workers
    one.take(10)
    clock[0] += budgets.FLYING_EXPIRES + 1
    assert two.take(10).permits == 10
