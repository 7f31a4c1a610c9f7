"""The sweep: once a day everyone is read again; it finds what never arrived and proves what is equal."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Link, Pair, Run, Snapshot
from integration.runs.schedule import start_due_runs
from integration.sync.parity import Parity, parity_of
from tests.world import finish, sync


@pytest.fixture
def day_after(world, link):
    """Three people in step, and a day later nobody has read everyone since."""
    for number in range(3):
        world.gist_contact(email=f"p{number}@example.test", name=f"Person {number}")
    sync(link)
    Link.objects.update(full_run_at=timezone.now() - timedelta(days=2))
    Run.objects.update(finished_at=timezone.now() - timedelta(days=2))
    return link


def sweep():
    assert start_due_runs() == 1
    run = finish(Run.objects.first())
    assert run.kind == "sweep"
    return run


def test_everyone_found_equal_is_counted_and_the_circle_dated(world, day_after):
    sweep()
    day_after.refresh_from_db()
    assert parity_of([day_after.pk])[day_after.pk] == Parity(equal=3)
    assert day_after.full_run_at > timezone.now() - timedelta(minutes=1)


def test_an_edit_that_nobody_heard_of_is_found_and_carried_over(world, day_after):
    (there, *_) = world.everyone("ghl")
    world.ghl("PUT", f"/contacts/{there['id']}", json={"firstName": "Found"})
    assert sweep().updated == 1
    assert any(one["name"].startswith("Found") for one in world.everyone("gist"))
    assert parity_of([day_after.pk])[day_after.pk] == Parity(equal=3)


def test_someone_deleted_unheard_is_confirmed_by_asking_before_anything_follows(world, day_after):
    Link.objects.update(deletes="propagate")
    (there, *_) = world.everyone("ghl")
    world.ghl("DELETE", f"/contacts/{there['id']}")
    sweep()
    assert len(world.everyone("gist")) == len(world.everyone("ghl")) == 2
    assert Pair.objects.filter(state="deleted").count() == 1


def test_a_record_the_index_hides_for_a_while_is_not_taken_for_deleted(world, day_after):
    Link.objects.update(deletes="propagate")
    (there, *_) = world.everyone("ghl")
    hidden = Snapshot.objects.get(side="ghl", external_id=there["id"])
    Snapshot.objects.filter(pk=hidden.pk).update(seen_run=0)
    world.fault({"side": "ghl", "kind": "lag", "seconds": 60, "rate": 1})
    world.ghl("PUT", f"/contacts/{there['id']}", json={"source": "moved"})
    sweep()
    assert len(world.everyone("gist")) == 3
