"""Triggers that a webhook starts by itself: each begins the workflow for the person it names, once."""

import pytest

from integration.models import Execution
from integration.workflows.triggers import TRIGGERS
from tests.world import sync

GIST = {one.key: one.topics for one in TRIGGERS.values() if one.side == "gist" and one.topics}
GHL = {one.key: one.topics for one in TRIGGERS.values() if one.side == "ghl" and one.topics}
OPPORTUNITY = {
    "id": "opp1", "name": "Braces for two", "pipelineId": "p1", "pipelineStageId": "s2", "status": "won",
    "monetaryValue": 1200,
}  # fmt: skip


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


def watch(stage, key, **options):
    does = [{"do": "gist.contact.set", "values": {"field": "custom_properties.seen", "value": "yes"}}]
    return stage.workflow("contact_opened", {"triggers": [{"on": key, **options}], "actions": does})


def send_ghl_event(stage, topic, contact, **data):
    body = {"side": "ghl", "account": "alder", "topic": topic, "data": {"id": contact, "contactId": contact, **data}}
    stage.world.control("POST", "trigger", body)


def ghl_event(stage, topic, contact, **data):
    send_ghl_event(stage, topic, contact, **data)
    stage.settle()


def begun():
    return [(one.trigger, one.gist_id, one.ghl_id) for one in Execution.objects.all()]


def watch_each(stage, keys):
    for key in keys:
        watch(stage, key)


def test_each_event_of_gist_starts_its_workflow_for_the_person(stage, ann):
    watch_each(stage, GIST)
    for topics in GIST.values():
        for topic in topics:
            stage.trigger(topic, ann[0])
    stage.settle()
    assert sorted(begun()) == sorted((key, *ann) for key, topics in GIST.items() for _ in topics)


def test_each_event_of_ghl_starts_its_workflow_for_the_person(stage, ann):
    watch_each(stage, GHL)
    for topics in GHL.values():
        for topic in topics:
            send_ghl_event(stage, topic, ann[1])
    stage.settle()
    assert sorted(begun()) == sorted((key, *ann) for key, topics in GHL.items() for _ in topics)


def test_an_opportunity_tells_its_facts(stage, ann):
    does = [{"do": "note.create", "values": {"body": "{{ event.opportunity }}: {{ event.status }} {{ event.amount }}"}}]
    triggers = [{"on": "ghl.opportunity_status_changed", "status": "won"}]
    stage.workflow("contact_opened", {"triggers": triggers, "actions": does})
    ghl_event(stage, "OpportunityStatusUpdate", ann[1], **OPPORTUNITY)
    assert [note["body"] for note in stage.notes(ann[1])] == ["Braces for two: won 1200"]


def test_a_status_that_was_not_asked_for_starts_nothing(stage, ann):
    watch(stage, "ghl.opportunity_status_changed", status="lost")
    ghl_event(stage, "OpportunityStatusUpdate", ann[1], **OPPORTUNITY)
    assert begun() == []


def test_an_opportunity_of_nobody_starts_nothing(stage, ann):
    watch(stage, "ghl.opportunity_created")
    ghl_event(stage, "OpportunityCreate", "", id="opp1")
    assert begun() == []


def test_a_page_is_named_with_a_star(stage, ann):
    watch(stage, "gist.page_visited", page="https://acme.test/pricing*")
    for page in ("https://acme.test/jobs", "https://acme.test/pricing?plan=gold"):
        stage.trigger("new_page_visit", ann[0], page={"url": page})
    stage.settle()
    assert [one.facts["event"]["page"] for one in Execution.objects.all()] == ["https://acme.test/pricing?plan=gold"]


@pytest.mark.parametrize(
    ("method", "key"), [("PUT", "ghl.note_changed"), ("DELETE", "ghl.note_deleted")], ids=["changed", "deleted"]
)
def test_a_note_that_is_changed_or_deleted_starts_its_workflow(stage, ann, method, key):
    note = stage.world.ghl("POST", f"/contacts/{ann[1]}/notes", json={"body": "Likes tea"})["note"]["id"]
    stage.settle()
    watch(stage, key)
    stage.world.ghl(method, f"/contacts/{ann[1]}/notes/{note}", json={"body": "Likes coffee"})
    stage.settle()
    assert begun() == [(key, *ann)]


def test_a_task_that_is_reopened_is_seen_by_reading(stage, ann):
    task = stage.task(ann[1])
    done = f"/contacts/{ann[1]}/tasks/{task['id']}/completed"
    stage.world.ghl("PUT", done, json={"completed": True})
    stage.settle()
    watch(stage, "ghl.task_reopened")
    sync(stage.link, "incremental")  # The first reading learns what stands there.
    stage.world.ghl("PUT", done, json={"completed": False})
    sync(stage.link, "incremental")
    stage.settle()
    assert begun() == [("ghl.task_reopened", *ann)]
