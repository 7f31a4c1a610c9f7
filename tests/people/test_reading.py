"""One person read live: what stands when a part cannot be read, what is kept, what is told to workflows."""

import pytest

from integration.models import Execution, Related, Workflow
from integration.people.find import find_by_id
from integration.people.person import compare_live
from integration.people.read import read_live
from integration.providers.budgets.document import look_at as budget
from integration.providers.time_limit import limit_time
from integration.workflows import versions
from integration.workflows.templates import TEMPLATES
from tests.world import sync


def test_both_records_and_what_belongs_to_them_are_read_at_once(ann):
    ann.task(), ann.note()
    found = read_live(ann.known)
    assert {side: contact.label for side, contact in found.contacts.items()} == {"gist": "Ann Lee", "ghl": "Ann Lee"}
    assert {kind: [one.label for one in records] for kind, records in found.related_records.items()} == {
        "task": ["Call Ann"], "note": ["Prefers mornings"], "appointment": [],
    }  # fmt: skip
    assert "Maren Bell" in found.users.values()
    assert found.problems == {}


def test_reading_again_costs_a_call_per_record_and_kind(ann, world):
    read_live(ann.known)
    world.forget_calls()
    assert read_live(ann.known).calls == 5
    assert world.calls() == {"gist": 1, "ghl": 4}


def test_the_location_s_time_zone_is_asked_for_once(ann):
    assert ann.link.ghl.settings.get("timezone") is None
    read_live(ann.known)
    assert ann.link.ghl.settings["timezone"] == "America/New_York"


@pytest.mark.parametrize(("path", "part"), [("/tasks", "task"), ("/notes", "note"), ("/appointments", "appointment")])
def test_what_cannot_be_read_is_a_problem_of_that_part_alone(ann, world, monkeypatch, path, part):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    ann.task(), ann.note()
    world.fault({"side": "ghl", "kind": "500", "path": path, "rate": 1})
    found = read_live(ann.known)
    assert set(found.problems) == {part}
    assert set(found.contacts) == {"gist", "ghl"}
    assert part not in found.related_records


def test_a_broken_login_of_one_side_leaves_the_other_side_s_record(ann):
    type(ann.link.ghl).objects.filter(pk=ann.link.ghl.pk).update(credentials={"private_token": "refused"})
    found = read_live(find_by_id(type(ann.link).objects.get(), "ghl", ann.ghl_id))
    assert (set(found.contacts), set(found.known_at)) == ({"gist", "ghl"}, {"ghl"})
    assert {"ghl", "task", "note", "appointment"} <= set(found.problems)
    ann.link.ghl.refresh_from_db()
    assert ann.link.ghl.status == "reconnect"


def test_a_side_that_does_not_answer_in_time_is_told_and_the_other_one_stands(ann, world):
    world.fault({"side": "ghl", "kind": "latency", "seconds": 0.6})
    with limit_time(0.5):
        found = read_live(ann.known)
    assert set(found.known_at) == {"ghl"}
    assert "GHL did not answer within 0.5 s." in found.problems["ghl"]


def test_a_contact_that_is_gone_is_no_problem_but_a_fact(ann, world):
    world.ghl("DELETE", f"/contacts/{ann.ghl_id}")
    found = read_live(ann.known)
    assert (found.gone, "ghl" in found.problems) == ({"ghl"}, False)


def test_what_was_read_is_known_and_what_is_gone_is_known_to_be_gone(ann, world):
    task = ann.task()
    read_live(ann.known)
    assert Related.objects.get(ghl_id=task).contact_id == ann.ghl_id
    world.ghl("DELETE", f"/contacts/{ann.ghl_id}/tasks/{task}")
    read_live(ann.known)
    assert Related.objects.get(ghl_id=task).deleted_at


def test_a_task_completed_in_ghl_unheard_starts_its_workflow_once(ann, world):
    flow = Workflow.objects.create(link=ann.link, template="task_done", name="Task done", enabled=True)
    versions.save_workflow_version(flow, TEMPLATES["task_done"].definition)
    task = ann.task()
    read_live(ann.known)
    world.ghl("PUT", f"/contacts/{ann.ghl_id}/tasks/{task}/completed", json={"completed": True})
    for _ in range(2):
        read_live(ann.known)
    assert Execution.objects.filter(trigger="ghl.task_completed").count() == 1


def test_somebody_alone_is_looked_for_on_the_other_side(world, link):
    type(link).objects.update(direction="ghl_to_gist")
    ann = world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    other = world.ghl_contact(firstName="Ann", email="ann@example.test")
    found = read_live(find_by_id(link, "gist", str(ann["id"])))
    assert [contact.id for contact in found.likely] == [other["id"]]


def test_nobody_is_somebody_that_no_side_ever_had(world, link):
    assert not compare_live(find_by_id(link, "ghl", "nobody123")).is_known


def test_a_lookup_stands_first_in_line_of_the_budget(ann):
    read_live(ann.known)
    asked = budget(ann.link.ghl.budget_key)["asked"]
    assert max(asked, key=asked.get) == "person"
