"""Tasks, notes and what was sent: what goes back, what was edited since, and what nothing takes back."""

import pytest

from integration.models import Change
from integration.plans.start import start_undo
from integration.workflows import versions
from tests.sync.hands import edit
from tests.world import finish, sync


def tasks(world, contact_id):
    return world.ghl("GET", f"/contacts/{contact_id}/tasks")["tasks"]


@pytest.fixture
def welcomed(world, link, pair):
    """A rename of Ann made a task and a note, and sent an event."""
    does = [
        {"do": "task.create", "values": {"title": "Call", "due_at": "2030-01-02T15:00:00Z"}},
        {"do": "note.create", "values": {"body": "Hello"}},
        {"do": "gist.event", "values": {"name": "Renamed"}},
    ]
    definition = {"triggers": [{"on": "gist.contact_changed"}], "actions": does}
    versions.create_workflow(link, "keep_in_step", definition=definition, enabled=True)
    edit(world, pair, gist={"name": "Anna Lee"})
    return sync(link, "incremental")


def test_what_a_workflow_made_goes_and_what_it_sent_is_named(world, link, pair, welcomed):
    assert len(tasks(world, pair[1])) == 1
    run = finish(start_undo(link, {"run": welcomed.pk}))
    assert (tasks(world, pair[1]), world.ghl("GET", f"/contacts/{pair[1]}/notes")["notes"]) == ([], [])
    assert world.everyone("ghl")[0]["firstName"] == "Ann"
    left = run.changes.get(state="excluded")
    assert left.kind not in ("contact", "task", "note")
    assert "nothing takes back" in left.entry.message


def test_a_task_that_somebody_edited_stays(world, link, pair, welcomed):
    (task,) = tasks(world, pair[1])
    world.ghl("PUT", f"/contacts/{pair[1]}/tasks/{task['id']}", json={"title": "Call her today"})
    run = finish(start_undo(link, {"run": welcomed.pk}))
    held = run.changes.get(state="held")
    assert (held.kind, held.found) == ("task", {"title": "Call her today"})
    assert tasks(world, pair[1])[0]["title"] == "Call her today"


def test_an_undone_task_comes_back_when_the_undo_is_undone(world, link, pair, welcomed):
    first = finish(start_undo(link, {"run": welcomed.pk}))
    finish(start_undo(link, {"run": first.pk}))
    (task,) = tasks(world, pair[1])
    assert task["title"] == "Call"
    assert set(Change.objects.filter(run=first, kind="task").values_list("state", flat=True)) == {"undone"}


def test_a_workflow_is_undone_by_its_rule(world, link, pair, welcomed):
    rule = welcomed.changes.filter(kind="task").get().rule
    finish(start_undo(link, {"rule": rule.rpartition(":")[0]}))
    assert tasks(world, pair[1]) == []
    assert world.everyone("ghl")[0]["firstName"] == "Anna"


def test_a_contact_that_somebody_works_with_is_not_taken_back(world, link):
    world.gist_contact(email="bo@example.test", name="Bo")
    run = sync(link)
    (there,) = world.everyone("ghl")
    world.ghl("POST", f"/contacts/{there['id']}/notes", json={"body": "Called, wants an offer"})
    undone = finish(start_undo(link, {"run": run.pk}))
    assert undone.changes.get().found == {"tasks and notes": 1}
    assert len(world.everyone("ghl")) == 1
