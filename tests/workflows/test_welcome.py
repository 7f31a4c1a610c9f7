"""Welcome new contact: someone new in Gist arrives in GHL with tasks, a note and a tag, in the order given, once."""

from datetime import UTC, datetime, timedelta

import pytest

from integration.models import Execution, LogEntry
from integration.records import PersonRef
from integration.workflows import start
from integration.workflows.templates import from_setup
from tests.world import sync

WELCOME = {
    "tasks": [{"title": "Call {{ contact.name }}", "due_in_days": 2}, {"title": "Send the price list"}],
    "notes": [{"body": "Came from Gist"}],
    "tags": ["from-gist"],
}


def welcome(stage, **more):
    return stage.workflow("welcome_new_contact", from_setup("welcome_new_contact", WELCOME | more))


def test_someone_new_arrives_with_everything_in_the_order_given(stage):
    welcome(stage)
    _, ann = stage.person("Ann Lee")
    stage.settle()
    assert [task["title"] for task in stage.tasks(ann)] == ["Call Ann Lee", "Send the price list"]
    assert [note["body"] for note in stage.notes(ann)] == ["Came from Gist"]
    assert "from-gist" in stage.world.ghl("GET", f"/contacts/{ann}")["contact"]["tags"]
    steps = LogEntry.objects.exclude(execution=None).order_by("pk").values_list("kind", "step", "outcome")
    assert list(steps) == [
        ("task", 0, "created"),
        ("task", 1, "created"),
        ("note", 2, "created"),
        ("tag", 3, "updated"),
    ]


def test_it_happens_once_however_often_the_person_is_heard_of(stage):
    welcome(stage)
    gist_id, ann = stage.person("Ann Lee")
    stage.settle()
    stage.trigger("user_created", gist_id)
    stage.trigger("contact_created", gist_id, again=True)
    stage.settle()
    sync(stage.link)
    assert (len(stage.tasks(ann)), len(stage.notes(ann)), Execution.objects.count()) == (2, 1, 1)


def test_who_is_new_is_found_by_a_run_too_when_no_webhook_came(stage):
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    welcome(stage)
    stage.world.gist_contact(email="ann@example.test", name="Ann Lee")
    sync(stage.link, "incremental")
    (there,) = stage.world.everyone("ghl")
    assert len(stage.tasks(there["id"])) == 2


def test_people_made_before_it_was_switched_on_are_not_greeted(stage):
    flow = welcome(stage)
    flow.enabled_at = flow.enabled_at.replace(year=2999)
    flow.save()
    stage.person("Ann Lee")
    assert not Execution.objects.exists()


def test_a_contact_that_ghl_has_already_is_linked_and_greeted(stage, world):
    world.ghl_contact(firstName="Ann", email="ann@example.test")
    welcome(stage)
    _, ann = stage.person("Ann Lee")
    stage.settle()
    assert len(world.everyone("ghl")) == 1
    assert len(stage.tasks(ann)) == 2


def test_a_due_date_is_days_from_now_at_a_time_of_the_location(stage):
    due = {"from": "now", "days": 1, "at": "09:30"}
    action = {"do": "task.create", "values": {"title": "Call", "due_at": due}}
    stage.link.ghl.settings = {"timezone": "America/New_York"}
    stage.link.ghl.save()
    stage.workflow("welcome_new_contact", {"triggers": [{"on": "gist.contact_created"}], "actions": [action]})
    _, ann = stage.person("Ann Lee")
    stage.settle()
    (task,) = stage.tasks(ann)
    assert task["dueDate"][10:16] in ("T13:30", "T14:30")  # Summer or winter time.


def test_one_for_whom_the_conditions_do_not_hold_is_skipped_with_the_reason(stage):
    only = [{"field": "contact.email", "op": "ends_with", "value": "@acme.test"}]
    action = {"do": "note.create", "values": {"body": "Hello"}}
    stage.workflow(
        "welcome_new_contact",
        {"triggers": [{"on": "gist.contact_created"}], "conditions": only, "actions": [action]},
    )
    _, ann = stage.person("Ann Lee")
    stage.settle()
    skipped = Execution.objects.get()
    assert (skipped.state, skipped.reason, stage.notes(ann)) == ("skipped", "condition", [])
    assert "contact.email ends with “@acme.test”" in skipped.message


@pytest.mark.parametrize(("heard", "greeted"), [(timedelta(minutes=1), 1), (timedelta(minutes=-1), 0)])
def test_an_event_that_says_somebody_is_new_counts_whatever_the_record_s_date(stage, heard, greeted):
    flow = welcome(stage)
    imported = datetime(2019, 5, 1, tzinfo=UTC)
    made_at = (imported, flow.enabled_at + heard)
    news = start.ContactNews("gist", None, {"tags": []}, made_at, PersonRef("1044", "abc", "Ann Lee"))
    start.begin_for_contacts(flow.link, [news])
    assert Execution.objects.count() == greeted
