"""The contact page before, while and after both systems are read: what is known stands at once, and says since when."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.live import commands, threads
from dashboard.live.threads import StillUnderWay, TooManyWaiting
from integration.mapping.versions import save_version
from integration.models import Run
from tests.conftest import MAPPING
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.dashboard.contacts.page import look, open_page, send

MOST_QUERIES = 14


@pytest.fixture
def known_ann(as_operator, ann):
    """Read on her page once, with a task."""
    ann.task()
    look(as_operator, ann)
    return ann


def hang(world, side="ghl"):
    world.fault({"side": side, "kind": "hang", "seconds": 0})
    world.forget_calls()


def read_part(browser, ann):
    """What htmx asks for once the page stands."""
    address = f"/contacts/alder/ghl/{ann.ghl_id}/?read=now"
    return browser.client.get(address, headers={"HX-Request": "true", "HX-Target": "person"})


def test_the_page_stands_without_a_call_with_what_is_known_and_since_when(as_operator, world, known_ann):
    hang(world), hang(world, "gist")
    page = open_page(as_operator, known_ann)
    assert world.calls() == {"gist": 0, "ghl": 0}
    for text in ("Ann Lee Paired", "Shown is what was known at", "Reading Gist and GHL now…", "Gist as of ",
                 "GHL as of ", "E-mail ann@example.test ann@example.test", "Call Ann", "vip",
                 "Created in GHL"):  # fmt: skip
        assert text in words(page)
    assert re.search(r'id="person" hx-get="[^"]+[?]read=now" hx-trigger="load, ', html(page))


def test_somebody_nobody_read_before_has_a_page_at_once(as_operator, world, link):
    made = world.gist_contact(email="bob@example.test", name="Bob")
    world.forget_calls()
    page = words(as_operator.get("contact", "alder", "gist", str(made["id"])))
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "Nothing is known of this contact yet. Reading Gist and GHL now…" in page


def test_what_was_read_comes_as_parts_and_leaves_the_timeline(as_operator, world, known_ann):
    world.ghl("PUT", f"/contacts/{known_ann.ghl_id}", json={"firstName": "Anna", "lastName": "Lee"})
    part = html(read_part(as_operator, known_ann))
    for name in ("person-actions", "both-records", "card-task", "card-note", "card-appointment", "tags"):
        assert re.search(rf'id="{name}"[^>]* hx-swap-oob="true"', part), name
    assert "Anna Lee" in part
    assert 'id="timeline"' not in part
    assert "<html" not in part


def test_the_timeline_is_never_newer_than_the_records_beside_it(as_operator, known_ann, monkeypatch):
    compare = __import__("dashboard.contacts.views", fromlist=["views"]).compare_live

    def work_meanwhile(person, asked):
        run = things.finished_run(known_ann.link)
        things.entries(run, 1, ghl_id=known_ann.ghl_id, kind="task", message="Next appointment updated")
        return compare(person, asked)

    monkeypatch.setattr("dashboard.contacts.views.compare_live", work_meanwhile)
    assert "Next appointment updated" not in words(look(as_operator, known_ann))


@pytest.mark.parametrize(("side", "name"), [("ghl", "GHL"), ("gist", "Gist")])
def test_a_side_that_does_not_answer_shows_what_was_known_and_why_it_is_not_new(
    as_operator, world, known_ann, monkeypatch, side, name
):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    hang(world, side)
    page = words(look(as_operator, known_ann))
    assert f"{name} could not be read." in page
    assert "Shown is what was known at" in page
    assert f"Nothing is compared: {name} could not be read. Alder {name}: {name} could not be reached" in page
    assert f"Not compared: {name} could not be read" in page
    assert f"{name} could not be read: its tags are those known last." in page
    assert "E-mail ann@example.test ann@example.test" in page
    assert "Allowed on both sides" not in page
    assert "not there" not in page
    assert "fields the same" not in page


def test_of_a_side_that_was_never_read_the_fields_say_so(as_operator, world, known_ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    known_ann.link.snapshots.filter(side="ghl").delete()
    hang(world)
    page = words(look(as_operator, known_ann))
    assert "E-mail ann@example.test could not be read" in page
    assert "not there" not in page


def test_no_row_is_called_broken_before_the_fields_are_known(as_operator, world, known_ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.ghl("POST", f"/locations/{world.location}/customFields", json={"name": "Size", "dataType": "TEXT"})
    save_version(known_ann.link, [*MAPPING, {"gist": "custom_properties.size", "ghl": "customFields.size"}])
    type(known_ann.link.ghl).objects.update(settings={})
    hang(world)
    for page in (open_page(as_operator, known_ann), look(as_operator, known_ann)):
        assert "Broken row" not in words(page)


def test_when_it_is_not_known_any_more_the_page_says_last(as_operator, known_ann):
    Run.objects.all().delete()
    known_ann.link.pairs.update(synced_at=None)
    assert "Shown is what was known last." in words(open_page(as_operator, known_ann))


def test_no_answer_in_time_is_told_and_what_is_known_stays(as_operator, known_ann, monkeypatch):
    monkeypatch.setattr(threads, "_wait_for", raises(StillUnderWay("slow")))
    page = read_part(as_operator, known_ann)
    assert "There was no answer within 5 s. Shown is what was known at" in words(page)
    assert "Read again" in words(page)
    assert 'id="card-task"' not in html(page)


def test_too_many_readers_are_told_at_once_and_read_later(as_operator, known_ann, monkeypatch):
    monkeypatch.setattr(threads, "_wait_for", raises(TooManyWaiting("8 requests wait already.")))
    page = read_part(as_operator, known_ann)
    assert "8 requests wait already. Shown is what was known at" in words(page)
    assert "It is tried again in a few seconds." in words(page)
    assert 'hx-trigger="load delay:5s' in html(page)


def raises(problem):
    def fail(*args):
        raise problem

    return fail


def test_60_tasks_and_300_entries_cost_the_page_as_many_queries_as_1(as_operator, ann):
    run, asked = things.finished_run(ann.link), []
    for count in (1, 59):
        for number in range(count):
            ann.task(f"Task {number}"), things.entries(run, 5, gist_id=ann.known.gist_id, ghl_id=ann.ghl_id)
        look(as_operator, ann)
        with CaptureQueriesContext(connection) as queries:
            open_page(as_operator, ann)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= MOST_QUERIES


# Commands that take long ---------------------------------------------------------------------------------


@pytest.fixture
def slow(monkeypatch):
    """Commands that wait on: `slow[0]()` lets the first one go on to its end."""
    under_way = []

    def begin(work):
        under_way.append(work)
        raise StillUnderWay("slow")

    monkeypatch.setattr(commands, "begin_command", begin)
    return under_way


def asked_again(part):
    return re.search(r'hx-get="(/commands/[^"]+)" hx-trigger="every 2s"', html(part))[1]


def test_a_task_that_ghl_takes_long_to_add_is_neither_done_nor_failed_and_told_later(as_operator, known_ann, slow):
    part = send(as_operator, known_ann, "task", "x", title="Send papers")
    assert "Not done yet. There was no answer within 5 s." in words(part)
    assert "was added" not in words(part)
    address = asked_again(part)
    assert "Not done yet." in words(as_operator.client.get(address))
    slow[0]()
    told = as_operator.client.get(address)
    assert "Task “Send papers” was added." in words(told)
    assert "person-changed" in told["HX-Trigger-After-Settle"]
    assert [one["title"] for one in known_ann.tasks()] == ["Call Ann", "Send papers"]


def test_a_slow_tick_answers_with_the_card_in_place_of_the_row(as_operator, known_ann, slow):
    (task,) = known_ann.tasks()
    part = send(as_operator, known_ann, f"task/{task['id']}", "x", do="tick")
    assert part["HX-Retarget"] == "#card-task"
    assert "Not done yet." in words(part)


def test_without_htmx_the_page_after_a_slow_command_says_so(as_operator, known_ann, slow):
    page = as_operator.go(send(as_operator, known_ann, "tags", add="recall"))
    assert "Not done yet." in words(page)
    slow[0]()
    assert "Tag “recall” was added in GHL." in words(as_operator.client.get(asked_again(page)))


def test_a_command_whose_process_was_stopped_is_not_called_failed(as_operator, known_ann, slow, monkeypatch):
    address = asked_again(send(as_operator, known_ann, "note", "x", body="Hello"))
    monkeypatch.setattr(commands, "LONGEST", -commands.LONGEST)
    page = words(as_operator.client.get(address))
    assert "It is not known what came of it" in page
    assert "Not done yet" not in page


def test_a_write_whose_answer_was_lost_is_not_called_failed(as_operator, world, known_ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    (task,) = known_ann.tasks()
    world.fault({"side": "ghl", "kind": "reset_after", "path": "/completed"})
    part = words(send(as_operator, known_ann, f"task/{task['id']}", "x", do="tick"))
    assert "It may have been carried out all the same" in part
    assert "Completed: Call Ann" in html(send(as_operator, known_ann, f"task/{task['id']}", "x", do="tick"))


def test_an_opt_out_that_takes_long_to_lift_is_told_later(as_operator, world, known_ann, slow):
    world.ghl("PUT", f"/contacts/{known_ann.ghl_id}", json={"dnd": True})
    page = as_operator.go(send(as_operator, known_ann, "act", do="allow_emails", confirm="asked"))
    assert "Not done yet." in words(page)
    slow[0]()
    assert "asked for e-mails again: allowed in GHL." in words(as_operator.client.get(asked_again(page)))


# Forms that are opened on a page of their own ------------------------------------------------------------


def test_booking_opens_without_a_call_and_reads_the_free_times_afterwards(as_operator, world, known_ann):
    hang(world)
    page = as_operator.get("contact_book", "alder", "ghl", known_ann.ghl_id)
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "Reading the calendars and their free times…" in words(page)


def test_the_search_of_both_systems_begins_once_the_page_stands(as_viewer, world, ann):
    hang(world)
    page = as_viewer.get("contacts", q="Ann", ask=1)
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "Asking Alder’s Gist and GHL now…" in words(page)
    assert 'hx-get="?q=Ann&amp;ask=1&amp;read=part"' in html(page)


def test_what_the_search_finds_comes_alone(as_viewer, ann):
    part = as_viewer.get("contacts", part="live-results", q="ann@example.test", ask=1, read="part")
    assert "Ann Lee GHL" in words(part)
    assert 'id="results"' not in html(part)
