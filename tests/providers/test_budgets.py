"""Budgets: the allowance is used up and never broken, over all processes, corrected by what the provider says."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.providers import budgets
from integration.providers.budgets import PURPOSES, Budget, Forecast, Rate, daily_remaining, forecast_day
from integration.providers.http import Limits
from tests.fairness import jain
from tests.providers.simulated import Account, Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    now = [1_000_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    return now


@pytest.fixture
def two_workers(clock):
    account = f"ghl:test:{uuid.uuid4()}"
    return Budget(account, Rate(10, 10), "one"), Budget(account, Rate(10, 10), "two")


def test_two_workers_share_one_allowance(two_workers):
    one, two = two_workers
    assert one.take_permits(7).permits + two.take_permits(7).permits == 10
    assert two.take_permits(1).permits == 0


def test_a_call_counts_for_a_whole_window_after_its_answer(two_workers, clock):
    one, two = two_workers
    one.take_permits(10)
    clock[0] += 5  # The answers took five seconds.
    for _ in range(10):
        one.note_answer(Limits())
    one.close()
    clock[0] += 9.9
    refused = two.take_permits(1)
    assert refused.permits == 0
    assert refused.wait == pytest.approx(0.1, abs=0.02)
    clock[0] += 0.2
    assert two.take_permits(1).permits == 1


def test_what_is_not_used_is_given_back(two_workers):
    one, two = two_workers
    one.take_permits(10)
    one.close()
    assert two.take_permits(10).permits == 10


def test_nobody_calls_while_the_provider_asked_to_wait(two_workers, clock):
    one, two = two_workers
    one.note_refusal(4)
    assert two.take_permits(1).wait == pytest.approx(4)
    clock[0] += 4.1
    assert two.take_permits(1).permits == 1


def test_calls_made_by_others_are_learned_from_the_headers(two_workers):
    one, _ = two_workers
    one.take_permits(1)
    one.note_answer(Limits(maximum=10, remaining=2))
    assert one.take_permits(10).permits == 2


def test_a_lower_limit_of_the_provider_is_believed(two_workers):
    one, _ = two_workers
    one.take_permits(1)
    one.note_answer(Limits(maximum=4, remaining=3))
    assert one.take_permits(10).permits == 3


def test_a_used_up_day_waits_for_the_next_one(two_workers):
    one, two = two_workers
    one.take_permits(1)
    one.note_answer(Limits(daily_remaining=0))
    refused = one.take_permits(1)
    assert refused.reason == "daily"
    assert 0 < refused.wait <= 86_400
    assert two.take_permits(1).reason == "daily"


def test_permits_of_a_worker_that_died_return_after_a_while(two_workers, clock):
    one, two = two_workers
    one.take_permits(10)
    clock[0] += budgets.FLYING_EXPIRES + 1
    assert two.take_permits(10).permits == 10


# Purposes -----------------------------------------------------------------------------------------------


@pytest.fixture
def asks(clock):
    """One budget per purpose, of an account with 100 calls in ten seconds."""
    account = f"ghl:test:{uuid.uuid4()}"
    return {purpose: Budget(account, Rate(100, 10), purpose, purpose) for purpose in PURPOSES}


def test_a_backfill_alone_leaves_one_call_in_a_hundred_for_whoever_comes(asks):
    assert asks["backfill"].take_permits(200).permits == 99
    assert asks["person"].take_permits(1).permits == 1


def test_more_is_kept_for_persons_and_live_events_while_they_are_there(asks, clock):
    asks["person"].take_permits(1)
    asks["live"].take_permits(1)
    for _ in range(100):
        clock[0] += 0.1
        asks["backfill"].take_permits(200)
    assert asks["backfill"].take_permits(200).permits == 0
    assert asks["person"].take_permits(10).permits == 10


def test_while_a_person_is_there_a_backfill_spreads_its_calls_over_the_window(asks, clock):
    asks["person"].take_permits(1)
    assert asks["backfill"].take_permits(200).permits == 9
    assert asks["backfill"].take_permits(200).wait == pytest.approx(0.1, abs=0.01)
    clock[0] += 1
    assert asks["backfill"].take_permits(200).permits == 10


def test_when_nobody_else_asked_for_a_window_the_backfill_has_it_again(asks, clock):
    asks["live"].take_permits(1)
    asks["live"].close()
    clock[0] += 10.1
    assert asks["backfill"].take_permits(200).permits == 99


@pytest.mark.parametrize("place", range(1, len(PURPOSES)))
def test_a_lower_purpose_stands_back_until_the_higher_one_is_served(asks, clock, place):
    higher, lower = asks[PURPOSES[place - 1]], asks[PURPOSES[place]]
    higher.rate = lower.rate = Rate(1, 10)
    higher.note_refusal(1)
    assert higher.take_permits(1).permits == 0
    clock[0] += 1.1
    assert lower.take_permits(1).permits == 0
    assert higher.take_permits(1).permits == 1


def test_who_gave_up_waiting_holds_nobody_back(asks, clock):
    asks["backfill"].take_permits(99)
    asks["person"].take_permits(40)
    asks["backfill"].close()
    asks["person"].close()
    clock[0] += 10.1
    assert asks["backfill"].take_permits(99).permits == 99


def test_who_died_waiting_holds_others_back_for_a_moment_only(asks, clock):
    asks["retry"].note_refusal(1)
    asks["retry"].take_permits(100)
    clock[0] += 1.1
    assert asks["backfill"].take_permits(10).permits == 0
    clock[0] += 2
    assert asks["backfill"].take_permits(10).permits == 10


def test_a_sweep_gets_a_twentieth_of_each_window(asks, clock):
    assert asks["sweep"].take_permits(50).permits == 5
    clock[0] += 4
    refused = asks["sweep"].take_permits(50)
    assert (refused.permits, refused.wait) == (0, pytest.approx(6))
    assert asks["backfill"].take_permits(50).permits == 50
    clock[0] += 6.1
    assert asks["sweep"].take_permits(50).permits == 5


def test_what_is_free_is_shared_evenly_among_those_who_wait(clock):
    account = f"ghl:test:{uuid.uuid4()}"
    one, two, three = (Budget(account, Rate(30, 10), name) for name in ("one", "two", "three"))
    one.take_permits(30)
    assert two.take_permits(30).permits == three.take_permits(30).permits == 0
    one.close()
    assert two.take_permits(30).permits == 15
    assert two.take_permits(15).permits == 0
    assert three.take_permits(30).permits == 15


# Simulated: many workers, one account --------------------------------------------------------------------

WORKERS = st.lists(
    st.tuples(st.sampled_from(PURPOSES), st.integers(1, 60), st.floats(0, 25), st.floats(0.01, 3)),
    min_size=1,
    max_size=8,
)
RATES = st.sampled_from([Rate(1, 1), Rate(3, 2), Rate(10, 10), Rate(20, 5), Rate(100, 10), Rate(250, 10)])


@settings(max_examples=40, deadline=None)
@given(rate=RATES, workers=WORKERS)
def test_whatever_the_mix_no_window_of_the_provider_sees_more_and_everybody_is_served(rate, workers):
    account = Account(rate)
    for number, (purpose, calls, after, call_seconds) in enumerate(workers):
        Worker(account, str(number), purpose, call_seconds).want(calls, after)
    account.run(5_000)
    assert account.busiest_window() <= rate.calls
    assert len(account.arrived) == sum(calls for _, calls, *_ in workers)


def test_a_backfill_alone_uses_the_allowance():
    account = Account(Rate(100, 10))
    Worker(account, "backfill", "backfill").want(5_000)
    account.run(300)
    assert len(account.arrived) >= 0.96 * 100 * 30


@pytest.mark.parametrize("purpose", ["live", "retry", "backfill"])
def test_links_with_the_same_purpose_are_served_alike(purpose):
    account = Account(Rate(100, 10))
    for number in range(7):
        Worker(account, str(number), purpose, 0.1 * (number + 1)).want(5_000)
    account.run(120)
    sent = [account.sent(str(number)) for number in range(7)]
    assert jain(sent) > 0.99
    assert sum(sent) >= 0.85 * 100 * 12


def test_live_events_do_not_notice_a_backfill():
    account = Account(Rate(100, 10))
    live = Worker(account, "live", "live")
    for number in range(300):
        live.want(1, after=number / 3)
    Worker(account, "backfill", "backfill").want(50_000, after=5)
    account.run(110)
    assert len(live.waited) == 300
    assert max(live.waited) < 0.3
    assert account.sent("backfill") >= 0.85 * (100 * 10 - 300)


def test_one_event_after_a_silence_does_not_notice_a_backfill_either():
    account = Account(Rate(100, 10))
    Worker(account, "backfill", "backfill").want(50_000)
    live = Worker(account, "live", "live")
    for number in range(6):
        live.want(1, after=33 + 17 * number)
    account.run(130)
    assert max(live.waited) < 0.3


# The day -------------------------------------------------------------------------------------------------


def a_day(asks, *left):
    for figure in left:
        asks["live"].take_permits(1)
        asks["live"].note_answer(Limits(daily_remaining=figure))
    asks["live"].close()


@pytest.mark.parametrize("purpose", ["sweep", "backfill"])
def test_the_last_tenth_of_the_day_is_not_for_the_patient(asks, purpose):
    a_day(asks, 200_000, 19_999)
    refused = asks[purpose].take_permits(1)
    assert (refused.permits, refused.reason) == (0, "daily_reserve")
    assert 0 < refused.wait <= 86_400


@pytest.mark.parametrize("purpose", ["person", "live", "retry"])
def test_the_last_tenth_of_the_day_is_for_the_others(asks, purpose):
    a_day(asks, 200_000, 19_999)
    assert asks[purpose].take_permits(1).permits == 1


def test_a_new_day_is_whole_again(asks, clock):
    a_day(asks, 200_000, 19_999)
    clock[0] += asks["backfill"].take_permits(1).wait + 1
    assert asks["backfill"].take_permits(1).permits == 1
    assert daily_remaining(asks["live"].account) is None


def test_the_forecast_follows_the_pace_of_the_last_hour(asks, clock):
    live = asks["live"]
    for _ in range(6):
        live.take_permits(10)
        for _ in range(10):
            live.note_answer(Limits(daily_remaining=30))
        clock[0] += 300
    live.close()
    told = forecast_day(live.account)
    assert told.left_today == 30
    assert told.per_hour == pytest.approx(120, rel=0.2)
    hours = timedelta(hours=30 / told.per_hour)
    assert abs(told.runs_out_at - datetime.fromtimestamp(clock[0], UTC) - hours) < timedelta(minutes=1)


def test_a_day_that_lasts_does_not_run_out(asks):
    a_day(asks, 190_000)
    assert forecast_day(asks["live"].account) == Forecast(190_000, 12, None, 190_000)


def test_an_account_nobody_called_has_no_forecast(asks):
    assert forecast_day(asks["live"].account) == Forecast(None, 0, None)


def test_the_document_stays_small(asks, clock):
    for number in range(300):
        asks[PURPOSES[number % 5]].take_permits(3)
        for _ in range(3):
            asks[PURPOSES[number % 5]].note_answer(Limits(maximum=100, remaining=50, daily_remaining=1_000))
        clock[0] += 0.3
    with budgets.document.locked_document(asks["live"].account) as doc:
        assert len(str(doc)) < 8_000
