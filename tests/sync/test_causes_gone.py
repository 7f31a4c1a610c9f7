"""Whoever was left out because of the login, the settings or the other account is taken up by the next quick run once
that is mended, without anybody asking: a test for each reason.
"""

import json

import pytest
import requests
from django.utils import timezone
from requests.adapters import HTTPAdapter

from integration.mapping.versions import save_version
from integration.models import Connection, Execution, Link, LogEntry, Pause, Problem
from integration.problems.pause import pause, resume
from integration.sync.pending_reads import verify_missing
from integration.twin.store import Row, current_store
from integration.workflows import versions
from tests.conftest import MAPPING
from tests.sync.hands import edit
from tests.world import sync

SCOPE = "contacts.write"
PHONE = "+14155552671"


@pytest.fixture
def scopes(world):
    """Takes a scope from the login, or grants it: in GHL a private token keeps its text while its scopes change."""

    def set_scope(granted, scope=SCOPE):
        store = current_store()
        token = store.get("ghl.token", "", world.private_token)
        rest = [one for one in token["scopes"] if one != scope]
        store.put(
            Row("ghl.token", "", world.private_token, {**token, "scopes": [*rest, *([scope] if granted else [])]})
        )

    return set_scope


@pytest.fixture
def refusing(monkeypatch):
    """Has one side answer so to every write whose body holds `word`, until it is asked to stop; counts them."""
    forward, refused, rule = HTTPAdapter.send, [], {}

    def send(self, request, **options):
        body = request.body if isinstance(request.body, str) else (request.body or b"").decode()
        is_write = request.method in ("POST", "PUT") and "search" not in request.url
        if not (rule and is_write and f"/{rule['side']}/" in request.url and rule["word"] in body):
            return forward(self, request, **options)
        refused.append(body)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = rule["status"], request, request.url
        answer._content = json.dumps({"statusCode": rule["status"], "message": rule["message"]}).encode()
        return answer

    def set_rule(**wanted):
        rule.clear()
        rule.update(wanted)
        return refused

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return set_rule


def age(link):
    """Long after: a quick run reads nothing of what stands there now."""
    link.refresh_from_db()
    now = timezone.now().isoformat()
    link.cursors |= {"gist": now, "ghl": now, "gist_settled": True, "ghl_settled": True}
    link.save(update_fields=["cursors"])


def ghl_of(world, email="ann@example.test"):
    return next((one for one in world.everyone("ghl") if one["email"] == email), {})


def assert_nothing_open(link):
    assert not LogEntry.objects.filter(link=link, outcome="failed", resolved_at=None).exists()
    assert not Problem.objects.filter(link=link, state="open").exists()


# The login -------------------------------------------------------------------------------------------------


def test_who_was_not_created_for_a_missing_scope_is_created_once_it_is_granted(world, link, scopes):
    scopes(False)
    for name in ("ann", "bob"):
        world.gist_contact(email=f"{name}@example.test", name=name.title())
    assert sync(link).failed == 2
    age(link)
    scopes(True)
    run = sync(link, "incremental")
    assert (run.status, run.created) == ("succeeded", 2)
    assert_nothing_open(link)


def test_while_the_scope_is_missing_a_quick_run_says_so_and_asks_for_some_of_them_only(world, link, scopes):
    scopes(False)
    world.control("POST", "fill", {"side": "gist", "account": world.workspace, "count": 60})
    sync(link)
    age(link)
    run = sync(link, "incremental")
    assert (run.status, run.failed, run.entries.count()) == ("partial", 60, 0)
    # As many as are sent at once before the first is answered.
    assert run.api_calls["ghl"] < 30


def test_an_edit_that_waited_for_a_scope_goes_over_once_it_is_granted(world, link, pair, scopes):
    scopes(False)
    edit(world, pair, gist={"name": "Anna Lee"})
    assert sync(link, "incremental").failed == 1
    age(link)
    scopes(True)
    assert sync(link, "incremental").updated == 1
    assert ghl_of(world)["firstName"] == "Anna"
    assert_nothing_open(link)


IN_GIST, IN_GHL = {"gist": {"name": "Anna Lee"}}, {"ghl": {"firstName": "Anna"}}


@pytest.mark.parametrize(
    ("change", "side", "message"),
    [
        (IN_GIST, "ghl", "The token does not have access to this location."),
        (IN_GIST, "ghl", "Your plan does not include this feature"),
        (IN_GHL, "gist", "This is not part of your plan"),
    ],
)
def test_what_plan_or_login_did_not_allow_is_written_once_they_do(world, link, pair, refusing, change, side, message):
    refusing(side=side, status=403, message=message, word="Anna")
    edit(world, pair, **change)
    assert sync(link, "incremental").failed == 1
    age(link)
    refusing()
    assert sync(link, "incremental").updated == 1
    assert_nothing_open(link)


def test_a_workflow_that_stopped_for_a_missing_scope_goes_on_once_it_is_granted(world, link, pair, scopes):
    task = {"do": "task.create", "values": {"title": "Call back", "due_at": {"from": "now", "days": 2}}}
    on = {"triggers": [{"on": "gist.tag_added", "tag": "call"}], "actions": [task]}
    save_version(link, [row for row in MAPPING if row["gist"] != "tags"])
    versions.create_workflow(link, "contact_opened", definition=on, enabled=True)
    scopes(False)
    world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["vip", "call"])
    sync(link, "incremental")
    assert Execution.objects.get().state == "failed"
    age(link)
    scopes(True)
    sync(link, "incremental")
    assert Execution.objects.get().state == "done"
    assert_nothing_open(link)


# The other account -----------------------------------------------------------------------------------------


def make_field(world, name, kind="TEXT", **facts):
    body = {"name": name, "dataType": kind, "model": "contact", **facts}
    return world.ghl("POST", f"/locations/{world.location}/customFields", json=body)["customField"]


def custom(world, field):
    held = {one["id"]: one["value"] for one in ghl_of(world).get("customFields", [])}
    return held.get(field["id"])


def test_a_field_that_was_missing_there_is_filled_once_it_is_made(world, link, pair):
    save_version(link, [*MAPPING, {"gist": "custom_properties.tier", "ghl": "customFields.tier"}])
    edit(world, pair, gist={"custom_properties": {"tier": "Gold"}})
    sync(link, "incremental")
    age(link)
    field = make_field(world, "Tier")
    run = sync(link, "incremental")
    assert (run.status, custom(world, field)) == ("succeeded", "Gold")
    assert_nothing_open(link)


@pytest.mark.parametrize("kind", ["SINGLE_OPTIONS", "MULTIPLE_OPTIONS"])
def test_a_choice_that_was_not_offered_is_written_once_the_field_offers_it(world, link, pair, kind):
    field = make_field(world, "Tier", kind, textBoxListOptions=["Silver"])
    save_version(link, [*MAPPING, {"gist": "custom_properties.tier", "ghl": "customFields.tier"}])
    edit(world, pair, gist={"custom_properties": {"tier": "Gold"}})
    sync(link, "incremental")
    assert not custom(world, field)
    age(link)
    address = f"/locations/{world.location}/customFields/{field['id']}"
    world.ghl("PUT", address, json={"name": "Tier", "textBoxListOptions": ["Silver", "Gold"]})
    sync(link, "incremental")
    assert custom(world, field) in ("Gold", ["Gold"])
    assert_nothing_open(link)


def allow_duplicates(world, allowed=True):
    world.control("POST", "duplicates", {"account": world.location, "allowed": allowed})


def test_a_number_of_two_people_is_written_once_the_location_allows_it(world, link):
    for name in ("ann", "bea"):
        world.gist_contact(email=f"{name}@example.test", name=f"{name.title()} Lee", phone=PHONE)
    sync(link)
    age(link)
    allow_duplicates(world)
    sync(link, "incremental")
    assert [one.get("phone") for one in world.everyone("ghl")] == [PHONE] * 2
    assert_nothing_open(link)


def test_a_number_of_two_people_is_written_once_the_other_one_let_go_of_it(world, link):
    for name in ("ann", "bea"):
        world.gist_contact(email=f"{name}@example.test", name=f"{name.title()} Lee", phone=PHONE)
    sync(link)
    age(link)
    first = next(one for one in world.everyone("ghl") if one.get("phone"))
    world.ghl("PUT", f"/contacts/{first['id']}", json={"phone": "+14155550000"})
    sync(link, "incremental")
    sync(link, "incremental")
    assert sorted(one.get("phone", "") for one in world.everyone("ghl")) == ["+14155550000", PHONE]
    assert_nothing_open(link)


def test_an_edited_number_of_somebody_else_is_written_once_they_let_go_of_it(world, link, pair):
    bob = world.ghl_contact(firstName="Bob", lastName="Hill", email="bob@example.test", phone=PHONE)
    sync(link)
    edit(world, pair, gist={"phone": PHONE})
    assert sync(link, "incremental").failed == 1
    age(link)
    world.ghl("PUT", f"/contacts/{bob['id']}", json={"phone": "+14155550000"})
    sync(link, "incremental")
    assert ghl_of(world)["phone"] == PHONE
    assert_nothing_open(link)


@pytest.mark.parametrize("deletes", ["ignore", "propagate"])
def test_a_number_is_written_once_whoever_had_it_is_deleted(world, link, pair, deletes):
    set_rules(link, deletes=deletes)
    bob = world.ghl_contact(firstName="Bob", lastName="Hill", email="bob@example.test", phone=PHONE)
    sync(link)
    edit(world, pair, gist={"phone": PHONE})
    assert sync(link, "incremental").failed == 1
    age(link)
    world.ghl("DELETE", f"/contacts/{bob['id']}")
    verify_missing(link, "ghl", [bob["id"]])
    sync(link, "incremental")
    assert ghl_of(world)["phone"] == PHONE
    assert_nothing_open(link)


# The settings of the link ----------------------------------------------------------------------------------


def set_rules(link, **rules):
    Link.objects.filter(pk=link.pk).update(**rules)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"create_on": "none"}, {"create_on": "both"}),
        ({"direction": "ghl_to_gist"}, {"direction": "two_way"}),
        (
            {"gist_filter": {"match": "all", "conditions": [{"field": "tags", "op": "is", "value": "other"}]}},
            {"gist_filter": None},
        ),
    ],
    ids=["create_off", "one_way", "filtered"],
)
def test_who_was_not_created_for_a_rule_is_created_once_the_rule_is_another(world, link, before, after):
    set_rules(link, **before)
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    assert sync(link).skipped == 1
    age(link)
    set_rules(link, **after)
    assert sync(link, "incremental").created == 1


def test_what_a_link_that_only_creates_left_alone_is_written_once_it_is_live(world, link, pair):
    set_rules(link, mode="new_only")
    edit(world, pair, gist={"name": "Anna Lee"})
    sync(link, "incremental")
    age(link)
    set_rules(link, mode="live")
    sync(link, "incremental")
    assert ghl_of(world)["firstName"] == "Anna"


def test_numbers_without_a_country_are_written_once_the_link_has_one(world, link, pair):
    Connection.objects.filter(pk=link.ghl_id).update(settings={"timezone": "UTC", "country": ""})
    edit(world, pair, gist={"phone": "030 901820"})
    sync(link, "incremental")
    assert Problem.objects.filter(state="open").exists()
    age(link)
    set_rules(link, default_country="DE")
    sync(link, "incremental")
    assert ghl_of(world)["phone"] == "+4930901820"
    assert_nothing_open(link)


def test_a_value_that_was_refused_is_written_once_its_row_makes_something_else_of_it(world, link, pair, refusing):
    row = {"gist": "custom_properties.town", "ghl": "city"}
    save_version(link, [*MAPPING, row])
    refusing(side="ghl", status=422, message=["city must be a real city"], word="atlantis")
    edit(world, pair, gist={"custom_properties": {"town": "atlantis"}})
    assert sync(link, "incremental").failed == 1
    age(link)
    save_version(link, [*MAPPING, {**row, "steps": [{"name": "upper"}]}])
    sync(link, "incremental")
    assert ghl_of(world)["city"] == "ATLANTIS"
    assert_nothing_open(link)


def test_a_row_that_rested_is_caught_up_once_it_goes_on(world, link, pair):
    pause(link, Pause.What.MAPPING, "name=name")
    edit(world, pair, gist={"name": "Anna Lee"})
    sync(link, "incremental")
    age(link)
    resume(link, Pause.What.MAPPING, "name=name")
    sync(link, "incremental")
    assert ghl_of(world)["firstName"] == "Anna"


# What nothing tells of -------------------------------------------------------------------------------------


def test_what_was_refused_is_tried_once_a_day_for_what_was_mended_over_there(world, link, pair, refusing):
    refusing(side="ghl", status=400, message="Bad Request", word="Anna")
    edit(world, pair, gist={"name": "Anna Lee"})
    assert sync(link, "incremental").failed == 1
    age(link)
    refused = refusing()
    before = len(refused)
    sync(link, "incremental")
    assert len(refused) == before
    sync(link, "sweep")
    assert ghl_of(world)["firstName"] == "Anna"
    assert_nothing_open(link)
