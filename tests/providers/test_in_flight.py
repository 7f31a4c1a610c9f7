"""Calls in flight: the wire goes on while results are put on record, and what is queued can be stopped."""

import threading
import time
from collections import Counter

import pytest

from integration import errors
from integration.providers.budgets import Rate
from integration.providers.ghl import contacts
from integration.providers.http import Answered, Attempt, Limits
from integration.providers.in_flight import DEEPEST, CallThreads, InFlight
from tests.providers.test_exchange import OK, Login, Script, exchange

pytestmark = pytest.mark.django_db


class Wire(Script):
    """Answers by the contact's number. `held` numbers are answered once the test lets them go."""

    def __init__(self, answers=None, held=()):
        super().__init__(OK)
        self.by_number, self.held, self.free = answers or {}, held, threading.Event()
        self.begun, self.ended = [], []
        self.lock = threading.Lock()

    def try_once(self, call, authorization):
        number = call.path.rpartition("/")[2] or call.body["firstName"]
        with self.lock:
            self.begun.append((number, authorization))
        if number in self.held:
            assert self.free.wait(20)
        time.sleep(0.005)
        with self.lock:
            error = self.by_number.get(number, []) and self.by_number[number].pop(0)
            self.ended.append(number)
        attempt = Attempt(call.operation.key, call.operation.method, call.path, milliseconds=10)
        return Answered(attempt, Limits(), error=error) if error else Answered(attempt, Limits(), value=OK)

    @property
    def sent(self):
        return Counter(number for number, _ in self.begun)

    @sent.setter
    def sent(self, _):
        """Counted from what begun."""


def flying(answers=None, held=(), absence=0.0, **options):
    """An exchange whose results are put on record slowly, and its wire."""
    speak, _ = exchange(**options)
    wire = speak.sessions["ghl"].wire = Wire(answers, held)
    speak._threads.absence, speak._threads.call_seconds = absence, 0.01
    return speak, wire


def read(number):
    return (yield contacts.GET(contact_id=str(number)))


def create(number):
    return (yield contacts.CREATE(body={"locationId": "l", "firstName": str(number)}))


def many(steps, count):
    return ((str(number), steps(number)) for number in range(count))


def wait_for(holds):
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_calls_go_on_while_results_are_put_on_record():
    threads, begun = CallThreads(4), []
    flying, answered = InFlight(threads), Answered(Attempt("", "GET", "/", milliseconds=10), Limits(), value=OK)

    def send(number):
        begun.append(number)
        return answered

    for number in range(12):
        flying.add(number, lambda number=number: send(number))
    # Nobody looks for an answer meanwhile.
    wait_for(lambda: len(begun) == 12)
    assert {task for _ in range(12) for task, _ in flying.take_answers(1)} == set(range(12))
    threads.close()


def test_each_call_is_sent_once_however_long_results_take_to_record():
    speak, wire = flying(concurrency=4)
    for number, _ in enumerate(speak.run(many(read, 100))):
        if number in (10, 40):
            time.sleep(0.1)
    assert set(wire.sent.values()) == {1}
    assert len(wire.begun) == 100


def test_no_more_is_queued_than_the_threads_get_through_meanwhile():
    threads = CallThreads(16)
    assert threads.depth == 16
    threads.note_call(0.2)
    threads.note_absence(0.1)
    assert threads.depth == 24
    threads.note_absence(60)
    assert threads.depth == 16 * DEEPEST
    for _ in range(2_000):
        threads.note_absence(0)
    assert threads.depth == 16


def test_queued_calls_keep_within_the_permits():
    speak, wire = flying(concurrency=4, absence=1, rate=Rate(10, 60), patience=5)
    results = []
    with pytest.raises(errors.RateLimited):
        results.extend(iter_into(speak.run(many(read, 30)), results))
    assert 0 < len(wire.begun) == len(results) <= 10


def iter_into(run, results):
    for result in run:
        results.append(result)
    return []


def test_a_limit_stops_what_is_queued():
    speak, wire = flying({"0": [errors.RateLimited("slow", wait=0.3)]}, held="1", concurrency=1, absence=1)
    refused, begun_when_blocked = [], []
    budget = speak.sessions["ghl"].budget
    real = budget.note_refusal
    budget.note_refusal = lambda wait: (refused.append(wait), real(wait))

    def on_tick():
        if refused and not wire.free.is_set():
            begun_when_blocked.append(len(wire.begun))
            wire.free.set()

    speak.on_tick = on_tick
    results = list(speak.run(many(read, 4)))
    assert begun_when_blocked[0] <= 2
    assert len(results) == 4
    assert wire.sent == Counter({"0": 2, "1": 1, "2": 1, "3": 1})
    assert speak.made["ghl"] == 5


def test_permits_of_what_was_stopped_are_given_back():
    speak, _ = flying({"0": [errors.RateLimited("slow", wait=0.1)]}, concurrency=1, absence=1, rate=Rate(6, 60))
    assert len(list(speak.run(many(read, 4)))) == 4  # With the refused one five calls, of six.
    assert speak.send(contacts.GET(contact_id="5")) is OK


def test_a_renewed_login_is_used_for_what_is_queued():
    login = Login("old", "new")
    speak, wire = flying({"0": [errors.TokenExpired("old")]}, held="1", concurrency=1, absence=1, login=login)
    speak.on_tick = lambda: wire.free.set() if login.tokens == ["new"] else None
    assert len(list(speak.run(many(read, 4)))) == 4
    assert {number for number, token in wire.begun if token == "old"} <= {"0", "1"}
    assert [token for number, token in wire.begun if number in "23"] == ["new", "new"]


def test_nothing_is_sent_twice_and_what_was_stopped_counts_as_not_sent():
    answers = {"3": [errors.RateLimited("slow", wait=0.05)], "9": [errors.TokenExpired("old")]}
    speak, wire = flying(answers, concurrency=2, absence=1, login=Login("old", "new"))
    noted = Counter()
    speak.on_unrepeatable = lambda key: noted.update([key])
    speak.on_refused = lambda key: noted.subtract([key])
    assert not any(result.error for result in speak.run(many(create, 20)))
    assert wire.sent == Counter({str(number): 1 + (number in (3, 9)) for number in range(20)})
    assert set(noted.values()) == {1}
    assert speak.made["ghl"] == 22


def test_who_stops_listening_waits_for_what_is_under_way_and_nothing_else_is_sent():
    speak, wire = flying(held="1", concurrency=2, absence=1)
    noted = Counter()
    speak.on_unrepeatable = lambda key: noted.update([key])
    speak.on_refused = lambda key: noted.subtract([key])
    run = speak.run(many(create, 30))
    next(run)
    wait_for(lambda: "1" in wire.sent)
    threading.Timer(0.05, wire.free.set).start()
    run.close()
    begun = len(wire.begun)
    assert len(wire.ended) == begun < 30
    assert +noted == wire.sent
    speak.close()
    assert len(wire.begun) == begun


def test_a_broken_login_ends_the_round_with_what_is_under_way():
    speak, wire = flying({"0": [errors.TokenExpired("old")]}, held="1", concurrency=2, absence=1)
    wire.by_number["2"] = [errors.TokenExpired("old")]
    ended = []
    speak.on_tick = lambda: wire.free.set() if wire.ended else None
    with pytest.raises(errors.ReconnectRequired):
        iter_into(speak.run(many(read, 30)), ended)
    assert len(wire.begun) < 30
    assert {result.key for result in ended} == set(wire.ended) - {"0", "2"}


def test_withdrawn_calls_keep_their_order():
    threads, free = CallThreads(1), threading.Event()
    flying: InFlight[int] = InFlight(threads)
    for number in range(4):
        flying.add(number, lambda: (free.wait(20), Answered(Attempt("a", "GET", "/"), Limits()))[1])
    wait_for(lambda: len(threads._pool._threads) == 1 and threads._pool._work_queue.qsize() == 3)
    assert flying.withdraw_queued() == [1, 2, 3]
    free.set()
    assert [task for task, _ in flying.take_answers(20)] == [0]
    threads.close()
