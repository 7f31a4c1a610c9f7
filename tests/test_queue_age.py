"""How old the oldest waiting job is, where Redis holds the queue."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from integration import queue


@pytest.mark.skipif(not settings.REDIS_URL, reason="no Redis: set REDIS_URL")
def test_with_redis_the_oldest_waiting_job_says_its_age(db, monkeypatch):
    broker = get_broker("gistline-age-test")
    monkeypatch.setattr(queue, "get_broker", lambda: broker)
    assert queue._queue_age() == 0
    started = timezone.now() - timedelta(seconds=90)
    try:
        for age in (started, timezone.now()):
            broker.enqueue(SignedPackage.dumps({"started": age}))
        assert 90 <= queue._queue_age() < 95
    finally:
        broker.delete_queue()
