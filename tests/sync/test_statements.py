"""What a run asks the database, at most: its fixed price is paid by each of the many runs that find nothing to do."""

import pytest

from integration.runs.recover import process_name
from integration.sync.pending_reads import request_read
from integration.sync.record import Recorder
from integration.webhooks.process import process_link
from tests.world import sync


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """However slow the machine is: no sign of life in between, and results recorded in as few goes as can be."""
    monkeypatch.setattr("integration.runs.context.SIGN_OF_LIFE_SECONDS", 60)
    monkeypatch.setattr("integration.runs.write.HANDFUL_SECONDS", 60)


def people(world, count):
    for number in range(count):
        world.ghl_contact(firstName=f"Person {number}", email=f"p{number}@example.test")


def test_a_quick_run_with_nothing_to_do(world, link, django_assert_max_num_queries):
    people(world, 3)
    sync(link)
    sync(link, "incremental")
    with django_assert_max_num_queries(85):
        sync(link, "incremental")


def test_a_full_run_of_100_people_who_did_not_change(world, link, django_assert_max_num_queries):
    people(world, 100)
    sync(link)
    with django_assert_max_num_queries(116):
        sync(link)


def test_one_event(world, link, django_assert_max_num_queries):
    people(world, 3)
    sync(link)
    ann = world.everyone("ghl")[0]
    world.ghl("PUT", f"/contacts/{ann['id']}", json={"lastName": "Lee"})
    request_read(link, "ghl", ann["id"])
    with django_assert_max_num_queries(82):
        process_link(link.pk, process_name(), 10)
    assert link.runs.first().updated == 1


def test_fifty_events_at_once(world, link, django_assert_max_num_queries):
    people(world, 50)
    sync(link)
    for one in world.everyone("ghl"):
        request_read(link, "ghl", one["id"])
    with django_assert_max_num_queries(200):
        process_link(link.pk, process_name(), 30)
    assert link.runs.first().examined == 50


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_how_many_people_there_are_is_known_before_the_first_is_recorded(world, link, monkeypatch, kind):
    people(world, 3)
    sync(link)
    for one in world.everyone("ghl"):
        world.ghl("PUT", f"/contacts/{one['id']}", json={"lastName": "Lee"})
    totals, real = [], Recorder.record

    def record(self, entries):
        totals.append(self.run.total)
        real(self, entries)

    monkeypatch.setattr(Recorder, "record", record)
    assert sync(link, kind).updated == 3
    assert totals[-1] == 3
