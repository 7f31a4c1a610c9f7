"""A database or Redis that is away for a while, in small; tests/test_restarts.py has it with real ones."""

import time

import pytest
from django.db import OperationalError

from integration.management import preparation
from integration.management.preparation import wait_for_services
from integration.providers.budgets import Budget, Rate, budget, document
from integration.providers.http import Limits
from integration.queue import check_queue


def test_up_waits_for_a_service_that_starts_later_and_says_so_once(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answers, said, naps = [OperationalError("still\n  starting"), OperationalError("starting"), None], [], []

    class Starting:
        def ping(self):
            if answer := answers.pop(0):
                raise answer

    monkeypatch.setattr(preparation, "connection", type("File", (), {"vendor": "sqlite"}))
    monkeypatch.setattr(preparation, "redis_client", Starting)
    monkeypatch.setattr(preparation.time, "sleep", naps.append)
    wait_for_services(60, said.append, lambda: False)
    assert (answers, said) == ([], ["Waiting for Redis, 60 s at most: still starting"])
    answers[:] = [OperationalError("away")] * 2
    wait_for_services(60, said.append, lambda: len(naps) == 3)
    assert len(answers) == 1, "asked to end, it waited on"
    with pytest.raises(OperationalError):
        wait_for_services(0, said.append, lambda: False)


def test_calls_wait_while_redis_is_away_and_what_came_of_the_others_is_told_later(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    waits = Budget("ghl:away", Rate(10, 10))
    waits.note_answer(Limits(), outcome="server_fault")
    assert (waits.take_permits(5).permits, waits.take_permits(5).reason) == (0, "away")
    waits.note_refusal(5)
    waits.close()
    assert document.look_at("ghl:away") == {}
    told: dict = {}
    monkeypatch.setattr(budget, "locked_document", lambda _account: _Kept(told))
    monkeypatch.setattr(budget, "shared_now", time.time)
    assert waits.take_permits(1).permits == 1
    assert (told["outcomes"], len(told["marks"])) == ({"server_fault": 1}, 1)


class _Kept:
    def __init__(self, doc):
        self.doc = doc

    def __enter__(self):
        return self.doc

    def __exit__(self, *exc):
        return None


def test_a_job_that_was_taken_out_is_given_on_though_redis_is_away_again(settings, monkeypatch):
    from django_q.brokers.redis_broker import Redis
    from redis.exceptions import ConnectionError as Away

    from integration import broker

    def away(*args, **options):
        raise Away("away")

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(broker, "AWAY_SECONDS", 0)
    monkeypatch.setattr(broker, "async_task", away)
    asked = broker.PatientRedis("gistline")
    monkeypatch.setattr(Redis, "dequeue", away)
    assert asked.dequeue() is None
    monkeypatch.setattr(Redis, "dequeue", lambda self: ["a job"])
    assert asked.dequeue() == ["a job"]
    assert asked.is_away


@pytest.mark.enable_socket
def test_a_queue_that_cannot_be_asked_has_no_workers(settings, monkeypatch):
    from integration import queue
    from integration.broker import PatientRedis

    settings.REDIS_URL, settings.REDIS_OPTIONS = "redis://127.0.0.1:1/0", {"socket_connect_timeout": 1}
    monkeypatch.setattr(queue, "get_broker", lambda: PatientRedis("gistline"))
    assert (check_queue().broker, check_queue().workers) == (False, 0)
