"""One field that an API refuses keeps nobody out and no other field back, and stays open until it is accepted."""

import json

import pytest
import requests
from requests.adapters import HTTPAdapter

from integration.mapping.versions import save_version
from integration.models import Execution, LogEntry, Snapshot
from integration.runs.start import retry_failed
from integration.workflows import versions
from tests.conftest import MAPPING
from tests.sync.hands import edit, states
from tests.world import finish, sync

TOWN = {"gist": "custom_properties.town", "ghl": "city"}
BOB = {"firstName": "Bob", "lastName": "Hill", "email": "bob@example.test", "phone": "+14155552671"}


@pytest.fixture
def refusing(monkeypatch):
    """Has one side answer `status` and `message` to every write whose body holds `word`; returns those bodies."""
    forward = HTTPAdapter.send

    def prepare(side, word, status, message):
        refused = []

        def send(self, request, **options):
            body = request.body if isinstance(request.body, str) else (request.body or b"").decode()
            if (
                request.method in ("POST", "PUT")
                and f"/{side}/" in request.url
                and "search" not in request.url
                and word in body
            ):
                refused.append(json.loads(body))
                answer = requests.Response()
                answer.status_code, answer.request, answer.url = status, request, request.url
                answer._content = json.dumps(message).encode()
                return answer
            return forward(self, request, **options)

        monkeypatch.setattr(HTTPAdapter, "send", send)
        return refused

    return prepare


def test_a_phone_of_somebody_else_does_not_hold_back_name_and_tag(world, link, pair):
    world.ghl_contact(**BOB)
    sync(link)
    edit(world, pair, gist={"name": "Anna Lee", "tags": ["new"], "phone": BOB["phone"]})
    run = sync(link)
    ann = next(one for one in world.everyone("ghl") if one["id"] == pair[1])
    assert (ann["firstName"], sorted(ann["tags"]), ann["phone"]) == ("Anna", ["new", "vip"], "+15550101234")
    entry = run.entries.get(gist_id=pair[0])
    assert (entry.outcome, entry.reason) == ("failed", "left_out")
    assert "phone left out" in entry.message
    assert states(run)["ghl", "phone"] == "failed"


def test_what_was_left_out_is_written_once_its_cause_is_gone(world, link, pair):
    bob = world.ghl_contact(**BOB)
    sync(link)
    edit(world, pair, gist={"name": "Anna Lee", "phone": BOB["phone"]})
    sync(link)
    world.ghl("PUT", f"/contacts/{bob['id']}", json={"phone": "+14155550000"})
    run = sync(link)
    ann = next(one for one in world.everyone("ghl") if one["id"] == pair[1])
    assert (ann["phone"], run.failed) == (BOB["phone"], 0)
    assert not LogEntry.objects.filter(outcome="failed", resolved_at=None).exists()


def test_what_stays_refused_is_counted_and_not_logged_again(world, link, pair):
    world.ghl_contact(**BOB)
    sync(link)
    edit(world, pair, gist={"phone": BOB["phone"]})
    first, second, third = sync(link), sync(link), sync(link, "incremental")
    assert (first.failed, second.failed) == (1, 1)
    assert (first.entries.count(), second.entries.count(), third.entries.count()) == (1, 0, 0)


def test_a_taken_address_does_not_hold_back_the_name(world, link, pair):
    world.ghl_contact(firstName="Bob", email="taken@example.test")
    save_version(link, [row for row in MAPPING if row["gist"] != "phone"])
    world.gist("POST", "/contacts", json={"id": pair[0], "email": "taken@example.test", "name": "Anna Lee"})
    sync(link, "incremental")
    ann = next(one for one in world.everyone("ghl") if one["id"] == pair[1])
    assert (ann["firstName"], ann["email"]) == ("Anna", "ann@example.test")


def test_a_refusal_of_ghl_does_not_keep_the_other_edit_from_gist(world, link, pair):
    world.ghl_contact(**BOB)
    sync(link)
    edit(world, pair, gist={"phone": BOB["phone"]}, ghl={"firstName": "Anna"})
    sync(link)
    ann = next(one for one in world.everyone("gist") if one["id"] == pair[0])
    assert ann["name"] == "Anna Lee"


def test_a_property_named_by_the_answer_is_left_out_of_a_new_contact(world, link, refusing):
    save_version(link, [*MAPPING, TOWN])
    refusing("ghl", "Atlantis", 422, {"statusCode": 422, "message": ["city must be a real city"]})
    world.gist_contact(email="eva@example.test", name="Eva Ruiz", custom_properties={"town": "Atlantis"})
    run = sync(link)
    (eva,) = world.everyone("ghl")
    assert (eva["firstName"], run.failed) == ("Eva", 1)
    assert states(run)["ghl", "city"] == "failed"
    assert sync(link).created == 0
    assert len(world.everyone("ghl")) == 1


def test_somebody_created_without_a_field_begins_workflows_once(world, link, refusing):
    save_version(link, [*MAPPING, TOWN])
    refusing("ghl", "Atlantis", 422, {"statusCode": 422, "message": ["city must be a real city"]})
    does = [{"do": "note.create", "values": {"body": "Welcome"}}]
    triggers = [{"on": "gist.contact_created"}]
    versions.create_workflow(link, "keep_in_step", definition={"triggers": triggers, "actions": does}, enabled=True)
    world.gist_contact(email="zoe@example.test", name="Zoe Ruiz")
    sync(link)
    begun = Execution.objects.count()
    world.gist_contact(email="eva@example.test", name="Eva Ruiz", custom_properties={"town": "Atlantis"})
    sync(link)
    sync(link)
    assert Execution.objects.count() == begun + 1


def test_a_field_that_no_answer_names_is_found_by_halves(world, link, pair, refusing):
    save_version(link, [*MAPPING, TOWN])
    sync(link)
    refused = refusing("ghl", "Atlantis", 400, {"statusCode": 400, "message": "Bad Request"})
    edit(world, pair, gist={"name": "Anna Lee", "phone": "+14155552671", "custom_properties": {"town": "Atlantis"}})
    run = sync(link)
    (ann,) = world.everyone("ghl")
    assert (ann["firstName"], ann["phone"]) == ("Anna", "+14155552671")
    assert states(run)["ghl", "city"] == "failed"
    assert 1 < len(refused) <= 4


def test_what_gist_refuses_is_left_out_too(world, link, pair, refusing):
    refusing("gist", "+14155552671", 422, {"errors": [{"message": "Phone is invalid"}]})
    edit(world, pair, ghl={"firstName": "Anna", "phone": "+14155552671"})
    run = sync(link)
    assert world.everyone("gist")[0]["name"] == "Anna Lee"
    assert "phone left out: Alder Gist: Gist answered 422" in run.entries.get().message


def test_a_user_who_does_not_exist_is_no_contact_that_is_gone(world, link, pair, refusing):
    save_version(link, [*MAPPING, {"gist": "custom_properties.owner", "ghl": "assignedTo"}])
    sync(link)
    refusing("ghl", "nobody", 400, {"statusCode": 400, "message": "User assigned to not found"})
    edit(world, pair, gist={"name": "Anna Lee", "custom_properties": {"owner": "nobody"}})
    run = sync(link)
    assert world.everyone("ghl")[0]["firstName"] == "Anna"
    assert states(run)["ghl", "assignedTo"] == "failed"


def test_a_retry_tries_what_was_left_out_and_nothing_else(world, link, pair):
    bob = world.ghl_contact(**BOB)
    sync(link)
    edit(world, pair, gist={"name": "Anna Lee", "phone": BOB["phone"]})
    run = sync(link)
    world.ghl("DELETE", f"/contacts/{bob['id']}")
    again = finish(retry_failed(run))
    assert states(again) == {("ghl", "phone"): "applied"}
    assert not Snapshot.objects.filter(parked=True).exists()
