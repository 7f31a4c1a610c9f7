"""Hosts that share a database act at the same moment, and by clocks that differ; tests/test_restarts.py starts some."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule
from django_q.scheduler import scheduler

from integration.models import Run
from integration.models.run import PAUSED_BY_PERSON
from integration.providers.budgets import Budget, Rate, document
from integration.providers.budgets.document import clock_offset
from integration.providers.http import Limits
from integration.queue import install_schedules
from integration.runs.progress import is_still_writing
from integration.runs.recover import recover_lost_runs
from integration.runs.schedule import start_due_runs
from integration.runs.start import start_run
from integration.runs.work import work_one_slice

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="needs DATABASE_URL=postgres://…: a file is one host's",
)
AHEAD_SECONDS = 300.0


@pytest.fixture
def host_ahead(monkeypatch):
    """From the call on, this is a process of a host whose clock is five minutes ahead, or so many seconds."""
    real, real_now = time.time, timezone.now
    monkeypatch.setattr(document, "clock_offset", clock_offset)

    def go(seconds=AHEAD_SECONDS):
        monkeypatch.setattr("time.time", lambda: real() + seconds)
        monkeypatch.setattr("django.utils.timezone.now", lambda: real_now() + timedelta(seconds=seconds))
        # Of another process, which has not asked yet.
        monkeypatch.setattr(document, "_offset", (0.0, float("-inf")))

    return go


def test_a_host_whose_clock_is_ahead_takes_no_lease_that_holds(link, host_ahead):
    run = start_run(link)
    Run.objects.update(status="running", alive_at=timezone.now())
    assert link.take_lease("one:1:1", 60)
    host_ahead()
    assert not link.take_lease("two:2:2", 60)
    assert (recover_lost_runs(), work_one_slice(run.pk, "two:2:2", 5)) == (0, False)
    link.release_lease("one:1:1")
    assert link.take_lease("two:2:2", 60)
    host_ahead(0)
    link.refresh_from_db()
    assert link.lease_until < timezone.now() + timedelta(seconds=70), "a lost host's lease would hold for minutes more"
    assert not link.take_lease("one:1:1", 60)


def test_a_host_whose_clock_is_ahead_shows_that_a_paused_run_is_still_writing(link, host_ahead):
    run = start_run(link)
    run.status, run.error_code = "paused", PAUSED_BY_PERSON
    assert link.take_lease("one:1:1", 60)
    host_ahead()
    assert is_still_writing(run)
    link.release_lease("one:1:1")
    assert not is_still_writing(run)


def test_hosts_whose_clocks_differ_share_one_allowance(db, settings, host_ahead):
    for kept_in in filter(None, (settings.REDIS_URL, "the database")):
        settings.REDIS_URL = "" if kept_in == "the database" else kept_in
        host_ahead(0)
        account = f"ghl:test:{uuid.uuid4()}"
        one, two = Budget(account, Rate(10, 60), "one"), Budget(account, Rate(10, 60), "two")
        assert one.take_permits(4).permits == 4
        for _ in range(4):
            one.note_answer(Limits())
        one.close()
        host_ahead()
        assert two.take_permits(10).permits == 6, kept_in
        for _ in range(6):
            two.note_answer(Limits())
        two.note_refusal(90)
        two.close()
        host_ahead(0)
        refused = one.take_permits(1)
        assert (refused.permits, 80 < refused.wait <= 90) == (0, True), kept_in


class Broker:
    """Keeps what is queued, as the queue all hosts share."""

    list_key = "hosts"

    def __init__(self):
        self.queued = []

    def enqueue(self, task):
        self.queued.append(task)
        return len(self.queued)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_the_same_moment_queue_each_job_and_start_each_run_once(link):
    install_schedules({"watch": 1})
    Schedule.objects.update(next_run=timezone.now() - timedelta(seconds=5))
    type(link).objects.update(full_run_at=timezone.now() - timedelta(hours=1), schedule_minutes=5)
    queue, ready = Broker(), Barrier(2)

    def act_as_host(_):
        try:
            ready.wait(20)
            scheduler(queue)
            ready.wait(20)
            return start_due_runs()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as hosts:
        started = list(hosts.map(act_as_host, range(2)))
    assert (len(queue.queued), sorted(started), Run.objects.count()) == (1, [0, 1], 1)
