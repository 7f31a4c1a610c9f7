"""Trying an operation: every read is answered by the twin, and what is written is put on record."""

import pytest

from integration.catalogue import CATALOGUE
from integration.catalogue.try_operation import MASKED, as_curl, mask_personal, try_operation, why_not_tried
from integration.errors import SetupError
from integration.models import LogEntry, Mode
from integration.providers.ghl.contacts import DELETE
from integration.records import PersonRef
from tests.operation_values import value_of

READS = [key for key, one in CATALOGUE.items() if one.kind == "read" and not why_not_tried(one)]
WINDOW = {"startTime": "2030-01-07T00:00:00Z", "endTime": "2030-01-08T00:00:00Z"}
MORE = {
    "ghl.contacts.find_duplicate": {"email": "ann@example.test"},
    "ghl.calendars.free_slots": {"startDate": WINDOW["startTime"], "endDate": WINDOW["endTime"]},
    "ghl.appointments.notes": {"limit": "10", "offset": "0"},
}


@pytest.fixture
def ann(there):
    return PersonRef(there["gist"], there["ghl"], "Ann Lee")


@pytest.fixture
def values_of(world, there):
    """By key, what a person would fill in."""
    company = world.ghl("GET", f"/locations/{world.location}")["location"]["companyId"]
    ids = {
        "calendar_id": there["calendar"], "user_id": there["user"], "campaign_id": there["campaign"],
        "teammate_id": there["teammate"],
    }  # fmt: skip
    ids |= {f"{name}_id": str(world.gist("GET", f"/{name}s")[f"{name}s"][0]["id"]) for name in ("segment", "team")}

    def values(key):
        entry = CATALOGUE[key]
        wanted = {one.name: value_of(key, entry.side, one, there | ids) for one in entry.fields if one.required}
        if key in ("ghl.events.list", "ghl.events.blocked_slots"):
            return WINDOW | {"calendarId": there["calendar"]}
        if key == "gist.contacts.batch_status":
            made = world.gist("POST", "/contacts/batch", json={"contacts": [{"email": "bo@example.test"}]})
            return {"batch_id": str(made["batch_id"])}
        return wanted | ({"companyId": company} if key == "ghl.users.search" else MORE.get(key, {}))

    return values


def test_every_read_is_answered(link, values_of, ann, owner):
    tried = {key: try_operation(CATALOGUE[key], link, values_of(key), ann, owner) for key in READS}
    assert {key: one.answer for key, one in tried.items() if (one.problem, one.status) != ("", 200)} == {}
    assert LogEntry.objects.count() == 0


def test_a_write_is_sent_once_and_put_on_record(world, link, there, ann, owner):
    values = {"title": "Call", "dueDate": "2030-01-02T10:00:00Z"}
    tried = try_operation(CATALOGUE["ghl.tasks.create"], link, values, ann, owner)
    assert tried.status == 201
    assert [task["title"] for task in world.ghl("GET", f"/contacts/{there['ghl']}/tasks")["tasks"]].count("Call") == 1
    entry = LogEntry.objects.get(pk=tried.entry_id)
    assert (entry.outcome, entry.run.started_by, entry.ghl_id) == ("created", owner, there["ghl"])
    assert [(change.action, change.state, change.rule) for change in entry.changes.all()] == [
        ("send", "applied", "person")
    ]


def test_a_refusal_is_shown_as_it_came_and_put_on_record(world, link, there, ann, owner):
    tried = try_operation(CATALOGUE["ghl.tasks.get"], link, {"task_id": "nosuchtask"}, ann, owner)
    assert (tried.status, tried.is_ok) == (404, False)
    assert "nosuchtask" in tried.answer
    tried = try_operation(CATALOGUE["ghl.tasks.delete"], link, {"task_id": "nosuchtask"}, ann, owner)
    assert LogEntry.objects.get(pk=tried.entry_id).outcome == "failed"


def test_what_is_missing_is_said_before_anything_is_sent(world, link, there, ann, owner):
    world.forget_calls()
    tried = try_operation(CATALOGUE["ghl.tasks.get"], link, {}, ann, owner)
    assert "needs task id" in tried.problem
    assert (world.calls(), tried.sent) == ({"gist": 0, "ghl": 0}, [])


def test_nothing_is_written_while_the_link_only_watches(world, link, ann, owner):
    link.mode = Mode.WATCH
    link.save()
    with pytest.raises(SetupError, match="only watches"):
        try_operation(CATALOGUE["ghl.tasks.create"], link, {"title": "Call"}, ann, owner)


def test_nobody_is_opted_in_by_trying(world, link, there, ann, owner):
    tried = try_operation(CATALOGUE["ghl.contacts.update"], link, {"body_json": {"dnd": False}}, ann, owner)
    assert tried.status is None
    assert tried.problem


@pytest.mark.parametrize(
    "key", ["gist.contact_created", "task.create", "ghl.oauth.location_token", "gist.contacts.batch"]
)
def test_what_cannot_be_tried_says_why(world, link, ann, owner, key):
    with pytest.raises(SetupError, match=r"\w+ .*\."):
        try_operation(CATALOGUE[key], link, {}, ann, owner)


def test_personal_values_are_masked_unless_asked_for(world, link, there, ann, owner):
    entry = CATALOGUE["ghl.contacts.get"]
    assert "ann@example.test" not in try_operation(entry, link, {}, ann, owner).answer
    assert "ann@example.test" in try_operation(entry, link, {}, ann, owner, mask=lambda body: body).answer


def test_masking_keeps_the_shape():
    body = {"id": "1", "emailLowerCase": "a@b.test", "tags": ["vip"], "customFields": [{"id": "x", "value": "y"}]}
    masked = {"id": "1", "emailLowerCase": MASKED, "tags": ["vip"], "customFields": [{"id": "x", "value": MASKED}]}
    assert mask_personal(body, "Contact") == masked


def test_names_of_what_is_nobody_are_shown(world, link, there, ann, owner):
    assert "warm" in try_operation(CATALOGUE["ghl.tags.list"], link, {}, ann, owner).answer


def test_the_command_for_a_shell_names_no_login(world, link, there, ann, owner):
    tried = try_operation(CATALOGUE[DELETE.key], link, {}, ann, owner)
    curl = as_curl(tried, "https://example.test", DELETE.version)
    assert curl.splitlines() == [
        f"curl -X DELETE 'https://example.test/contacts/{there['ghl']}' \\",
        '  -H "Authorization: Bearer $TOKEN" \\',
        "  -H 'Version: 2021-07-28'",
    ]
