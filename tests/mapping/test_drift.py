"""Fields that an account changed: told, the rows concerned stop, and the rest goes on."""

import pytest

from integration.connections.fields import fields_of, fields_read_at, known_fields, read_old_fields
from integration.mapping.drift import agree_to, find_drift, note_fields, stopped_rows
from integration.mapping.versions import current_version
from integration.models import AcceptedFields
from tests.world import sync


@pytest.fixture
def plan(world, link, ann):
    """Ann was synced with her plan, so the fields of both accounts were agreed to; the id of GHL's field Plan."""
    fields_of(link.gist, refresh=True)
    return next(one.custom_id for one in fields_of(link.ghl, refresh=True).values() if one.label == "Plan")


def rename(world, field_id, name):
    world.ghl("PUT", f"/locations/{world.location}/customFields/{field_id}", json={"name": name})


def delete(world, field_id):
    world.ghl("DELETE", f"/locations/{world.location}/customFields/{field_id}")


def make(world, name, kind="TEXT"):
    body = {"name": name, "dataType": kind, "model": "contact"}
    return world.ghl("POST", f"/locations/{world.location}/customFields", json=body)["customField"]


def drift(link):
    agreed = AcceptedFields.objects.get(link=link)
    found = find_drift(agreed, {"ghl": fields_of(link.ghl, refresh=True)})
    return [(one.kind, one.before, one.after) for one in found]


def set_plan(world, name, plan):
    """New in Gist: a name, and a plan."""
    world.gist_contact(email="ann@example.test", name=name, custom_properties={"plan": plan})


def test_nothing_has_changed_at_first(link, plan):
    assert drift(link) == []


def test_a_field_that_was_renamed_retyped_deleted_or_added_is_told(world, link, plan):
    rename(world, plan, "Plan name")
    assert drift(link) == [("renamed", "Plan", "Plan name")]
    delete(world, plan)
    assert drift(link) == [("deleted", "Plan", "")]
    make(world, "Plan", "NUMERICAL")
    assert drift(link) == [("retyped", "a text and is a number now", "Plan")]
    make(world, "Insurance")
    assert ("added", "", "Insurance") in drift(link)


def test_the_row_stops_with_a_reason_and_the_rest_goes_on(world, link, ann, plan):
    rename(world, plan, "Plan name")
    set_plan(world, "Ann Muster", "Gold")
    sync(link)
    contact = world.everyone("ghl")[0]
    assert (contact["firstName"], contact["lastName"]) == ("Ann", "Muster")
    assert contact["customFields"] == []
    assert "GHL's field “Plan” is called “Plan name” now. The row has stopped" in link.runs.latest("id").error


def test_the_row_goes_on_once_somebody_agreed(world, link, ann, plan):
    rename(world, plan, "Plan name")
    set_plan(world, "Ann Lee", "Gold")
    sync(link)
    agree_to(link, "ghl", fields_of(link.ghl, refresh=True), "customFields.plan")
    sync(link)
    assert world.everyone("ghl")[0]["customFields"][0]["value"] == "Gold"


def test_a_deleted_field_does_not_fail_the_run(world, link, ann, plan):
    delete(world, plan)
    set_plan(world, "Ann Muster", "Gold")
    sync(link)
    run = link.runs.latest("id")
    assert (run.updated, run.failed) == (1, 0)
    assert "GHL has no field “customFields.plan”" in run.error


def test_fields_that_were_never_read_are_not_deleted_ones(link, plan):
    assert stopped_rows(link, current_version(link), {}) == {}


def test_what_one_side_was_agreed_to_stays_when_the_other_is_read_first(link):
    AcceptedFields.objects.all().delete()
    note_fields(link, {"ghl": known_fields(link.ghl)})
    agreed = note_fields(link, {"gist": known_fields(link.gist)})
    assert (agreed.gist, agreed.ghl) == ({}, {})


def test_fields_are_read_once_a_day_by_themselves(world, link, settings):
    world.forget_calls()
    read_old_fields()
    read_old_fields()
    assert fields_read_at(type(link.gist).objects.get(pk=link.gist_id))
    assert fields_read_at(type(link.ghl).objects.get(pk=link.ghl_id))
    calls = world.calls()
    read_old_fields()
    assert world.calls() == calls


def test_an_account_that_cannot_be_read_is_not_asked_every_minute(world, link):
    world.fault({"side": "gist", "kind": "500"}, {"side": "ghl", "kind": "500"})
    for _ in range(2):
        read_old_fields()
    world.forget_calls()
    read_old_fields()
    assert world.calls() == {"gist": 0, "ghl": 0}
