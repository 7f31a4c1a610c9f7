"""Trying a workflow on one person from its editor: each call is shown, nothing is written."""

import json

import pytest

from integration.models import Execution, LogEntry
from integration.workflows.definition import check_definition
from tests.dashboard.browser import html, words


@pytest.fixture
def ann(world, link):
    """Somebody on both sides, paired."""
    gist = world.gist_contact(email="ann@example.test", name="Ann Lee")
    ghl = world.ghl_contact(email="ann@example.test", firstName="Ann", lastName="Lee")
    return link.pairs.create(kind="contact", gist_id=str(gist["id"]), ghl_id=ghl["id"], label="Ann Lee")


@pytest.mark.parametrize("by", ["email", "gist_id", "ghl_id"])
def test_a_dry_run_shows_each_call_and_writes_nothing(editor, ann, world, by):
    who = "Ann@example.test" if by == "email" else getattr(ann, by)
    page = editor.tried(who)
    assert "Conditions hold" in page
    assert f"POST /contacts/{ann.ghl_id}/tasks would be sent" in page
    assert "Welcome Ann Lee" in page
    assert "2 writes would be sent, none was." in page
    assert world.ghl("GET", f"/contacts/{ann.ghl_id}/tasks")["tasks"] == []
    assert (Execution.objects.count(), LogEntry.objects.count()) == (0, 0)


def test_it_is_the_draft_that_is_tried(editor, ann):
    editor.press("remove:2").press("open:1").change(**{"value-1-title": "Ring {{ contact.first_name }}"})
    page = editor.tried("ann@example.test")
    assert "Ring Ann" in page
    assert "/notes" not in page


def test_conditions_that_do_not_hold_are_told_and_the_rest_shown(editor, ann):
    editor.press("add-condition").change(**{"field-1": "ghl.city", "op-1": "is", "value-1": "Austin"})
    page = editor.tried("ann@example.test")
    assert "Would not run This condition does not hold: ghl.city is “Austin”." in page
    assert "would be sent" in page


def test_somebody_on_one_side_only_is_said_to_be(editor, world):
    world.gist_contact(email="bob@example.test", name="Bob Ray")
    page = editor.tried("bob@example.test")
    assert "Only in Gist as far as the link knows." in page
    assert "This person is not in GHL yet" in page


@pytest.mark.parametrize("who", ["nobody@example.test", "99999", "no such", "", "../x", "²"])
def test_nobody_known_is_said(editor, world, who):
    assert "either side has a contact" in (page := editor.tried(who)) or "Say who" in page


def test_a_draft_that_cannot_be_is_not_tried(editor, ann):
    editor.press("remove-trigger:1")
    assert "Choose at least one trigger." in editor.tried("ann@example.test")


def test_a_login_that_is_broken_is_told_in_the_test(editor, ann, world):
    world.fault({"side": "ghl", "kind": "expired_token"})
    assert "Traceback" not in (page := editor.tried("ann@example.test"))
    assert "token" in page or "login" in page.lower()


def test_without_htmx_the_whole_page_shows_the_result(as_operator, workflow, ann):
    page = as_operator.post("workflow_test", workflow.pk, contact="ann@example.test")
    assert "<html" in html(page)
    assert "Conditions hold" in words(page)


def test_htmx_gets_the_result_alone(editor, ann):
    editor.browser.client.defaults["HTTP_HX_REQUEST"] = "true"
    assert html(editor.test("ann@example.test")).strip().startswith('<div id="dry-run"')


def test_secrets_in_a_body_are_masked(editor, ann):
    editor.press("add:gist.campaigns.set").change(**{"value-3-body_json": json.dumps({"api_key": "s3cret"})})
    assert "s3cret" not in editor.tried("ann@example.test")


def test_a_template_is_what_its_copy_holds(workflow):
    assert check_definition(workflow.definition) == workflow.definition
