"""Live: what webhooks say is read and written once, in any order, with duplicates, beside other runs."""

import json

import pytest
from django.utils import timezone

from integration.models import EventState, InboxEvent, Pair, PendingRead, Run
from integration.runs.control import confirm_run
from integration.runs.recover import process_name
from integration.runs.start import start_run
from integration.runs.work import work_one_slice
from integration.webhooks.backlog import backlog_of
from integration.webhooks.process import process_link
from integration.webhooks.unpack import NAMES_NOBODY, unpack_events
from tests.world import finish, sync


@pytest.fixture
def link(link):
    link.merge_seconds = 0
    link.save()
    return link


def heard(connection, topic, **body):
    """A webhook as intake stores it."""
    return InboxEvent.objects.create(
        provider=connection.provider, topic=topic, connection=connection, body=json.dumps(body).encode()
    )


def go(link):
    process_link(link.pk, process_name(), 10)


def one(world, side):
    (contact,) = world.everyone(side)
    return contact


def test_an_edit_heard_of_is_written_once_and_its_echo_writes_nothing(world, link, gist, ghl):
    world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    there = one(world, "ghl")
    world.ghl("PUT", f"/contacts/{there['id']}", json={"firstName": "Anna"})
    heard(ghl, "ContactUpdate", id=there["id"])
    go(link)
    assert one(world, "gist")["name"] == "Anna"
    heard(gist, "contact_tagged", contact={"id": one(world, "gist")["id"]})
    heard(ghl, "ContactUpdate", id=there["id"])
    world.forget_calls()
    go(link)
    assert world.calls() == {"gist": 1, "ghl": 1}  # Each was read once more, nothing was written.


def test_many_events_of_one_person_are_one_reading(world, link, ghl):
    bob = world.ghl_contact(firstName="Bob", email="bob@example.test")
    for _ in range(5):
        heard(ghl, "ContactUpdate", id=bob["id"])
    unpack_events(link)
    pending_read = PendingRead.objects.get()
    assert (pending_read.external_id, InboxEvent.objects.filter(state=EventState.DONE).count()) == (bob["id"], 5)
    go(link)
    assert world.emails("gist") == ["bob@example.test"]
    assert not PendingRead.objects.exists()


def test_someone_new_is_looked_for_before_being_created(world, link, gist):
    sync(link)
    world.ghl_contact(firstName="Ann", email="ann@example.test")  # Unheard of by Gistline.
    ann = world.gist_contact(email="ann@example.test", name="Ann")
    heard(gist, "contact_created", contact={"id": ann["id"]})
    go(link)
    assert Pair.objects.get().gist_id == str(ann["id"])
    assert world.emails("ghl") == ["ann@example.test"]


def test_events_wait_while_a_link_is_paused_and_are_counted(world, link, ghl):
    link.enabled = False
    link.save()
    bob = world.ghl_contact(firstName="Bob", email="bob@example.test")
    heard(ghl, "ContactCreate", id=bob["id"])
    go(link)
    assert world.everyone("gist") == []
    assert backlog_of(link).events == 1
    link.enabled = True
    link.save()
    go(link)
    assert world.emails("gist") == ["bob@example.test"]


def test_a_run_under_way_takes_what_is_heard_meanwhile(world, link, ghl):
    bob = world.ghl_contact(firstName="Bob", email="bob@example.test")
    sync(link)
    run = start_run(link, "full")
    world.ghl("PUT", f"/contacts/{bob['id']}", json={"firstName": "Robert"})
    heard(ghl, "ContactUpdate", id=bob["id"])
    link.take_lease("another-host:1:1", 60)
    go(link)  # The link is busy: the hint stays.
    assert PendingRead.objects.count() == 1
    link.release_lease("another-host:1:1")
    finish(run)
    assert one(world, "gist")["name"] == "Robert"
    assert not PendingRead.objects.exists()


@pytest.mark.parametrize(
    ("rule", "left", "state"), [("ignore", 1, "one_gone"), ("unlink", 1, "unlinked"), ("propagate", 0, "deleted")]
)
def test_a_deletion_follows_the_link_s_rule_and_nobody_comes_back(world, link, ghl, rule, left, state):
    link.deletes = rule
    link.save()
    world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    there = one(world, "ghl")
    world.ghl("DELETE", f"/contacts/{there['id']}")
    heard(ghl, "ContactDelete", id=there["id"])
    go(link)
    assert (len(world.everyone("gist")), Pair.objects.get().state) == (left, state)
    sync(link, "full")
    assert world.everyone("ghl") == []
    assert len(world.everyone("gist")) == left


def test_a_deletion_that_is_not_true_deletes_nobody(world, link, ghl):
    link.deletes = "propagate"
    link.save()
    world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    heard(ghl, "ContactDelete", id=one(world, "ghl")["id"])
    go(link)
    assert len(world.everyone("gist")) == len(world.everyone("ghl")) == 1


def test_an_event_that_names_nobody_is_parked_not_lost(world, link, ghl):
    heard(ghl, "NoteCreate", id="note1")
    go(link)
    event = InboxEvent.objects.get()
    assert (event.state, event.message) == (EventState.PARKED, NAMES_NOBODY)


def test_a_run_that_changes_more_than_the_cap_waits_for_a_person(world, link):
    link.change_cap = 3
    link.save()
    for number in range(10):
        world.gist_contact(email=f"p{number}@example.test", name=f"P {number}")
    run = start_run(link)
    work_one_slice(run.pk, process_name(), 10)
    run.refresh_from_db()
    assert (run.status, run.error_code) == ("paused", "change_cap")
    confirm_run(run, None)
    assert finish(run).status == "succeeded"
    assert len(world.everyone("ghl")) == 10


def test_the_cap_counts_what_earlier_slices_of_the_run_changed(world, link, monkeypatch):
    link.change_cap = 3
    link.save()
    for number in range(5):
        world.gist_contact(email=f"p{number}@example.test", name=f"P {number}")
    run = start_run(link)
    # As after a slice that changed two people, whoever they were.
    Run.objects.filter(pk=run.pk).update(created=1, updated=1)
    work_one_slice(run.pk, process_name(), 10)
    run.refresh_from_db()
    assert (len(world.everyone("ghl")), run.status) == (1, "paused")


def test_live_runs_leave_counts_that_balance(world, link, ghl):
    bob = world.ghl_contact(firstName="Bob", email="bob@example.test")
    heard(ghl, "ContactCreate", id=bob["id"])
    go(link)
    run = Run.objects.get(kind="live")
    assert (run.status, run.created, run.examined) == ("succeeded", 1, 1)


def test_a_record_that_cannot_be_read_holds_up_nobody_else(world, link, ghl, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    bob = world.ghl_contact(firstName="Bob", email="bob@example.test")
    world.fault({"side": "ghl", "kind": "500", "path": "/contacts/odd", "rate": 1})
    for one_id in ("odd", bob["id"]):
        heard(ghl, "ContactUpdate", id=one_id)
    go(link)
    assert world.emails("gist") == ["bob@example.test"]
    run = Run.objects.get(kind="live")
    assert (run.created, run.failed, run.entries.get(outcome="failed").ghl_id) == (1, 1, "odd")
    assert [pending_read.external_id for pending_read in PendingRead.objects.filter(due_at__gt=timezone.now())] == [
        "odd"
    ]


def test_someone_who_is_there_already_is_found_without_a_create_being_sent(world, link, gist):
    """A location that allows duplicates would take the create."""
    sync(link)
    world.ghl_contact(firstName="Ann", email="ann@example.test")
    ann = world.gist_contact(email="ann@example.test", name="Ann")
    heard(gist, "contact_created", contact={"id": ann["id"]})
    world.forget_calls()
    go(link)
    sent = world.control("GET", "calls")["ghl"]["by_operation"]
    assert (sent.get("POST /contacts/", 0), sent.get("GET /contacts/search/duplicate", 0)) == (0, 1)
