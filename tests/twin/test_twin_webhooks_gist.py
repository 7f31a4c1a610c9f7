"""Gist's webhooks: which topics a call fires, what they say, how they are repeated and switched off."""

import json
from typing import Any

import pytest

from tests.twin.conftest import Api
from tests.twin.receiver import Receiver, gist_hook


@pytest.fixture
def receiver(control: Api, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    return Receiver(control).listen(monkeypatch)


@pytest.fixture
def joe(gist: Api) -> dict[str, Any]:
    """A lead of Alder in Gist, made before anybody listened."""
    contact: dict[str, Any] = gist.post("/contacts", {"email": "joe@lead.test", "name": "Joe"}).json()["contact"]
    return contact


def test_a_new_contact_fires_two_topics_with_the_contact_as_the_api_shows_it(
    gist: Api, control: Api, receiver: Receiver
) -> None:
    gist_hook(control)
    made = gist.post("/contacts", {"email": "joe@lead.test", "name": "Joe"}).json()["contact"]
    receiver.deliver()
    assert [json.loads(one.body or b"") for one in receiver.got] == [{"contact": made}] * 2
    assert {one.headers["X-Own"] for one in receiver.got} == {"yes"}
    assert receiver.topics() == ["contact_created", "lead_created"]
    gist.post("/contacts", {"user_id": "u1"})
    assert receiver.topics() == ["contact_created", "user_created"]


def test_a_new_contact_fires_one_topic_without_the_quirk(gist: Api, control: Api, receiver: Receiver) -> None:
    gist_hook(control)
    control.post("/quirks/", {"gist_hook_created_twice": False})
    gist.post("/contacts", {"email": "joe@lead.test"})
    assert receiver.topics() == ["contact_created"]


CHANGES = [
    ({"tags": ["vip"]}, ["contact_tagged"]),
    ({"custom_properties": {"plan": "plus"}}, ["custom_property_value_updated"]),
    ({"unsubscribed_from_emails": True}, ["contact_unsubscribed_from_emails"]),
    ({"user_id": "u-1"}, ["user_created"]),
    ({"name": "Joseph", "phone": "+12125550100", "job_title": "Boss"}, []),
]


@pytest.mark.parametrize(("change", "topics"), CHANGES)
def test_changes_of_a_contact_have_their_topics_and_names_and_phones_none(
    gist: Api, joe: dict[str, Any], control: Api, receiver: Receiver, change: dict[str, Any], topics: list[str]
) -> None:
    gist_hook(control)
    gist.post("/contacts", {"email": joe["email"], **change})
    assert receiver.topics() == topics


def test_plain_fields_are_told_of_without_the_quirk(
    gist: Api, joe: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    gist_hook(control)
    control.post("/quirks/", {"gist_hook_fields_silent": False})
    gist.post("/contacts", {"email": joe["email"], "name": "Joseph"})
    assert receiver.topics() == ["custom_property_value_updated"]


def test_a_new_email_is_told(gist: Api, joe: dict[str, Any], control: Api, receiver: Receiver) -> None:
    gist_hook(control)
    gist.post("/contacts", {"id": joe["id"], "email": "joseph@lead.test"})
    assert receiver.topics() == ["contact_email_updated"]


def test_tags_and_deletion_are_told(gist: Api, joe: dict[str, Any], control: Api, receiver: Receiver) -> None:
    gist_hook(control)
    gist.post("/tags", {"name": "vip", "contacts": [{"id": joe["id"]}]})
    gist.post("/tags", {"name": "vip", "contacts": [{"id": joe["id"], "untag": True}]})
    gist.delete(f"/contacts/{joe['id']}")
    tagged, untagged, deleted = receiver.bodies()
    assert [tag["name"] for tag in tagged["contact"]["tags"]] == ["vip"]
    assert (untagged["contact"]["tags"], deleted["contact"]["id"]) == ([], joe["id"])


def test_conversations_tell_of_themselves_and_whose_they_are(
    gist: Api, joe: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    gist_hook(control)
    talk = gist.post("/conversations", {"from": {"id": joe["id"]}, "body": "Hello?"}).json()["conversation"]
    mate = gist.get("/teammates").json()["teammates"][0]["id"]
    one, mine = f"/conversations/{talk['id']}", {"from": {"type": "teammate", "teammate_id": mate}}
    gist.post(f"{one}/messages", {**mine, "body": "Yes?"})
    gist.post(f"{one}/messages", {**mine, "body": "Knows us", "message_type": "note"})
    gist.patch(f"{one}/assign", {"teammate_id": mate, "assignee_id": mate})
    gist.patch(one, {"state": "closed", "teammate_id": mate})
    gist.patch(one, {"state": "open", "teammate_id": mate})
    receiver.deliver()
    assert {json.loads(one.body or b"")["contact"]["id"] for one in receiver.got} == {joe["id"]}
    assert receiver.topics() == [
        "contact_initiated_conversation",
        "new_message_received",
        "teammate_replied",
        "note_added",
        "conversation_assigned",
        "conversation_closed",
        "conversation_opened",
    ]


def test_performed_events_are_told(gist: Api, joe: dict[str, Any], control: Api, receiver: Receiver) -> None:
    gist_hook(control)
    gist.post("/events", {"email": joe["email"], "event_name": "Signed up"})
    (came,) = receiver.bodies()
    assert (came["contact"]["id"], came["event"]["name"]) == (joe["id"], "Signed up")


def test_meetings_and_automations_are_triggered_by_hand(joe: dict[str, Any], control: Api, receiver: Receiver) -> None:
    gist_hook(control)
    common = {"side": "gist", "account": "alder", "contact": joe["email"]}
    control.post("/trigger/", {**common, "topic": "meeting_scheduled", "data": {"meeting": {"id": 7}}})
    control.post("/trigger/", {**common, "topic": "workflow"})
    control.post("/quirks/", {"gist_hook_workflow_message": False})
    control.post("/trigger/", {**common, "topic": "workflow"})
    meeting, automation, plain = receiver.bodies()
    assert (meeting["contact"]["id"], meeting["meeting"]) == (joe["id"], {"id": 7})
    assert (automation["message"]["id"], plain["contact"]["id"]) == (joe["id"], joe["id"])


def test_gist_sends_only_topics_that_have_a_hook(gist: Api, control: Api, receiver: Receiver) -> None:
    gist_hook(control, "contact_tagged")
    gist.post("/contacts", {"email": "joe@lead.test", "tags": ["vip"]})
    assert receiver.topics() == ["contact_tagged"]


def test_gist_calls_stay_silent_without_the_echo(gist: Api, control: Api, receiver: Receiver) -> None:
    gist_hook(control)
    control.post("/quirks/", {"gist_hook_echo": False})
    gist.post("/contacts", {"email": "joe@lead.test"})
    assert receiver.topics() == []


@pytest.mark.parametrize("status", [0, 404, 429, 500])
def test_gist_repeats_three_times_and_then_switches_the_hook_off(
    gist: Api, control: Api, receiver: Receiver, status: int
) -> None:
    gist_hook(control, "lead_created", retry_seconds=0)
    receiver.statuses = [status] * 9
    gist.post("/contacts", {"email": "joe@lead.test"})
    assert [receiver.deliver() for _ in range(6)] == [1, 1, 1, 1, 0, 0]
    gist.post("/contacts", {"email": "jim@lead.test"})
    assert receiver.deliver() == 0
    off = control.get("/hooks/").json()["gist"]["48211"]["lead_created"]["off"]
    assert (off, receiver.counts()["failed"]) == ("three failed repeats in a row", 1)


def test_a_hook_that_recovers_stays_on(gist: Api, control: Api, receiver: Receiver) -> None:
    gist_hook(control, "lead_created", retry_seconds=0)
    for name in ("joe", "jim", "jon"):
        receiver.statuses = [500, 500, 500]
        gist.post("/contacts", {"email": f"{name}@lead.test"})
        assert sum(receiver.deliver() for _ in range(5)) == 4
    assert receiver.counts()["delivered"] == 3


def test_410_switches_a_gist_hook_off_at_once_and_its_events_with_it(
    gist: Api, control: Api, receiver: Receiver
) -> None:
    gist_hook(control, "lead_created", "contact_created")
    receiver.statuses = [200, 410]
    gist.post("/contacts", {"email": "joe@lead.test"})
    gist.post("/contacts", {"email": "jim@lead.test"})
    receiver.deliver()
    counts = receiver.counts()["gist"]
    assert (counts["delivered"], counts["failed"], counts["off"]) == (2, 1, 1)
    gist_hook(control, "lead_created")
    gist.post("/contacts", {"email": "jon@lead.test"})
    assert receiver.deliver() == 1
