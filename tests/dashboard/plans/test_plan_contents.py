"""The page of a plan says what Gist would show of tasks, of how many that is not known yet, and who is deleted."""

import pytest

from integration.mapping.carried import NAMES
from tests.dashboard.browser import words
from tests.sync.conftest import as_viewer, pair
from tests.world import sync

__all__ = ["as_viewer", "pair"]
pytestmark = pytest.mark.one_engine


@pytest.fixture(autouse=True)
def _has_tasks(world, link, pair):
    """Ann, and Eve whom Gist does not have yet."""
    link.mapping_versions.update(carried=list(NAMES))
    eve = world.ghl_contact(firstName="Eve", lastName="Sun", email="eve@example.test")
    for contact_id in (pair[1], eve["id"]):
        body = {"title": "Call back", "dueDate": "2030-01-02T10:00:00Z", "completed": False}
        world.ghl("POST", f"/contacts/{contact_id}/tasks", json=body)


def test_they_stand_by_name_under_their_rule_and_the_rest_is_counted(as_viewer, link):
    text = words(as_viewer.get("plan", sync(link, dry_run=True).pk))
    for sentence in ("Open tasks", "Call back", "1 person whom this plan creates in Gist"):
        assert sentence in text, sentence


def test_a_plan_of_the_schedule_says_that_it_did_not_look(as_viewer, link):
    plan = sync(link, dry_run=True, trigger="schedule")
    assert "is not looked up by a plan of the schedule" in words(as_viewer.get("plan", plan.pk))


def test_deletions_are_counted_among_the_risks(as_viewer, world, link, pair):
    link.deletes = "propagate"
    link.save()
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    assert "1 deleted" in words(as_viewer.get("plan", sync(link, dry_run=True).pk))
