"""What lists have beside their filters: a range of time, suggestions, and less noise."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.dashboard import things
from tests.dashboard.browser import html, words

pytestmark = pytest.mark.one_engine


def labels(page):
    return re.findall(r'<th scope="row"><a class="row-link"[^>]*>([^<]+)<', html(page))


@pytest.fixture
def old_and_new(run):
    for label, hours in (("Old", 30), ("New", 1)):
        things.entry(run, label, created_at=timezone.now() - timedelta(hours=hours))
    return run


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"since": "24h"}, ["New"]),
        ({"until": "1d"}, ["Old"]),
        ({"since": "2d", "until": "24h"}, ["Old"]),
        ({"q": "since:90m"}, ["New"]),
        ({"since": "2001-02-03"}, ["New", "Old"]),
        ({"since": "2001-02-03T04:05+02:00", "until": "2001-02-04"}, []),
    ],
    ids=str,
)
def test_a_list_is_narrowed_to_a_range_of_time(as_viewer, old_and_new, query, expected):
    assert labels(as_viewer.get("log", **query)) == expected


@pytest.mark.parametrize("text", ["soon", "9999-12-31T23:59:59-14:00", "0000-13-45", "99999999d", "1e309"])
def test_what_is_no_time_is_left_out_and_said(as_viewer, old_and_new, text):
    page = as_viewer.get("log", since=text)
    assert f"“{text}” is no since; the filter was left out." in words(page)
    assert labels(page) == ["New", "Old"]


def test_a_typed_range_stays_as_it_was_typed(as_viewer, old_and_new):
    page = html(as_viewer.get("log", since="24h", outcome="created"))
    assert 'href="?since=24h"' in page  # Without the outcome.
    assert re.search(r'type="datetime-local" name="since" value="20\d\d-\d\d-\d\dT\d\d:\d\d"', page)


@pytest.mark.parametrize("text", ["ann@", "n@exam", "example.test"])
def test_a_part_of_an_address_finds_entries_of_people(as_viewer, run, text):
    things.alone(run.link, "ghl", 1, label="Ann Lee", email="ann@example.test")
    things.entry(run, "A. Lee", ghl_id="ghl0")
    things.entry(run, "Bo Ray", ghl_id="ghl1")
    assert labels(as_viewer.get("log", q=text)) == ["A. Lee"]


def test_what_was_as_wanted_already_stands_in_the_log_only_when_asked_for(as_viewer, run):
    things.entry(run, "Ann Lee", "skipped", reason="same_value")
    things.entry(run, "Bo Ray")
    assert labels(as_viewer.get("log")) == ["Bo Ray"]
    for query in ({"quiet": "shown"}, {"q": "ann"}, {"reason": "same_value"}, {"outcome": "skipped"}):
        assert "Ann Lee" in labels(as_viewer.get("log", **query))


# Suggestions ---------------------------------------------------------------------------------------------


def suggested(browser, place, text):
    return re.findall(r'<option value="([^"]+)"', html(browser.get("suggestions", place=place, q=text)))


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("runs", "stat", "status:failed"),
        ("runs", "fail", "status:failed"),
        ("runs", "ann fail", "ann status:failed"),
        ("log", "alder", "link:alder"),
        ("log", "n@exam", "ann@example.test"),
        ("contacts", "ann", "ann@example.test"),
    ],
)
def test_the_search_box_suggests_filters_and_people(as_viewer, link, place, text, expected):
    things.alone(link, "ghl", 1, label="Ann Lee", email="ann@example.test")
    assert expected in suggested(as_viewer, place, text)


def test_nothing_is_suggested_for_what_is_no_list(as_viewer, link):
    assert suggested(as_viewer, "people", "stat") == []
