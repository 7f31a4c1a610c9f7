"""Runs about one contact each stand together in the list of runs."""

import pytest

from tests.dashboard import things
from tests.dashboard.browser import words

pytestmark = pytest.mark.one_engine


def test_three_neighbours_about_single_contacts_are_one_row_with_their_sums(as_viewer, link):
    things.finished_run(link, kind="full")
    things.runs(link, 3, kind="single", updated=2)
    page = words(as_viewer.get("runs"))
    assert page.count("3 single contacts") == 1
    assert "0 6 0 0 0 0 + 0" in page


def test_whoever_asks_for_the_kind_gets_each_of_them(as_viewer, link):
    things.runs(link, 3, kind="single")
    assert "single contacts" not in words(as_viewer.get("runs", kind="single"))


def test_two_stand_for_themselves_and_a_run_between_them_parts_them(as_viewer, link):
    things.runs(link, 2, kind="single")
    things.finished_run(link, kind="full")
    things.runs(link, 2, kind="single")
    assert "single contacts" not in words(as_viewer.get("runs"))


def test_a_group_says_how_many_came_to_no_end(as_viewer, link):
    things.runs(link, 2, kind="single")
    things.finished_run(link, kind="single", status="failed")
    assert "1 came to no end" in words(as_viewer.get("runs"))
