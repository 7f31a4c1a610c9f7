"""Workflows: the list, the gallery, and what belongs to one workflow as a whole."""

import pytest

from integration.models import Link, Workflow
from integration.workflows import versions
from integration.workflows.templates import TEMPLATES
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.dashboard.things import MARKUP

NOTE = {"do": "note.create", "values": {"body": "Hello"}}


@pytest.fixture
def workflow(link, operator):
    return things.workflow(link, enabled=True, user=operator)


def another(workflow, **changes):
    """A further version, with other actions."""
    return versions.save_workflow_version(workflow, {**workflow.definition, "actions": [NOTE], **changes})


# The list ------------------------------------------------------------------------------------------------


def test_each_is_listed_with_status_trigger_and_todays_runs(as_viewer, workflow):
    things.execution(workflow)
    things.execution(workflow, state="done")
    page = words(as_viewer.get("workflows")).replace("Welcome new contact ", "", 1)
    assert "Welcome new contact On Alder Sandbox Contact created in Gist 2 2 1" in page


def test_triggers_are_told_with_what_narrows_them(as_viewer, link):
    things.workflow(link, "task_done")
    assert "Tag added in Gist (task-done:*)" in words(as_viewer.get("workflows"))


def test_runs_of_other_days_are_not_counted(as_viewer, workflow):
    things.execution(workflow, created_at="2020-01-01T00:00:00Z")
    assert "state=failed" not in html(as_viewer.get("workflows"))


@pytest.mark.parametrize(
    ("query", "found"),
    [({"link": "alder"}, 2), ({"link": "nowhere"}, 2), ({"status": "on"}, 1), ({"template": "tag_bridge"}, 1),
     ({"q": "welcome"}, 1), ({"q": "status:off"}, 1), ({"q": "alder"}, 2)],
)  # fmt: skip
def test_the_list_is_filtered(as_viewer, workflow, query, found):
    things.workflow(workflow.link, "tag_bridge")
    said = "1 workflow" if found == 1 else f"{found} workflows"
    assert f"{said} " in words(as_viewer.get("workflows", **query))


def test_a_workflow_that_is_on_while_its_link_only_watches_says_so(as_viewer, workflow):
    Link.objects.update(mode="watch")
    assert "Link only watches" in words(as_viewer.get("workflows"))
    assert "This workflow starts for nobody and writes nothing" in words(as_viewer.get("workflow", workflow.pk))


def test_a_paused_link_is_said_on_the_workflow(as_viewer, workflow):
    Link.objects.update(enabled=False)
    assert "Link is paused" in words(as_viewer.get("workflows"))
    assert "Alder is paused." in words(as_viewer.get("workflow", workflow.pk))


# The gallery ---------------------------------------------------------------------------------------------


def test_every_template_stands_in_the_gallery_with_what_it_needs(as_operator, link):
    page = words(as_operator.get("workflow_new"))
    assert all(template.title in page and template.does in page for template in TEMPLATES.values())
    assert "Needs Gist's webhooks" in page


def test_the_only_link_is_chosen_already(as_operator, link):
    assert '<option value="alder" selected>' in html(as_operator.get("workflow_new"))


def test_with_several_links_one_is_to_be_chosen(as_operator, link):
    things.links(1)
    assert "selected" not in html(as_operator.get("workflow_new")).split('id="link"')[1]
    assert '<option value="alder" selected>' in html(as_operator.get("workflow_new", link="alder"))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("button", "on"), [("on", True), ("off", False)])
def test_one_press_makes_it_and_says_whether_it_is_on(as_operator, operator, link, template, button, on):
    page = as_operator.go(as_operator.post("workflow_new", template=template, link="alder", **{button: "1"}))
    made = Workflow.objects.get()
    assert (made.template, made.enabled, made.link) == (template, on, link)
    assert made.versions.get().created_by == operator
    assert ("is made and on" if on else "It does nothing until it is switched on") in words(page)


def test_the_tag_bridge_is_made_with_what_was_asked_before(as_operator, link):
    setup = {"tag_bridge-tag": "vip", "tag_bridge-workflow_id": "w1"}
    as_operator.post("workflow_new", template="tag_bridge", link="alder", **setup)
    made = Workflow.objects.get().definition
    assert {one["tag"] for one in made["triggers"]} == {"vip"}
    assert made["actions"] == [{"do": "tag.mirror", "values": {"workflow_id": "w1"}}]


def test_a_tag_bridge_that_cannot_be_keeps_what_was_typed(as_operator, link):
    page = as_operator.post("workflow_new", template="tag_bridge", link="alder", **{"tag_bridge-campaign_id": "30"})
    assert (page.status_code, "Name the tag" in words(page), Workflow.objects.exists()) == (422, True, False)
    assert 'value="30"' in html(page)


def test_the_second_of_a_template_gets_a_name_of_its_own(as_operator, link):
    for _ in range(3):
        as_operator.post("workflow_new", template="tag_bridge", link="alder")
    assert list(Workflow.objects.values_list("name", flat=True)) == ["Tag bridge", "Tag bridge 2", "Tag bridge 3"]


@pytest.mark.parametrize(
    ("form", "said"),
    [({"link": "alder"}, "Choose a template first."), ({"template": "csv", "link": "alder"}, "Choose a template"),
     ({"template": "tag_bridge", "link": "nowhere"}, "Choose the link it works for.")],
)  # fmt: skip
def test_what_is_missing_is_said_and_nothing_is_made(as_operator, link, form, said):
    page = as_operator.post("workflow_new", **form)
    assert (page.status_code, said in words(page), Workflow.objects.exists()) == (422, True, False)


def test_without_a_link_the_gallery_leads_to_one(as_operator):
    assert "A workflow works for one link." in words(as_operator.get("workflow_new"))


# On and off ----------------------------------------------------------------------------------------------


def test_it_is_switched_off_and_on_again(as_operator, workflow):
    page = as_operator.go(as_operator.post("workflow_switch", workflow.pk, on="0"))
    assert 'aria-checked="false"' in html(page)
    as_operator.post("workflow_switch", workflow.pk, on="1")
    workflow.refresh_from_db()
    assert workflow.enabled


def test_htmx_gets_the_switch_and_the_badge_only(as_operator, workflow):
    as_operator.client.defaults["HTTP_HX_REQUEST"] = "true"
    part = html(as_operator.post("workflow_switch", workflow.pk, on="0"))
    assert 'id="flow-badge" hx-swap-oob="true"' in part
    assert "<html" not in part


# Settings ------------------------------------------------------------------------------------------------


def test_it_is_renamed(as_operator, workflow):
    page = as_operator.go(as_operator.post("workflow_settings", workflow.pk, name=" Greet people "))
    assert "It is now called “Greet people”." in words(page)


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "Give it a name."), ("x" * 121, "121 characters"), ("Taken", "“Taken” is another workflow of this link")],
)
def test_a_name_that_cannot_be_is_refused_in_words(as_operator, workflow, name, said):
    things.workflow(workflow.link, name="Taken")
    page = as_operator.post("workflow_settings", workflow.pk, name=name)
    workflow.refresh_from_db()
    assert (page.status_code, said in words(page), workflow.name) == (422, True, "Welcome new contact")


def test_an_owner_deletes_it_by_typing_its_name(as_owner, workflow):
    page = as_owner.go(as_owner.post("workflow_delete", workflow.pk, confirm="Welcome new contact"))
    assert "is deleted" in words(page)
    assert not Workflow.objects.exists()


def test_another_name_deletes_nothing(as_owner, workflow):
    page = as_owner.go(as_owner.post("workflow_delete", workflow.pk, confirm="Welcome"))
    assert "Nothing was deleted" in words(page)
    assert Workflow.objects.exists()


def test_only_owners_are_offered_to_delete(as_operator, as_owner, workflow):
    assert "Delete…" not in words(as_operator.get("workflow_settings", workflow.pk))
    assert "Delete…" in words(as_owner.get("workflow_settings", workflow.pk))


# Versions ------------------------------------------------------------------------------------------------


def test_versions_are_listed_and_the_newest_compared_with_the_one_before(as_viewer, workflow):
    another(workflow)
    page = words(as_viewer.get("workflow_versions", workflow.pk))
    assert "Version 2 In use" in page
    assert "Add a note was “Came from Gist.”, is now “Hello”" in page
    assert "Create a task removed: “Welcome {{ contact.name }}”, due in 1 day" in page


def test_any_two_versions_can_be_compared(as_viewer, workflow):
    another(workflow, triggers=[{"on": "gist.tag_added", "tag": "vip"}], match="any")
    page = words(as_viewer.get("workflow_versions", workflow.pk, **{"from": 2, "to": 1}))
    assert "When added: Contact created in Gist" in page
    assert "When removed: Tag added in Gist (vip)" in page
    assert "Only if all of the conditions must hold now" in page


def test_another_order_is_told_as_such(as_viewer, workflow):
    versions.save_workflow_version(workflow, {**workflow.definition, "actions": workflow.definition["actions"][::-1]})
    assert "the actions in another order" in words(as_viewer.get("workflow_versions", workflow.pk))


@pytest.mark.parametrize("number", ["0", "99", "x", "²", "9" * 30])
def test_a_version_that_does_not_exist_is_not_compared(as_viewer, workflow, number):
    another(workflow)
    page = as_viewer.get("workflow_versions", workflow.pk, **{"from": number, "to": number})
    assert "From version 1 to version 2:" in words(page)


def test_restoring_saves_the_old_version_anew(as_operator, workflow):
    old = dict(workflow.definition)
    another(workflow)
    page = as_operator.go(as_operator.post("workflow_restore", workflow.pk, 1, read=2))
    workflow.refresh_from_db()
    assert (workflow.version, workflow.definition) == (3, old)
    assert "Version 1 is back, as version 3." in words(page)


def test_a_version_is_not_restored_over_one_that_the_list_did_not_show(as_operator, workflow):
    another(workflow)
    page = as_operator.go(as_operator.post("workflow_restore", workflow.pk, 1, read=1))
    workflow.refresh_from_db()
    assert workflow.version == 2
    assert "Version 2 was saved since version 1 was opened." in words(page)


def test_a_version_of_another_workflow_cannot_be_restored(as_operator, workflow):
    other = things.workflow(workflow.link)
    another(other)
    assert as_operator.post("workflow_restore", workflow.pk, 2).status_code == 404


# Who sees what -------------------------------------------------------------------------------------------


def test_viewers_read_it_and_are_offered_no_change(as_viewer, workflow):
    page = as_viewer.get("workflow", workflow.pk)
    assert "Create a task" in words(page)
    assert not {"Save", "Test", "Discard", "Edit"} & set(words(page).split())
    assert 'role="switch"' not in html(page)


@pytest.mark.parametrize("name", ["workflows", "workflow", "workflow_settings", "workflow_versions", "workflow_runs"])
def test_markup_in_names_is_shown_as_text(as_owner, workflow, name):
    Link.objects.update(name=MARKUP)
    Workflow.objects.update(name=MARKUP)
    page = html(as_owner.get(name, *([] if name == "workflows" else [workflow.pk])))
    assert "&lt;script&gt;" in page
    assert MARKUP not in page
