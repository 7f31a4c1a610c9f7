"""A limit on the time of all that is asked for one person: nothing is sent after it, nothing sent is forgotten."""

import time

import pytest

from integration import errors
from integration.providers.budgets import Rate
from integration.providers.exchange import Exchange
from integration.providers.lost_answers import look_before_resend
from integration.providers.time_limit import NO_LIMIT, current_limit, limit_time
from tests.providers.test_exchange import CREATE, OK, READ, Script, exchange

pytestmark = pytest.mark.django_db


class SlowScript(Script):
    """Answers after `seconds`, whatever time-out it is given."""

    title, timeout, seconds = "Alder GHL: GHL", 30.0, 0.0

    def try_once(self, call, authorization, timeout):
        self.timeouts = [*getattr(self, "timeouts", ()), timeout]
        time.sleep(self.seconds)
        return super().try_once(call, authorization)


def limited(*answers, seconds=0.0, **options) -> tuple[Exchange, SlowScript]:
    """To be called under a limit."""
    made, _ = exchange(*answers, **options)
    wire = SlowScript(*answers)
    wire.seconds = seconds
    made.sessions["ghl"].wire = wire
    return made, wire


def test_a_call_is_given_no_more_than_what_is_left():
    with limit_time(5.0):
        speak, wire = limited(OK)
        speak.send(READ)
    assert 0 < wire.timeouts[0] <= 5.0


def test_several_exchanges_share_the_time():
    with limit_time(0.1):
        time.sleep(0.11)
        speak, wire = limited(OK)
        with pytest.raises(errors.Retryable, match=r"Alder GHL: GHL did not answer within 0\.1 s\."):
            speak.send(READ)
    assert wire.sent == []
    assert current_limit() is NO_LIMIT


def test_what_was_sent_in_time_is_taken_in_however_late_its_answer_comes():
    with limit_time(0.1):
        speak, wire = limited(OK, seconds=0.3)
        assert speak.send(CREATE) is OK
    assert len(wire.sent) == 1


def test_after_the_time_no_further_call_of_a_task_is_sent():
    def two_calls():
        yield READ
        yield READ

    with limit_time(0.1):
        speak, wire = limited(OK, seconds=0.2)
        with pytest.raises(errors.Retryable, match="did not answer within"):
            speak.carry_out(two_calls())
    assert len(wire.sent) == 1


def test_a_try_that_would_come_too_late_leaves_the_answer_that_was_given(monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.FIRST_PAUSE", 1.0)
    with limit_time(0.3):
        speak, wire = limited(errors.Retryable("GHL answered 503"))
        with pytest.raises(errors.Retryable, match="GHL answered 503"):
            speak.send(READ)
    assert len(wire.sent) == 1


def test_a_budget_that_is_used_up_for_longer_is_said_at_once():
    with limit_time(5.0):
        speak, _ = limited(OK, rate=Rate(1, 60))
        speak.send(READ)
        with pytest.raises(errors.RateLimited, match="takes no more calls"):
            speak.send(READ)


def test_a_create_whose_answer_was_lost_stays_uncertain_when_nobody_can_look():
    def look():
        yield READ

    with limit_time(0.2):
        speak, wire = limited(errors.LostAnswer("GHL did not answer in time."), seconds=0.3)
        with pytest.raises(errors.LostAnswer):
            speak.carry_out(look_before_resend(CREATE, look))
    assert len(wire.sent) == 1
