"""`manage.py changes RUN`: what a run wrote or would write, a line each."""

import json

import pytest

from integration.models import Run
from tests.command_output import Output
from tests.world import sync

pytestmark = pytest.mark.django_db
KEYS = [
    "change", "run", "side", "external_id", "gist_id", "ghl_id", "label", "kind", "action", "field", "before", "after",
    "rule", "state", "found", "at",
]  # fmt: skip


def lines(*arguments):
    return [json.loads(line) for line in Output("changes", *arguments).lines]


def test_a_created_record_and_a_changed_field_stand_with_before_and_after(world, ann):
    (created,) = lines(Run.objects.get().pk, "--state", "applied", "--side", "ghl")
    assert list(created) == KEYS
    assert (created["action"], created["field"], created["before"]) == ("create", "", None)
    assert (created["external_id"], created["label"], created["state"]) == (ann.ghl_id, "Ann Lee", "applied")
    assert created["after"]["email"] == "ann@example.test"
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"phone": "+14155552671"})
    run = sync(ann.link)
    (changed,) = [one for one in lines(run.pk, "--json") if one["field"] == "phone"]
    assert (changed["side"], changed["action"]) == ("gist", "update")
    assert (changed["before"], changed["after"], changed["rule"]) == (None, "+14155552671", "mapping:phone")


def test_what_a_dry_run_plans_is_planned(world, link):
    world.gist_contact(email="bob@example.test", name="Bob")
    run = sync(link, dry_run=True)
    assert [(one["action"], one["state"]) for one in lines(run.pk)] == [("create", "planned")]
    assert lines(run.pk, "--state", "applied") == lines(run.pk, "--side", "gist") == []


def test_an_unknown_run_is_said(db):
    assert Output("changes", 999).failure == "RUN: There is no run 999."
