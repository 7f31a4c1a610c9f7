"""Requests that wait for Gist or GHL: how many at once, for how long, and what becomes of the work after that."""

import threading

import pytest

from dashboard.live import commands, threads
from dashboard.live.threads import TooManyWaiting, wait_for_reading
from integration.errors import Rejected, Retryable
from integration.providers.time_limit import NO_LIMIT, current_limit

SUBMIT = threads.submit


@pytest.fixture(autouse=True)
def real_threads(monkeypatch, settings):
    """No database in them: they would not see what a test has not committed."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    monkeypatch.setattr(threads, "submit", SUBMIT)


@pytest.fixture
def gate():
    """Work that waits until it is opened; it is opened at the end, so that no thread is left."""
    opened = threading.Event()
    yield opened
    opened.set()


def wait_less(monkeypatch):
    monkeypatch.setattr(threads, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(threads, "READ_SECONDS", 0.05)
    monkeypatch.setattr(threads, "COMMAND_WAIT_SECONDS", 0.05)


def test_the_answer_and_the_error_of_the_work_are_those_of_the_request():
    assert wait_for_reading(lambda: 42) == 42
    with pytest.raises(Rejected, match="no such person"):
        wait_for_reading(lambda: (_ for _ in ()).throw(Rejected("no such person")))


def test_the_work_stands_under_the_time_limit_and_the_request_does_not():
    assert wait_for_reading(lambda: current_limit().seconds) == threads.READ_SECONDS
    assert current_limit() is NO_LIMIT


def test_a_request_is_answered_in_time_whatever_the_work_does(monkeypatch, gate):
    wait_less(monkeypatch)
    with pytest.raises(Retryable, match="There was no answer within"):
        wait_for_reading(gate.wait)


def test_one_more_than_half_of_the_web_threads_is_told_at_once_that_nothing_was_begun(gate):
    begun = threading.Barrier(threads.MOST_WAITING + 1)
    people = [
        threading.Thread(target=wait_for_reading, args=(lambda: (begun.wait(10), gate.wait(10)),))
        for _ in range(threads.MOST_WAITING)
    ]
    for one in people:
        one.start()
    begun.wait(10)
    asked = []
    with pytest.raises(TooManyWaiting, match="8 requests wait for Gist or GHL already"):
        wait_for_reading(lambda: asked.append(1))
    gate.set()
    for one in people:
        one.join()
    assert asked == []
    assert wait_for_reading(lambda: "room again") == "room again"


def test_work_that_no_thread_took_up_is_withdrawn_and_never_begins(monkeypatch, gate):
    wait_less(monkeypatch)
    monkeypatch.setattr(threads, "_threads", threads.ThreadPoolExecutor(1))
    with pytest.raises(Retryable):
        wait_for_reading(gate.wait)
    written = []
    with pytest.raises(TooManyWaiting, match="Nothing was sent"):
        threads.begin_command(lambda: written.append(1))
    gate.set()
    threads._threads.shutdown(wait=True)
    assert written == []


def test_a_command_that_takes_long_goes_on_and_its_result_is_kept(monkeypatch, gate):
    wait_less(monkeypatch)
    result = commands.run_command(lambda: gate.wait(10) and "The task was added.")
    assert (result.done, result.problem) == ("", "")
    assert commands.find_command(result.token).sentence == ""
    gate.set()
    await_result(result.token)
    assert commands.find_command(result.token).done == "The task was added."


def test_what_a_slow_command_was_refused_for_is_kept_too(monkeypatch, gate):
    wait_less(monkeypatch)

    def refuse():
        gate.wait(10)
        raise Rejected("GHL refused it.")

    result = commands.run_command(refuse)
    gate.set()
    await_result(result.token)
    assert commands.find_command(result.token).problem == "GHL refused it."


def await_result(token):
    for _ in range(200):
        if commands.find_command(token).sentence:
            return
        threading.Event().wait(0.02)
    raise AssertionError("no result")
