"""What all lists have in common: what they cost, what they say when they are empty, how one pages through them."""

import re

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from integration.mapping.versions import save_version
from integration.workflows import versions as workflow_versions
from tests.dashboard import things
from tests.dashboard.browser import html, words

MOST_QUERIES = 13


def versions(link, owner, count):
    known = link.mapping_versions.count()
    for number in range(known, known + count):
        row = {"gist": f"custom_properties.p{number}", "ghl": "city"}
        save_version(link, [{"gist": "email", "ghl": "email"}, row], user=owner)


def links(link, owner, count):
    for made in things.links(count):
        things.failure(things.finished_run(made, failed=1))


def runs_and_failures(link, owner, count):
    things.runs(link, count, started_by=owner, failed=1)
    things.entries(link.runs.last(), count, outcome="failed")


def workflows(link, owner, count):
    for _ in range(count):
        things.execution(things.workflow(link))


def executions_of_one(link, owner, count):
    things.executions(link.workflows.first() or things.workflow(link), count)


def saved_workflow(link, owner, count):
    saved = link.workflows.first() or things.workflow(link)
    for number in range(count):
        note = {"do": "note.create", "values": {"body": f"{saved.version}-{number}"}}
        workflow_versions.save_workflow_version(saved, {**saved.definition, "actions": [note] * 3}, user=owner)


ROWS = {
    "overview": links,
    "links": links,
    "connections": lambda link, owner, count: things.connections(count),
    "link": runs_and_failures,
    "mapping_versions": versions,
    "runs": runs_and_failures,
    "run": runs_and_failures,
    "log": runs_and_failures,
    "workflows": workflows,
    "workflow": executions_of_one,
    "workflow_runs": executions_of_one,
    "workflow_run": executions_of_one,
    "workflow_versions": saved_workflow,
}


def arguments(name, run):
    if name == "workflow_run":
        return [run.link.executions.first().pk]
    if name.startswith("workflow") and name != "workflows":
        return [(run.link.workflows.first() or things.workflow(run.link)).pk]
    return {"link": ["alder"], "mapping_versions": ["alder"], "run": [run.pk]}.get(name, [])


@pytest.mark.parametrize("name", ROWS)
def test_more_rows_than_a_page_cost_as_many_queries_as_3(link, run, owner, as_owner, name):
    asked = []
    for count in (3, 57):
        ROWS[name](link, owner, count)
        with CaptureQueriesContext(connection) as queries:
            assert as_owner.get(name, *arguments(name, run)).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= MOST_QUERIES


LISTS = ["log", "runs", "connections", "workflows"]

# Empty ---------------------------------------------------------------------------------------------------

NOTHING_YET = {
    "log": "Nothing happened yet",
    "runs": "No runs yet",
    "connections": "No connections yet",
    "links": "No links yet",
    "workflows": "No workflows yet",
}


@pytest.mark.parametrize("name", NOTHING_YET)
def test_a_list_without_rows_says_how_they_come_to_be(as_viewer, name):
    page = as_viewer.get(name)
    assert NOTHING_YET[name] in words(page)
    assert "is-primary" in html(page)


def test_a_run_without_entries_says_that_nothing_was_to_be_told(as_viewer, run):
    assert "Nothing but unchanged records" in words(as_viewer.get("run", run.pk))


@pytest.mark.parametrize("name", [*LISTS, "run", "workflow_runs"])
def test_filters_that_nothing_fits_can_be_cleared(as_viewer, run, name):
    things.entry(run)
    page = as_viewer.get(name, *arguments(name, run), q="nobody at all")
    assert "Nothing matches" in words(page)
    assert "Clear filters" in words(page)


@pytest.mark.parametrize("name", [*LISTS, "run", "workflow_runs"])
def test_a_list_that_cannot_be_read_says_so_and_keeps_the_filters(as_viewer, run, name, monkeypatch):
    def fails(*args):
        raise DatabaseError

    monkeypatch.setattr("dashboard.paging.read_page", fails)
    page = as_viewer.get(name, *arguments(name, run), q="ann")
    assert "Could not load" in words(page)
    assert "Your filters are kept." in words(page)
    assert re.search(r'href="[^"]+\?q=ann">Try again', html(page))


def test_a_list_without_filters_says_so_too_when_it_cannot_be_read(as_viewer, monkeypatch):
    def fails(*args):
        raise DatabaseError

    monkeypatch.setattr("dashboard.links.views.build_cards", fails)
    page = words(as_viewer.get("links"))
    assert "Could not load The database did not answer in time. Try again" in page


# Pages ---------------------------------------------------------------------------------------------------


def people_on(page):
    return re.findall(r'class="row-link"[^>]*>(Person \d+)<', html(page))


def older(browser, page):
    return browser.client.get("/log/" + re.search(r'href="(\?[^"]+)" rel="next"', html(page))[1].replace("&amp;", "&"))


def test_older_pages_hold_each_entry_once_while_new_ones_come_in(as_viewer, run):
    things.entries(run, 120)
    pages = [as_viewer.get("log")]
    for _ in range(2):
        things.entries(run, 30)
        pages.append(older(as_viewer, pages[-1]))
    seen = [people_on(page) for page in pages]
    assert [len(people) for people in seen] == [50, 50, 20]
    assert [person for people in seen for person in people] == [f"Person {n}" for n in reversed(range(120))]


def test_the_last_page_leads_to_the_newest_only(as_viewer, run):
    things.entries(run, 51)
    last = older(as_viewer, as_viewer.get("log"))
    assert people_on(last) == ["Person 0"]
    assert "Newest" in words(last)
    assert "Older" not in words(last)


def test_paging_keeps_the_filters(as_viewer, run):
    things.entries(run, 60, outcome="failed")
    things.entries(run, 60)
    page = older(as_viewer, as_viewer.get("log", outcome="failed"))
    assert len(people_on(page)) == 10
    assert "Failed" in words(page)


@pytest.mark.parametrize("before", ["", "x", "-1", "²", "9" * 40, "1.5"])
def test_a_place_that_cannot_be_is_the_first_page(as_viewer, run, before):
    things.entries(run, 2)
    assert len(people_on(as_viewer.get("log", before=before))) == 2


def test_many_rows_are_counted_no_further_than_anybody_reads(as_viewer, run, monkeypatch):
    monkeypatch.setattr("dashboard.paging.COUNT_UP_TO", 3)
    things.entries(run, 3)
    assert "3 entries" in words(as_viewer.get("log"))
    things.entries(run, 1)
    assert "more than 3 entries" in words(as_viewer.get("log"))


def test_htmx_gets_the_rows_without_the_page_around_them(as_viewer, run):
    part = html(as_viewer.get("log", part="results"))
    assert 'id="results"' in part
    assert "<html" not in part
