"""How far back an incremental run reads: over what an index may still hide, and no further once it hides nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integration.models import Checkpoint, Link, Run
from integration.runs.checkpoint import OVERLAP, note_settled
from tests.world import sync

PEOPLE = 70
MARK = datetime(2026, 6, 1, 12, tzinfo=UTC).isoformat()
SEEN = datetime(2026, 6, 1, 12, 1, tzinfo=UTC)


@pytest.fixture
def crowd(world, link):
    """More people than a page of Gist's holds, changed within one minute, on both sides."""
    for side, account in (("gist", world.workspace), ("ghl", world.location)):
        world.control("POST", "fill", {"side": side, "account": account, "start": 0, "count": PEOPLE})
    sync(link)
    return link


def calls_of_a_run(world, link):
    world.forget_calls()
    run = sync(link, "incremental")
    assert (run.status, run.unchanged) == ("succeeded", PEOPLE)
    return world.calls()


def let_the_mark_age(link):
    """As if the run that first saw the newest change had been a while ago."""
    link.refresh_from_db()
    for side, late in OVERLAP.items():
        link.cursors[f"{side}_seen_at"] = (timezone.now() - late).isoformat()
    link.save(update_fields=["cursors"])


def test_a_crowd_that_changed_at_once_is_read_again_only_until_nothing_can_be_hidden(world, crowd):
    assert calls_of_a_run(world, crowd)["gist"] == 2
    let_the_mark_age(crowd)
    assert calls_of_a_run(world, crowd)["gist"] == 2
    assert calls_of_a_run(world, crowd)["gist"] == 1


def test_a_change_after_a_settled_mark_is_read_and_overlaps_again(world, crowd):
    let_the_mark_age(crowd)
    sync(crowd, "incremental")
    edited = world.everyone("gist")[0]
    world.gist("POST", "/contacts", json={"id": edited["id"], "email": edited["email"], "name": "New Name"})
    assert sync(crowd, "incremental").updated == 1
    crowd.refresh_from_db()
    assert not crowd.cursors["gist_settled"]


@pytest.mark.parametrize(
    ("mark", "seconds", "settled"),
    [(MARK, 60, True), (MARK, 59, False), ("2026-06-01T12:00:30+00:00", 600, False)],
    ids=["long after", "too soon after", "another mark"],
)
def test_a_mark_is_settled_by_a_run_that_began_long_after_it_was_first_seen(mark, seconds, settled):
    began = {"gist": (SEEN + timedelta(seconds=seconds)).isoformat()}
    run = Run(checkpoint=Checkpoint(began=began, marks={"gist": mark}))
    noted = note_settled(run, {"gist": MARK, "gist_seen_at": SEEN.isoformat()}, "gist")
    assert noted["gist_settled"] is settled


def test_a_link_of_an_older_version_has_no_settled_mark():
    run = Run(checkpoint=Checkpoint(began={"ghl": SEEN.isoformat()}, marks={"ghl": MARK}))
    assert not note_settled(run, Link(cursors={"ghl": MARK}).cursors, "ghl")["ghl_settled"]
