"""The retry ladder: what may pass is tried eight times over a day, what cannot is parked at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration import errors
from integration.models import Run, Snapshot
from integration.retry_schedule import RECORDS
from integration.runs.schedule import start_due_retries
from integration.sync.retry import schedule_retry
from tests.world import finish, sync


def test_eight_tries_last_about_a_day():
    snapshot, now = Snapshot(), timezone.now()
    waited = timedelta()
    for _ in RECORDS.pauses:
        schedule_retry(snapshot, errors.LostAnswer("no answer"), now)
        waited += snapshot.retry_at - now
    assert timedelta(hours=19) < waited < timedelta(hours=29)
    assert not snapshot.parked
    schedule_retry(snapshot, errors.LostAnswer("no answer"), now)
    assert (snapshot.parked, snapshot.retry_at) == (True, None)


@pytest.fixture
def failing(world, link, monkeypatch):
    """Ann cannot be created: GHL answers 500 to everything for a while."""
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.gist_contact(email="ann@example.test", name="Ann")
    world.fault({"side": "ghl", "method": "POST", "path": "/contacts/$", "kind": "500", "rate": 1})
    run = sync(link)
    assert run.failed == 1
    world.fault()
    return Snapshot.objects.get(side="gist")


def test_a_scheduled_run_leaves_a_failed_person_to_the_ladder(world, link, failing):
    run = sync(link, "incremental")
    assert (run.failed, run.skipped, world.everyone("ghl")) == (0, 1, [])


def test_the_next_try_is_started_when_its_time_has_come(world, link, failing):
    assert start_due_retries() == 0
    Snapshot.objects.update(retry_at=timezone.now())
    assert start_due_retries() == 1
    assert finish(Run.objects.first()).created == 1
    assert world.emails("ghl") == ["ann@example.test"]
    failing.refresh_from_db()
    assert (failing.tries, failing.retry_at) == (0, None)


def test_what_cannot_pass_is_parked_at_once_and_tried_again_when_it_changes(world, link):
    wrong = world.gist_contact(email="not an address", name="Wrong")
    sync(link)
    assert Snapshot.objects.get(side="gist").parked
    assert sync(link, "incremental").failed == 0
    world.gist("POST", "/contacts", json={"id": wrong["id"], "email": "right@example.test"})
    assert sync(link, "incremental").created == 1
