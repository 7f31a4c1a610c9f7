"""Lists as files: what the filters find, of what somebody sees, safe to open, and on record."""

import csv
import io
import json

import pytest

from integration.models import AuditEntry
from tests.dashboard import things
from tests.dashboard.browser import Browser, html

pytestmark = pytest.mark.one_engine
PLACES = ["runs", "log", "contacts", "problems"]


def lines(browser, place, **query):
    answer = browser.get(f"{place}_export", **query)
    return [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]


def cells(browser, place, **query):
    answer = browser.get(f"{place}_export", **{"as": "csv"}, **query)
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


@pytest.fixture
def story(link):
    """A failure that is a problem, and somebody whose name a spreadsheet would run."""
    failed = things.failure(things.finished_run(link, failed=1), "=cmd()")
    things.problem(failed)
    things.alone(link, "ghl", 1, label="=cmd()", email="ann@example.test")
    return failed


@pytest.mark.parametrize("place", PLACES)
def test_a_file_holds_what_the_list_holds(as_operator, story, place):
    (row,) = lines(as_operator, place)
    assert row["link"] == "alder"
    assert [row.keys()] == [one.keys() for one in cells(as_operator, place)]


@pytest.mark.parametrize(("place", "column"), [("log", "label"), ("contacts", "name")])
def test_a_spreadsheet_runs_nothing_of_it(as_operator, story, place, column):
    assert cells(as_operator, place)[0][column] == "'=cmd()"


def test_the_filters_say_what_is_in_the_file(as_operator, story):
    things.entry(story.run, "Bo Ray", changes=[{"side": "ghl", "field": "city", "before": "", "after": "X"}])
    assert [row["label"] for row in lines(as_operator, "log", outcome="created")] == ["Bo Ray"]
    (change,) = lines(as_operator, "log", q="bo ray")[0]["changes"]
    assert change == {"side": "ghl", "field": "city", "before": "", "after": "X", "state": "applied"}


def test_times_name_their_offset(as_operator, story):
    assert lines(as_operator, "runs")[0]["created_at"].endswith("+00:00")


@pytest.mark.parametrize("place", PLACES)
def test_nothing_of_another_link_is_in_it(operator, story, place):
    (mine,) = things.links(1)
    operator.all_links = False
    operator.save()
    operator.links.set([mine])
    assert lines(Browser(operator), place) == []


def test_who_took_what_away_is_on_record_and_not_whom_they_looked_for(as_operator, operator, story):
    lines(as_operator, "contacts", q="ann@example.test")
    entry = AuditEntry.objects.get(what="contacts_export")
    assert (entry.actor, entry.subject) == (operator.email, "json")
    assert "ann" not in f"{entry.before}{entry.after}{entry.link}"


def test_the_list_leads_to_its_file_with_the_filters_as_they_are(as_operator, as_viewer, story):
    assert "/log/export/?outcome=failed&amp;as=csv" in html(as_operator.get("log", outcome="failed"))
    assert "/log/export/" not in html(as_viewer.get("log"))


def test_a_file_of_many_pieces_holds_each_row_once_oldest_first(as_operator, story, monkeypatch):
    monkeypatch.setattr("dashboard.exports.views.AT_ONCE", 2)
    things.entries(story.run, 4)
    assert [row["label"] for row in lines(as_operator, "log")] == ["=cmd()", *(f"Person {n}" for n in range(4))]
