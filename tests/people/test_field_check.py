"""Check my fields: written to a test contact, read back, compared, and nothing of it left behind."""

from dataclasses import replace

import pytest

from integration.connections.fields import fields_of, keep_fields, known_fields
from integration.erased import new_test_address
from integration.errors import SetupError
from integration.mapping.versions import save_version
from integration.models import Change, ChangeState, FieldCheck, LogEntry, Pair, Run, Snapshot
from integration.people.field_check import calls_for, check_fields, trials_now
from tests.world import sync

FIELDS = {"tier": "TEXT", "score": "NUMERICAL", "likes": "MULTIPLE_OPTIONS", "papers": "FILE_UPLOAD"}


@pytest.fixture
def fields(world, link):
    """A link whose mapping writes four custom fields, which were read."""
    for name, kind in FIELDS.items():
        body = {"name": name, "dataType": kind, "model": "contact"}
        options = {"textBoxListOptions": ["Tea", "Coffee, black"]} if name == "likes" else {}
        world.ghl("POST", f"/locations/{world.location}/customFields", json=body | options)
    rows = [{"gist": f"custom_properties.{name}", "ghl": f"customFields.{name}"} for name in FIELDS]
    save_version(link, [{"gist": "email", "ghl": "email"}, *rows])
    for connection in (link.gist, link.ghl):
        fields_of(connection, refresh=True)
    return link


def states(check):
    return {(one["side"], one["label"]): one["state"] for one in check.results}


def sentence(check, side, label):
    (found,) = (one["sentence"] for one in check.results if (one["side"], one["label"]) == (side, label))
    return found


def test_every_custom_field_is_tried_on_the_sides_that_it_goes_to_and_both_contacts_are_deleted(fields, world, owner):
    check = check_fields(fields, owner)
    tried = {(side, name): "kept" for side in ("gist", "ghl") for name in FIELDS}
    assert states(check) == tried | {("ghl", "papers"): "untested"}
    assert sentence(check, "ghl", "papers") == "Files cannot be mapped."
    assert "0012" in sentence(check, "gist", "tier")
    assert (check.left_behind, world.emails("gist"), world.emails("ghl")) == ([], [], [])


def test_it_is_in_the_log_with_every_write_and_costs_about_what_was_said(fields, world, owner):
    price = calls_for(trials_now(fields))
    world.forget_calls()
    check_fields(fields, owner)
    assert world.calls() == Run.objects.get().api_calls
    assert world.calls() == price
    assert set(LogEntry.objects.values_list("reason", flat=True)) == {"fields_checked"}
    assert set(Change.objects.values_list("rule", "state")) == {("field_check", ChangeState.APPLIED)}
    assert {"create", "update", "delete"} == set(Change.objects.values_list("action", flat=True))


def test_a_field_that_is_gone_over_there_loses_its_value(fields, world, owner):
    field = known_fields(fields.ghl)["customFields.tier"]
    world.ghl("DELETE", f"/locations/{world.location}/customFields/{field.custom_id}")
    check = check_fields(fields, owner)
    assert states(check)["ghl", "tier"] == "changed"
    assert sentence(check, "ghl", "tier").endswith("shows nothing: the value is lost there.")


def test_a_value_that_is_refused_says_why_and_keeps_no_other_field_from_being_tried(fields, owner):
    known = dict(known_fields(fields.ghl))
    known["customFields.score"] = replace(known["customFields.score"], type="text", data_type="TEXT")
    keep_fields(fields.ghl, known)
    check = check_fields(fields, owner)
    assert (states(check)["ghl", "score"], states(check)["ghl", "tier"]) == ("refused", "kept")
    assert "must be a number" in sentence(check, "ghl", "score")


def test_no_link_takes_the_test_contact_in(fields, world):
    world.ghl_contact(email=new_test_address(), firstName="Gistline", lastName="field check")
    world.gist_contact(email=new_test_address().upper(), name="Gistline field check")
    run = sync(fields)
    assert (run.examined, Snapshot.objects.count(), len(world.everyone("gist"))) == (0, 0, 1)


def test_what_cannot_be_deleted_is_named(fields, world, owner):
    world.fault({"side": "ghl", "method": "DELETE", "kind": "expired_token"})
    (left,) = check_fields(fields, owner).left_behind
    (contact,) = world.everyone("ghl")
    assert left.startswith(f"The test contact could not be deleted in GHL: Gistline field check ({contact['id']}).")
    assert world.emails("gist") == []


def test_a_contact_that_is_named_holds_afterwards_what_it_held_before(fields, world, owner):
    world.ghl_contact(email="tester@example.test", customFields=[{"key": "tier", "field_value": "gold"}])
    before = world.everyone("ghl")[0]["customFields"]
    check = check_fields(fields, owner, "tester@example.test")
    assert (states(check)["ghl", "tier"], states(check)["gist", "tier"]) == ("kept", "untested")
    assert sentence(check, "gist", "tier") == "Not tried to its end: Gist has no contact “tester@example.test”."
    assert world.everyone("ghl")[0]["customFields"] == before


def test_nobody_who_is_synced_is_touched(fields, world, owner):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    sync(fields)
    world.forget_calls()
    with pytest.raises(SetupError, match=r"Ann Lee is synced by Alder: test values would be carried over"):
        check_fields(fields, owner, "ann@example.test")
    assert not Change.objects.filter(rule="field_check").exists()
    Pair.objects.update(state=Pair.State.HELD)
    assert states(check_fields(fields, owner, "ann@example.test"))["gist", "tier"] == "kept"


@pytest.mark.parametrize(("change", "said"), [
    ({"mode": "watch"}, "only watches"),
    ({"direction": "one way"}, "No row writes a custom field"),
])  # fmt: skip
def test_where_nothing_may_be_written_nothing_is_made(fields, world, owner, change, said):
    for name, value in change.items():
        setattr(fields, name, value)
    with pytest.raises(SetupError, match=said):
        check_fields(fields, owner)
    assert (FieldCheck.objects.count(), world.emails("ghl")) == (0, [])
