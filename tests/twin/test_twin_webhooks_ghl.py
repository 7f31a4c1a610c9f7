"""GHL's webhooks: which events a call makes, what they say, how they are signed and repeated."""

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from tests.twin.conftest import LOCATION, Api
from tests.twin.receiver import Receiver, hook


@pytest.fixture
def receiver(control: Api, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    return Receiver(control).listen(monkeypatch)


def test_nothing_is_sent_until_hooks_are_set(ghl: Api, ada: dict[str, Any], receiver: Receiver) -> None:
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert (receiver.deliver(), receiver.counts()["pending"], receiver.got) == (0, 0, [])


def test_a_contacts_life_is_told(ghl: Api, control: Api, receiver: Receiver) -> None:
    hook(control)
    body = {"locationId": LOCATION, "firstName": "Ada", "lastName": "Marsh", "email": "ada@marsh.test"}
    contact = ghl.post("/contacts/", body).json()["contact"]
    ghl.put(f"/contacts/{contact['id']}", {"city": "Austin"})
    ghl.post(f"/contacts/{contact['id']}/tags", {"tags": ["vip"]})
    ghl.put(f"/contacts/{contact['id']}", {"dnd": True})
    ghl.delete(f"/contacts/{contact['id']}")
    came = receiver.bodies()
    told = ["ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate", "ContactDelete"]
    assert [one["type"] for one in came] == told
    assert {(one["id"], one["locationId"], one["name"]) for one in came} == {(contact["id"], LOCATION, "Ada Marsh")}
    assert (came[1]["city"], came[2]["tags"], came[3]["dndSettings"]) == ("Austin", ["vip"], {})


def test_the_envelope_is_flat_and_each_event_has_its_own_id(ghl: Api, control: Api, receiver: Receiver) -> None:
    hook(control)
    for name in ("Ada", "Bo"):
        ghl.post("/contacts/", {"locationId": LOCATION, "firstName": name, "email": f"{name}@x.test"})
    first, second = receiver.bodies()
    assert {"timestamp", "webhookId", "appId", "versionId"} <= first.keys()
    assert first["timestamp"].endswith("Z")
    assert first["webhookId"] != second["webhookId"]
    assert not {"dateUpdated", "timezone", "phone"} & first.keys(), "empty fields, the time and the zone stay out"


def test_empty_fields_come_as_null_without_the_quirk(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    hook(control)
    control.post("/quirks/", {"ghl_hook_empty_left_out": False})
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert receiver.bodies()[0]["phone"] is None


def test_a_call_that_changes_nothing_echoes_all_the_same(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    hook(control)
    ghl.put(f"/contacts/{ada['id']}", {"firstName": "Ada"})
    assert receiver.types() == ["ContactUpdate"]


def test_calls_stay_silent_without_the_echo(ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver) -> None:
    hook(control)
    control.post("/quirks/", {"ghl_hook_echo": False})
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert receiver.types() == []


def test_a_refused_call_sends_nothing(ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver) -> None:
    hook(control)
    assert ghl.post("/contacts/", {"locationId": LOCATION, "email": "ada@marsh.test"}).status_code == 400
    assert receiver.types() == []


@pytest.mark.parametrize(("quirk", "told"), [(True, []), (False, ["ContactDndUpdate"])])
def test_dnd_asked_for_by_the_contact_is_silent(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver, quirk: bool, told: list[str]
) -> None:
    hook(control)
    control.post("/quirks/", {"ghl_hook_inbound_dnd_silent": quirk})
    ghl.put(f"/contacts/{ada['id']}", {"inboundDndSettings": {"all": {"status": "active"}}})
    assert receiver.types() == told


TASK = {"title": "Call", "body": "Ask", "dueDate": "2026-05-01T10:00:00Z", "completed": False}


def test_tasks_tell_of_creation_completion_and_deletion_only(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    hook(control)
    base = f"/contacts/{ada['id']}/tasks"
    task = ghl.post(base, TASK).json()["task"]
    ghl.put(f"{base}/{task['id']}", {"title": "Call again"})
    ghl.put(f"{base}/{task['id']}/completed", {"completed": True})
    ghl.put(f"{base}/{task['id']}/completed", {"completed": False})
    ghl.delete(f"{base}/{task['id']}")
    created, completed, deleted = receiver.bodies()
    assert [one["type"] for one in (created, completed, deleted)] == ["TaskCreate", "TaskComplete", "TaskDelete"]
    assert (created["id"], created["title"]) == (task["id"], "Call")
    assert not {"contactId", "body"} & created.keys()
    assert (completed["contactId"], completed["body"]) == (ada["id"], "Ask")


def test_task_events_are_whole_and_complete_without_their_quirks(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    hook(control)
    control.post("/quirks/", {"ghl_hook_task_bare": False, "ghl_hook_no_task_update": False})
    task = ghl.post(f"/contacts/{ada['id']}/tasks", TASK).json()["task"]
    ghl.put(f"/contacts/{ada['id']}/tasks/{task['id']}", {"title": "Call again"})
    created, updated = receiver.bodies()
    assert (created["contactId"], updated["type"]) == (ada["id"], "TaskUpdate")


@pytest.mark.parametrize(("quirk", "more"), [(True, set()), (False, {"title", "pinned"})])
def test_notes_say_little(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver, quirk: bool, more: set[str]
) -> None:
    hook(control)
    control.post("/quirks/", {"ghl_hook_note_short": quirk})
    base = f"/contacts/{ada['id']}/notes"
    note = ghl.post(base, {"body": "Hello", "title": "First"}).json()["note"]
    ghl.put(f"{base}/{note['id']}", {"body": "Hello again"})
    ghl.delete(f"{base}/{note['id']}")
    came = receiver.bodies()
    assert [one["type"] for one in came] == ["NoteCreate", "NoteUpdate", "NoteDelete"]
    envelope = {"type", "locationId", "timestamp", "webhookId", "appId", "versionId"}
    assert came[1].keys() - envelope == {"id", "body", "contactId", "dateAdded"} | more


@pytest.mark.parametrize("quirk", [False, True])
def test_appointments_are_nested_and_may_name_the_wrong_type(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver, quirk: bool
) -> None:
    hook(control)
    control.post("/quirks/", {"ghl_hook_appointment_type": quirk})
    calendar = ghl.get(f"/calendars/?locationId={LOCATION}").json()["calendars"][0]["id"]
    start = {"startTime": "2030-05-01T10:00:00-04:00", "ignoreFreeSlotValidation": True}
    body = {"calendarId": calendar, "locationId": LOCATION, "contactId": ada["id"], **start}
    made = ghl.post("/calendars/events/appointments", body).json()
    ghl.put(f"/calendars/events/appointments/{made['id']}", {"title": "Moved"})
    ghl.delete(f"/calendars/events/{made['id']}")
    came = receiver.bodies()
    right = ["AppointmentCreate", "AppointmentUpdate", "AppointmentDelete"]
    assert [one["type"] for one in came] == (["AppointmentCreate"] * 3 if quirk else right)
    assert (came[1]["appointment"]["id"], came[1]["appointment"]["title"]) == (made["id"], "Moved")
    assert came[0]["appointment"]["contactId"] == ada["id"]


def test_blocked_slots_are_silent(ghl: Api, control: Api, receiver: Receiver) -> None:
    hook(control)
    calendar = ghl.get(f"/calendars/?locationId={LOCATION}").json()["calendars"][0]["id"]
    assert ghl.post("/calendars/events/block-slots", {"calendarId": calendar, "locationId": LOCATION}).status_code < 300
    assert receiver.types() == []


def test_install_comes_when_a_person_lets_the_app_in(control: Api, receiver: Receiver, client: Any) -> None:
    hook(control)
    form = {"client_id": "sandbox-gistline", "redirect_uri": "http://localhost/back", "choice": "allow"}
    client.post("/sandbox/ghl/oauth/chooselocation", {**form, "location": LOCATION})
    client.post("/sandbox/ghl/oauth/chooselocation", {**form, "location": "agency"})
    location, agency = receiver.bodies()
    assert (location["type"], location["locationId"]) == ("INSTALL", LOCATION)
    assert (agency["type"], "locationId" in agency) == ("INSTALL", False)


def test_uninstall_is_triggered_by_hand(control: Api, receiver: Receiver) -> None:
    hook(control)
    assert control.post("/trigger/", {"side": "ghl", "account": "alder", "topic": "UNINSTALL"}).json()["sent"]
    (came,) = receiver.bodies()
    assert (came["type"], came["locationId"], came["appId"]) == ("UNINSTALL", LOCATION, "sandbox-gistline")


def _public_keys(hooks: dict[str, Any]) -> list[Any]:
    begin = b"-----BEGIN"
    parts = Path(hooks["public_keys"]).read_bytes().split(begin)[1:]
    return [serialization.load_pem_public_key(begin + part) for part in parts]


def test_both_signatures_hold_over_the_raw_body(ghl: Api, control: Api, receiver: Receiver) -> None:
    ed25519, rsa = _public_keys(hook(control))
    ghl.post("/contacts/", {"locationId": LOCATION, "firstName": "Zoë 🦷", "email": "zoe2@x.test"})
    receiver.deliver()
    sent = receiver.got[0]
    body = bytes(sent.body)  # type: ignore[arg-type]
    assert "Zoë 🦷".encode() in body
    ed25519.verify(base64.b64decode(sent.headers["X-GHL-Signature"]), body)
    rsa.verify(base64.b64decode(sent.headers["X-WH-Signature"]), body, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        ed25519.verify(base64.b64decode(sent.headers["X-GHL-Signature"]), body + b" ")


def test_keys_are_made_once(control: Api) -> None:
    path = Path(hook(control)["public_keys"])
    before = path.read_bytes()
    control.post("/reset/", {"world": "empty"})
    assert Path(hook(control)["public_keys"]).read_bytes() == before
    assert path.parent.name == "sandbox-webhook-keys"
    assert (path.parent / "rsa.pem").stat().st_mode & 0o077 == 0


def test_a_signature_may_be_missing(ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver) -> None:
    hook(control)
    control.post("/quirks/", {"ghl_hook_rsa": False, "ghl_hook_no_ed25519": True})
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    receiver.deliver()
    headers = receiver.got[0].headers
    assert (headers["X-GHL-Signature"], "X-WH-Signature" in headers) == ("N/A", False)


@pytest.mark.parametrize("status", [0, 400, 404, 500, 503, 302])
def test_what_is_not_taken_is_lost_unless_refused_with_429(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver, status: int
) -> None:
    hook(control, retry_seconds=0)
    receiver.statuses = [status]
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert [receiver.deliver(), receiver.deliver()] == [1, 0]
    counts = receiver.counts()
    assert (counts["failed"], counts["pending"], counts["answers"]) == (1, 0, {str(status): 1})


def test_429_is_followed_by_six_repeats_of_the_same_body(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    hook(control, retry_seconds=0)
    receiver.statuses = [429] * 20
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert [receiver.deliver() for _ in range(9)] == [1] * 7 + [0, 0]
    assert len({request.body for request in receiver.got}) == 1
    assert receiver.counts()["ghl"]["failed"] == 1


def test_repeats_wait_ten_minutes_and_a_little(ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver) -> None:
    hook(control)
    receiver.statuses = [429]
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert [receiver.deliver(), receiver.deliver(590), receiver.counts()["pending"]] == [1, 0, 1]
    assert [receiver.deliver(665), receiver.counts()["delivered"]] == [1, 1]


def test_by_the_newer_rule_every_failure_is_repeated(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    hook(control, retry_seconds=0)
    control.post("/quirks/", {"ghl_hook_429_only": False})
    receiver.statuses = [500] * 20
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert sum(receiver.deliver() for _ in range(20)) == 13
