"""News that comes while something else is under way is never taken for done."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from integration.models import Checkpoint, EventState, InboxEvent, Link, Pair, PendingRead, Run, Snapshot
from integration.providers.ghl.records import GhlContacts
from integration.records import Contact
from integration.runs.checkpoint import note_page, read_since
from integration.webhooks import unpack
from tests.sync.test_live import go, heard
from tests.world import sync


@pytest.fixture
def bob(world, link):
    Link.objects.update(merge_seconds=0)
    link.refresh_from_db()
    made = world.ghl_contact(firstName="Bob", email="bob@example.test")
    sync(link)
    return made


def rename(world, bob, name):
    world.ghl("PUT", f"/contacts/{bob['id']}", json={"firstName": name})


def test_a_record_that_is_reported_again_while_it_is_read_is_read_again(world, link, ghl, bob, monkeypatch):
    rename(world, bob, "Second")
    heard(ghl, "ContactUpdate", id=bob["id"])
    real, first = GhlContacts.read, iter([True])

    def edited_after_reading(contacts, contact_id):
        found = yield from real(contacts, contact_id)
        if next(first, False):
            rename(world, bob, "Third")
            heard(ghl, "ContactUpdate", id=bob["id"])
            unpack.unpack_events(link)
        return found

    monkeypatch.setattr(GhlContacts, "read", edited_after_reading)
    go(link)
    assert [one["name"] for one in world.everyone("gist")] == ["Third"]
    assert not PendingRead.objects.exists()


@pytest.mark.parametrize("place", ["_save_pending_reads", "_begin_workflows"])
def test_an_event_is_done_only_together_with_what_became_of_it(link, ghl, monkeypatch, place):
    heard(ghl, "ContactUpdate", id="somebody")

    def dies(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(unpack, place, dies)
    with pytest.raises(KeyboardInterrupt):
        unpack.unpack_events(link)
    assert InboxEvent.objects.get().state == EventState.WAITING


BEGAN = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "mark"),
    [(BEGAN - timedelta(hours=1), BEGAN - timedelta(hours=1)), (BEGAN + timedelta(minutes=1), BEGAN)],
    ids=["an old change", "a change while it was read"],
)
def test_a_mark_never_lies_after_the_beginning_of_its_read(changed, mark):
    checkpoint = Checkpoint(began={"ghl": BEGAN.isoformat()})
    context = SimpleNamespace(run=Run(kind="full"), checkpoint=checkpoint)
    note_page(context, "ghl", (Contact("ghl", "1", {}, changed),))
    assert checkpoint.marks["ghl"] == mark.isoformat()


@pytest.mark.parametrize(("side", "minutes"), [("ghl", 5), ("gist", 1)])
def test_reads_overlap_because_an_index_shows_a_write_late(side, minutes):
    link = Link(cursors={"rules": "same", side: BEGAN.isoformat()})
    context = SimpleNamespace(run=Run(link=link, kind="incremental"), rules=SimpleNamespace(digest="same"))
    assert read_since(context, side) == BEGAN - timedelta(minutes=minutes)


def test_under_other_rules_everything_is_read():
    link = Link(cursors={"rules": "old", "ghl": BEGAN.isoformat()})
    context = SimpleNamespace(run=Run(link=link, kind="incremental"), rules=SimpleNamespace(digest="new"))
    assert read_since(context, "ghl") is None


def test_a_change_of_someone_on_hold_is_still_news_after_runs_of_every_kind(world, link, bob):
    Pair.objects.update(state="held")
    rename(world, bob, "Robert")
    for kind in ("incremental", "full", "incremental"):
        sync(link, kind)
    Pair.objects.update(state="linked")
    sync(link, "incremental")
    assert [one["name"] for one in world.everyone("gist")] == ["Robert"]


def test_a_conflict_that_waits_is_still_one_after_another_field_was_carried_over(world, link, bob):
    Link.objects.update(conflict="ask")
    (here,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": here["id"], "email": here["email"], "name": "Bobby"})
    rename(world, bob, "Robert")
    sync(link, "incremental")
    world.ghl("POST", f"/contacts/{bob['id']}/tags", json={"tags": ["vip"]})
    sync(link, "incremental")
    link.refresh_from_db()
    Link.objects.update(conflict="ghl")
    sync(link)
    assert [one["name"] for one in world.everyone("gist")] == ["Robert"]


def test_a_change_of_someone_of_whom_only_one_half_was_read_stays_work(world, link, bob):
    Snapshot.objects.filter(side="ghl").delete()
    (here,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": here["id"], "email": here["email"], "name": "Robert"})
    run = sync(link, "incremental")
    assert run.entries.filter(reason="missing_there", gist_id=str(here["id"])).exists()
    assert Snapshot.objects.get(side="gist").undecided["name"] == "Robert"
