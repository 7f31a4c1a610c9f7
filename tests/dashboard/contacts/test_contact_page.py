"""The contact page: both records, tasks, notes, appointments and tags, all live."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.mapping.carried import ADDRESS
from integration.mapping.versions import save_version
from integration.models import Pair, Question
from integration.related.gist_properties import carried_values
from tests.conftest import MAPPING
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.dashboard.contacts.page import look, send
from tests.dashboard.things import MARKUP
from tests.person import Ann

MOST_QUERIES = 14


# What stands there ---------------------------------------------------------------------------------------


def test_the_page_shows_both_records_and_what_belongs_to_the_person(as_viewer, ann):
    ann.task(), ann.note()
    page = words(look(as_viewer, ann))
    for text in (
        "Ann Lee Paired", "Read now with 6 calls", "3 fields the same", "E-mail ann@example.test ann@example.test Same",
        "Call Ann Due Wed 2 January 2030, 10:00", "Prefers mornings", "No appointments.", "vip", "Created in GHL",
        "Times in America/New_York",
    ):  # fmt: skip
        assert text in page


def test_the_address_that_is_carried_to_gist_opens_the_page(as_viewer, ann):
    address = str(carried_values(ann.link, ann.known.gist_id, {"task": [], "note": [], "appointment": []})[ADDRESS])
    assert "Ann Lee" in words(as_viewer.client.get("/" + address.split("/", 3)[3]))


@pytest.mark.parametrize("side", ["gist", "ghl"])
def test_somebody_on_one_side_only_has_a_page_too(as_viewer, world, link, side):
    made = world.gist_contact(email="bob@example.test", name="Bob") if side == "gist" else world.ghl_contact(
        firstName="Bob", email="bob@example.test"
    )  # fmt: skip
    page = words(as_viewer.get("contact", "alder", side, str(made["id"]), read="now"))
    assert f"Only in {'Gist' if side == 'gist' else 'GHL'}" in page
    assert "Written when the contact is created in" in page


def test_nobody_is_no_page(as_viewer, world, link):
    assert as_viewer.get("contact", "alder", "ghl", "nobody123", read="now").status_code == 404
    for address in ("/contacts/alder/hubspot/1/", "/contacts/alder/ghl/a.b/", "/contacts/nowhere/ghl/1/"):
        assert as_viewer.client.get(address).status_code == 404


def test_what_differs_says_what_the_next_sync_writes(as_viewer, world, ann):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna", "lastName": "Lee"})
    assert "Ann Lee Anna Lee Changed in GHL: the next sync writes Gist" in words(look(as_viewer, ann))


def test_a_field_that_waits_leads_to_its_question(as_viewer, ann):
    Question.objects.create(
        link=ann.link, kind="conflict", about="x", pair=Pair.objects.get(), field="name", message="G and H."
    )
    page = look(as_viewer, ann)
    assert "Name is held: G and H. Waiting for a person; nothing is written. Decide" in words(page)
    assert 'href="/problems/person/?link=alder">Decide' in html(page)


def test_a_part_that_cannot_be_read_says_so_and_shows_what_was_known(as_viewer, world, ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    ann.task()
    look(as_viewer, ann)
    world.fault({"side": "ghl", "kind": "500", "path": "/tasks", "rate": 1})
    page = words(look(as_viewer, ann))
    assert "GHL" in page
    assert "Call Ann" in page


def test_a_system_that_is_away_leaves_the_rest_of_the_page(as_viewer, world, ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    ann.task()
    look(as_viewer, ann)
    world.fault({"side": "ghl", "kind": "500", "rate": 1})
    page = words(look(as_viewer, ann))
    for text in (
        "GHL could not be read.",
        "The rest of the page stands.",
        "Not read just now",
        "Call Ann",
        "Created in GHL",
    ):
        assert text in page


@pytest.mark.parametrize(("side", "name"), [("gist", "Gist"), ("ghl", "GHL")])
def test_what_could_not_be_read_is_not_called_absent(as_viewer, world, ann, monkeypatch, side, name):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    look(as_viewer, ann)
    world.fault({"side": side, "kind": "500", "rate": 1})
    page = words(look(as_viewer, ann)).partition("Both records")[2].partition("Timeline")[0]
    assert f"Nothing is compared: {name} could not be read." in page
    assert f"Not compared: {name} could not be read" in page
    assert "answered 500" in page
    for untrue in ("not there", "the next sync", "Written when", "on one side only", "the same"):
        assert untrue not in page


def test_tags_of_a_side_that_could_not_be_read_are_not_called_none(as_viewer, world, ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    ann.link.snapshots.all().delete()
    world.fault({"side": "ghl", "kind": "500", "rate": 1}, {"side": "gist", "kind": "500", "rate": 1})
    page = words(look(as_viewer, ann))
    assert "GHL could not be read: its tags are not among these." in page
    assert "No tags." not in page
    assert "No tasks." not in page
    assert "Neither record could be read just now." in page


def test_a_half_that_is_gone_is_not_called_unread(as_viewer, world, ann):
    world.ghl("DELETE", f"/contacts/{ann.ghl_id}")
    page = words(look(as_viewer, ann))
    assert "GHL no longer has this contact, so nothing is compared" in page
    assert "could not be read" not in page


def test_a_contact_that_was_deleted_in_ghl_says_so(as_viewer, world, ann):
    world.ghl("DELETE", f"/contacts/{ann.ghl_id}")
    page = words(look(as_viewer, ann))
    assert "GHL no longer has this contact." in page
    assert "Not in GHL" in page
    assert "Paired Read" not in page


def test_viewers_see_everything_and_no_button(as_viewer, ann):
    ann.task()
    page = html(look(as_viewer, ann))
    for verb in ("Sync now", "Add the task", "hx-post", "Delete in", "Pull from", 'name="do"'):
        assert verb not in page
    assert 'aria-label="Open: Call Ann"' in page


def test_markup_in_names_tasks_and_notes_is_shown_as_text(as_operator, world, link):
    made = world.ghl_contact(firstName=MARKUP, email="moss@example.test", tags=[MARKUP])
    ann = Ann(world, link, made["id"])
    ann.task(MARKUP, body=MARKUP), ann.note(MARKUP)
    page = html(look(as_operator, ann))
    assert page.count("&lt;script&gt;") > 5
    assert "<script>alert" not in page


def test_the_page_holds_no_script_or_style_of_its_own(as_operator, ann):
    ann.task()
    page = html(look(as_operator, ann))
    assert not re.findall(r"<script(?![^>]+\bsrc=)[^>]*>", page)
    assert not re.findall(r"<style|\sstyle=|\son\w+=", page)


def page_queries(queries):
    """Those of the page itself: not the budgets' bookkeeping of calls, and no savepoints."""
    return [one["sql"] for one in queries if "callbudget" not in one["sql"] and "SAVEPOINT" not in one["sql"]]


def test_60_tasks_and_300_entries_cost_as_many_queries_as_1(as_operator, ann):
    run, asked = things.finished_run(ann.link), []
    for count in (1, 59):
        for number in range(count):
            ann.task(f"Task {number}"), things.entries(run, 5, gist_id=ann.known.gist_id, ghl_id=ann.ghl_id)
        look(as_operator, ann)  # What is met for the first time is taken in.
        with CaptureQueriesContext(connection) as queries:
            look(as_operator, ann)
        asked.append(page_queries(queries))
    assert len(asked[0]) == len(asked[1]) <= MOST_QUERIES


# Both records --------------------------------------------------------------------------------------------


def test_after_every_change_both_records_are_read_again(as_operator, ann):
    page = html(look(as_operator, ann))
    head = page.split('id="person"')[1].split(">")[0]
    assert "contact-changed from:body" in re.search(r'hx-trigger="([^"]+)"', head)[1]
    assert send(as_operator, ann, "tags", "tags", add="new")["HX-Trigger-After-Settle"] == '{"contact-changed": {}}'
    address = re.search(r'hx-get="([^"]+)"', head)[1]
    part = as_operator.client.get(address, headers={"HX-Request": "true", "HX-Target": "person"})
    assert "<html" not in html(part)
    assert re.search(r"Tags</th>.*?new.*?new.*?Same", html(part), re.DOTALL)


def test_a_deleted_field_of_ghl_is_told_as_a_broken_row_with_the_way_to_mend_it(as_operator, world, link, ann):
    fields = f"/locations/{world.location}/customFields"
    made = world.ghl("POST", fields, json={"name": "Size", "dataType": "TEXT"})["customField"]
    save_version(link, [*MAPPING, {"gist": "custom_properties.size", "ghl": "customFields.size"}])
    world.ghl("DELETE", f"{fields}/{made['id']}")
    page = html(look(as_operator, ann))
    assert '<a href="/links/alder/mapping/">Broken row: GHL has no field “Size” any more' in page


# Tasks ---------------------------------------------------------------------------------------------------


def test_ticking_answers_with_the_row_as_it_is_now_and_the_count(as_operator, ann):
    task = ann.task()
    part = send(as_operator, ann, f"task/{task}", "x", do="tick")
    assert ann.tasks()[0]["completed"] is True
    assert 'class="is-done"' in html(part)
    assert 'aria-label="Completed: Call Ann"' in html(part)
    assert re.search(r'id="count-task" hx-swap-oob="true">0<', html(part))
    assert part["HX-Trigger-After-Settle"] == '{"contact-changed": {}}'
    assert "<html" not in html(part)


def test_a_tick_that_ghl_refuses_shows_the_task_as_it_really_stands(as_operator, world, ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    task = ann.task()
    look(as_operator, ann)
    world.fault({"side": "ghl", "kind": "500", "path": "/completed", "rate": 1})
    part = html(send(as_operator, ann, f"task/{task}", "x", do="tick"))
    assert 'aria-label="Complete: Call Ann"' in part
    assert "checked" not in part
    assert 'role="alert"' in part


def test_a_task_that_is_gone_leaves_the_card_with_a_sentence(as_operator, world, ann):
    task = ann.task()
    look(as_operator, ann)
    world.ghl("DELETE", f"/contacts/{ann.ghl_id}/tasks/{task}")
    part = send(as_operator, ann, f"task/{task}", "x", do="tick")
    assert "does not exist on this contact" in words(part)
    assert f'id="task-{task}"' not in html(part)


def test_without_htmx_a_tick_leads_back_to_the_page(as_operator, ann):
    task = ann.task()
    page = as_operator.go(send(as_operator, ann, f"task/{task}", do="tick"))
    assert "Task “Call Ann” was completed." in words(page)


def test_another_contact_s_task_cannot_be_ticked_here(as_operator, world, ann):
    bob = Ann(world, ann.link, world.ghl_contact(firstName="Bob", email="bob@example.test")["id"])
    task = bob.task()
    page = words(as_operator.go(send(as_operator, ann, f"task/{task}", do="tick")))
    assert "does not exist on this contact" in page
    assert bob.tasks()[0]["completed"] is False


def test_a_task_is_added_in_the_location_s_time(as_operator, ann):
    look(as_operator, ann)
    part = send(as_operator, ann, "task", "x", title="Send papers", due="2030-06-01T17:00")
    assert ann.tasks()[0]["dueDate"] == "2030-06-01T21:00:00.000Z"
    assert "Due Sat 1 June 2030, 17:00" in words(part)
    assert "Task “Send papers” was added." in words(part)


def test_a_task_without_a_title_keeps_the_form_open_with_what_was_typed(as_operator, ann):
    part = send(as_operator, ann, "task", "x", title="", body="Long story")
    assert "A task needs a title." in words(part)
    assert '<details class="adds" id="adds-task" open>' in html(part)
    assert "Long story" in html(part)
    assert ann.tasks() == []


def test_a_due_date_in_the_past_is_taken_with_a_hint(as_operator, ann):
    part = words(send(as_operator, ann, "task", "x", title="Old", due="2020-01-01T10:00"))
    assert "Its due date is in the past, so it is overdue at once." in part
    assert "Overdue" in part


@pytest.mark.parametrize("due", ["tomorrow", "2030-13-01T10:00", "'; DROP TABLE"])
def test_a_due_date_that_is_none_is_refused_in_words(as_operator, ann, due):
    assert "Due: Enter a valid date/time." in words(send(as_operator, ann, "task", "x", title="X", due=due))
    assert ann.tasks() == []


def test_an_assignee_who_left_stays_until_somebody_else_is_chosen(as_operator, ann):
    task = ann.task(assignedTo="leftUser")
    assert "somebody who left" in words(look(as_operator, ann))
    form = as_operator.get("contact_edit", "alder", "ghl", ann.ghl_id, "task", task, part="x")
    assert "Somebody who left" in words(form)
    part = send(as_operator, ann, f"task/{task}", "x", do="save", **form_of(form, title="Ring Ann"))
    assert "was changed: title." in words(part)
    assert ann.tasks()[0]["assignedTo"] == "leftUser"


def form_of(page, **changes):
    """What the first form of an edited row sends, with some fields changed."""
    text = html(page)
    sent = dict(re.findall(r'<input type="(?:hidden|text|datetime-local)" name="([\w-]+)" value="([^"]*)"', text))
    sent |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>\s*([^<]*)</textarea>', text))
    chosen = re.search(r'name="assigned_to".*?<option value="([^"]*)" selected', text, re.DOTALL)
    sent |= {"assigned_to": chosen[1] if chosen else ""}
    return {**sent, **changes}


def test_a_row_becomes_a_form_and_back(as_operator, ann):
    task = ann.task()
    look(as_operator, ann)
    form = as_operator.get("contact_edit", "alder", "ghl", ann.ghl_id, "task", task, part="x")
    assert 'class="is-editing"' in html(form)
    assert 'value="2030-01-02T10:00"' in html(form)
    row = as_operator.get("contact_edit", "alder", "ghl", ann.ghl_id, "task", task, part="x", row=1)
    assert "is-editing" not in html(row)


def test_saving_writes_only_what_was_changed(as_operator, world, ann):
    task = ann.task(body="As it was")
    look(as_operator, ann)
    form = as_operator.get("contact_edit", "alder", "ghl", ann.ghl_id, "task", task, part="x")
    world.ghl("PUT", f"/contacts/{ann.ghl_id}/tasks/{task}", json={"body": "Changed meanwhile"})
    send(as_operator, ann, f"task/{task}", "x", do="save", **form_of(form, title="Ring Ann"))
    (held,) = ann.tasks()
    assert (held["title"], held["body"]) == ("Ring Ann", "Changed meanwhile")


def test_what_ghl_changed_since_the_form_was_shown_is_not_written_over(as_operator, world, ann):
    task = ann.task()
    look(as_operator, ann)
    form = as_operator.get("contact_edit", "alder", "ghl", ann.ghl_id, "task", task, part="x")
    world.ghl("PUT", f"/contacts/{ann.ghl_id}/tasks/{task}", json={"title": "Theirs"})
    part = send(as_operator, ann, f"task/{task}", "x", do="save", **form_of(form, title="Mine"))
    assert "The title was changed in GHL meanwhile, to “Theirs”." in words(part)
    assert 'value="Mine"' in html(part)
    assert ann.tasks()[0]["title"] == "Theirs"


def test_a_task_is_deleted_from_its_form(as_operator, ann):
    task = ann.task()
    look(as_operator, ann)
    part = words(send(as_operator, ann, f"task/{task}", "x", do="delete"))
    assert "Task “Call Ann” was deleted." in part
    assert "No tasks." in part


@pytest.mark.parametrize(("where", "do"), [("task/x", "explode"), ("note/x", "tick"), ("task/x", "")])
def test_what_cannot_be_done_is_no_page(as_operator, ann, where, do):
    assert send(as_operator, ann, where, do=do).status_code == 404
