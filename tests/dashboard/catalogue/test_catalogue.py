"""The catalogue's pages: filters in the address, one operation with its facts, and trying it."""

import json

import pytest
from django.urls import reverse

from integration.catalogue import CATALOGUE
from integration.models import LogEntry
from tests.dashboard import things
from tests.dashboard.browser import Browser, html, words

TASK = {"value-title": "Call", "value-dueDate": "2030-01-02T10:00:00Z"}


def listed(page):
    text = html(page)
    return {key for key in CATALOGUE if f'href="{reverse("operation", args=[key])}"' in text}


def test_the_list_holds_every_operation(as_viewer, link):
    page = as_viewer.get("catalogue")
    assert listed(page) == CATALOGUE.keys()
    assert f"{len(CATALOGUE)} operations" in words(page)


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"q": "complete or reopen"}, ["ghl.tasks.complete"]),
        ({"q": "side:gist object:tag kind:read"}, ["gist.tags.list"]),
        ({"q": "OpportunityCreate"}, ["ghl.opportunity_created"]),
        ({"scope": "workflows.readonly"}, ["ghl.workflows.list"]),
        ({"object": "custom-value", "kind": "read"}, ["ghl.custom_values.list", "ghl.custom_values.get"]),
        ({"side": "gist", "repeat": "no", "object": "form"}, ["gist.forms.subscribe"]),
    ],
    ids=str,
)
def test_filters_stand_in_the_address_or_are_typed_as_words(as_viewer, link, query, keys):
    assert listed(as_viewer.get("catalogue", **query)) == set(keys)


def test_what_a_workflow_names_is_used(as_viewer, link):
    workflow = things.workflow(link)
    keys = {one["on"] for one in workflow.definition["triggers"]} | {
        one["do"] for one in workflow.definition["actions"]
    }
    assert listed(as_viewer.get("catalogue", used="yes")) == keys


def test_nothing_matches_is_said(as_viewer, link):
    assert "Nothing matches" in words(as_viewer.get("catalogue", q="teleport"))


def test_a_scope_that_a_location_lacks_is_named(as_viewer, link):
    link.ghl.scopes = "contacts.readonly"
    link.ghl.save()
    assert "missing in 1 of 1" in words(as_viewer.get("catalogue", q="ghl.tasks.create"))


@pytest.mark.parametrize("links", [1, 4])
def test_the_list_costs_the_same_queries_however_much_there_is(as_viewer, link, links, django_assert_num_queries):
    for _ in range(links):
        things.workflow(link)
    as_viewer.get("catalogue")
    with django_assert_num_queries(QUERIES):
        as_viewer.get("catalogue")


QUERIES = 6


def test_the_export_is_what_the_command_prints(as_viewer, link):
    lines = as_viewer.get("catalogue_export").content.decode().splitlines()
    assert [json.loads(line) for line in lines] == [one.report() for one in CATALOGUE.values()]


def test_every_operation_has_a_page_with_a_control_for_every_field(as_owner, link):
    lacking = []
    for key, entry in CATALOGUE.items():
        page = html(as_owner.get("operation", key))
        has_form = f'action="{reverse("operation", args=[key])}' in page
        missing = [one.name for one in entry.fields if f'name="value-{one.name}"' not in page] if has_form else []
        lacking += [f"{key}: {name}" for name in missing]
        lacking += [] if has_form or "card-note" in page else [key]
    assert lacking == []


def test_an_unknown_operation_is_said(as_viewer, link):
    assert as_viewer.get("operation", "ghl.nothing").status_code == 404


def test_a_viewer_sees_no_form(as_viewer, link):
    page = as_viewer.get("operation", "ghl.tasks.create")
    assert "needs the role operator" in words(page)
    assert "value-title" not in html(page)


def test_an_operator_reads_and_sees_both_ends(as_operator, world, link):
    page = as_operator.post("operation", "ghl.tags.list", link=link.key)
    assert f"GET /locations/{world.location}/tags" in words(page)
    assert "&quot;tags&quot;" in html(page)
    assert "Authorization: Bearer $TOKEN" in html(page).replace("&quot;", '"')
    assert world.private_token not in html(page)


def test_a_write_is_made_for_the_person_and_linked_to_its_entry(as_operator, world, link):
    ann = world.ghl_contact(email="ann@example.test", firstName="Ann")
    page = as_operator.post("operation", "ghl.tasks.create", link=link.key, contact=ann["id"], **TASK)
    assert [task["title"] for task in world.ghl("GET", f"/contacts/{ann['id']}/tasks")["tasks"]] == ["Call"]
    assert reverse("log_entry", args=[LogEntry.objects.get().pk]) in html(page)


@pytest.fixture
def live(link):
    """The same accounts, as if they were no sandbox."""
    type(link.ghl).objects.update(sandbox=False)
    return link


def test_a_live_account_is_written_to_only_when_that_was_said(as_operator, world, live):
    world.forget_calls()
    page = as_operator.post("operation", "ghl.tasks.create", link=live.key, contact="x", **TASK)
    assert page.status_code == 422
    assert "say first that this may be written to the live account" in words(page)
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert 'value="Call"' in html(page)


def test_only_an_owner_deletes(world, link, operator, owner):
    ann = world.ghl_contact(email="ann@example.test", firstName="Ann")
    sent = {"link": link.key, "contact": ann["id"]}
    assert Browser(operator).post("operation", "ghl.contacts.delete", **sent).status_code == 403
    assert len(world.everyone("ghl")) == 1
    assert Browser(owner).post("operation", "ghl.contacts.delete", **sent).status_code == 200
    assert world.everyone("ghl") == []


@pytest.mark.parametrize("line", ["no equals sign", "= value", "x = {broken"])
def test_a_line_that_is_no_pair_is_refused_with_its_field(as_operator, world, link, line):
    page = as_operator.post("operation", "gist.contacts.save", link=link.key, **{"value-custom_properties": line})
    assert page.status_code == 422
    assert "Custom properties:" in words(page)


def test_a_refusal_of_the_api_is_shown_with_its_status(as_operator, world, link):
    page = as_operator.post("operation", "ghl.tags.get", link=link.key, **{"value-tag_id": "nosuch"})
    assert "400" in words(page)
    assert "nosuch not found" in words(page)


def test_without_a_link_the_way_to_one_is_shown(as_owner, db):
    assert reverse("link_new") in html(as_owner.get("operation", "ghl.tags.list"))
