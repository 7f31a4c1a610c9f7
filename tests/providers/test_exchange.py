"""The exchange: many tasks at once, again where it helps, never twice unknowingly."""

import threading
import uuid

import pytest

from integration import errors
from integration.providers import exchange as exchange_module
from integration.providers.budgets import Budget, Rate
from integration.providers.exchange import Exchange, Session
from integration.providers.ghl import contacts
from integration.providers.http import Answered, Attempt, Limits
from integration.providers.lost_answers import look_before_resend
from integration.providers.operations import Schema

pytestmark = pytest.mark.django_db


class Script:
    """A wire that answers each call with what the test put in its script, the last one for ever."""

    provider, name = "ghl", "GHL"

    def __init__(self, *answers, together=1):
        """The first `together` calls are answered once all of them are under way."""
        self.answers, self.sent = list(answers), []
        self.together = threading.Barrier(together)

    def try_once(self, call, authorization):
        self.sent.append((str(call), authorization))
        if len(self.sent) <= self.together.parties:
            self.together.wait(20)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        attempt = Attempt(call.operation.key, call.operation.method, call.path)
        if isinstance(answer, Exception):
            return Answered(attempt, Limits(), error=answer)
        return Answered(attempt, Limits(), value=answer)


class Login:
    def __init__(self, *tokens):
        self.tokens = list(tokens) or ["first"]

    def header(self):
        return self.tokens[0]

    def renew(self, refused):
        if len(self.tokens) == 1:
            raise errors.ReconnectRequired("refused for good", provider="ghl")
        self.tokens.pop(0)
        return self.tokens[0]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(exchange_module.random, "uniform", lambda low, high: 0.0)


def exchange(*answers, login=None, rate=Rate(1000, 1), together=1, **options):  # noqa: B008
    wire = Script(*answers, together=together)
    budget = Budget(f"ghl:test:{uuid.uuid4()}", rate)
    made = Exchange({"ghl": Session(wire, login or Login(), budget)}, **options)
    return made, wire


OK = Schema(done=True)
READ = contacts.GET(contact_id="1")
CREATE = contacts.CREATE(body={"locationId": "l"})


def test_a_passing_failure_is_tried_again():
    speak, wire = exchange(errors.Retryable("busy"), errors.LostAnswer("lost"), OK)
    assert speak.send(READ) is OK
    assert len(wire.sent) == 3


def test_what_never_passes_is_given_up_with_its_error():
    speak, wire = exchange(errors.Retryable("busy"))
    with pytest.raises(errors.Retryable):
        speak.send(READ)
    assert len(wire.sent) == exchange_module.TRIES


def test_a_refusal_is_not_tried_again():
    speak, wire = exchange(errors.Rejected("no"))
    with pytest.raises(errors.Rejected):
        speak.send(READ)
    assert len(wire.sent) == 1


def test_a_limit_is_waited_for_and_the_call_is_sent_again():
    speak, wire = exchange(errors.RateLimited("slow down", wait=0.05), OK)
    assert speak.send(READ) is OK
    assert len(wire.sent) == 2


def test_an_expired_token_is_renewed_once():
    speak, wire = exchange(errors.TokenExpired("old"), OK, login=Login("old", "new"))
    assert speak.send(READ) is OK
    assert [token for _, token in wire.sent] == ["old", "new"]


def test_a_login_that_cannot_be_renewed_stops_everything():
    speak, _ = exchange(errors.TokenExpired("old"))
    with pytest.raises(errors.ReconnectRequired):
        list(speak.run([(n, _read()) for n in range(3)]))


def test_what_was_carried_out_while_a_login_broke_is_still_told():
    speak, wire = exchange(errors.TokenExpired("old"), OK, concurrency=4, together=4)
    results = []
    with pytest.raises(errors.ReconnectRequired):
        results.extend(_told(speak.run((n, _read()) for n in range(4)), results))
    assert len(wire.sent) == 4
    assert [result.value for result in results] == [OK, OK, OK]


def test_what_was_carried_out_while_a_login_could_not_be_renewed_is_still_told():
    login = Login("old")
    login.renew = lambda refused: (_ for _ in ()).throw(errors.Retryable("busy"))
    speak, _ = exchange(errors.TokenExpired("old"), OK, login=login, concurrency=4, together=4)
    results = []
    with pytest.raises(errors.Retryable, match="busy"):
        _told(speak.run((n, _read()) for n in range(4)), results)
    assert [result.value for result in results] == [OK, OK, OK]


def _told(run, results):
    for result in run:
        results.append(result)
    return []


def test_a_lost_create_is_not_sent_again_before_somebody_looked():
    speak, wire = exchange(errors.LostAnswer("lost"), OK)
    with pytest.raises(errors.LostAnswer):
        speak.send(CREATE)
    assert len(wire.sent) == 1


def test_a_create_that_was_carried_out_is_found_and_not_sent_again():
    found = Schema(found=True)
    speak, wire = exchange(errors.LostAnswer("lost"), found)
    assert speak.carry_out(look_before_resend(CREATE, _read)) is found
    assert [call for call, _ in wire.sent] == ["POST /contacts/", "GET /contacts/1"]


def test_a_create_that_was_not_carried_out_is_sent_again():
    speak, wire = exchange(errors.LostAnswer("lost"), OK)
    assert speak.carry_out(look_before_resend(CREATE, _nothing)) is OK
    assert len(wire.sent) == 2


def test_one_failing_task_does_not_stop_the_others():
    speak, _ = exchange(errors.Rejected("no"), OK)
    results = {result.key: result for result in speak.run((n, _read()) for n in range(3))}
    assert sorted(result.error is None for result in results.values()) == [False, True, True]


def test_a_page_hears_that_the_budget_is_used_up_instead_of_waiting():
    speak, _ = exchange(OK, rate=Rate(1, 60), patience=1)
    speak.send(READ)
    with pytest.raises(errors.RateLimited, match="limit is reached"):
        speak.send(READ)


def test_calls_are_counted_with_every_try():
    speak, _ = exchange(errors.Retryable("busy"), OK)
    speak.send(READ)
    assert speak.made["ghl"] == 2


def _read():
    return (yield READ)


def _nothing():
    return None
    yield
