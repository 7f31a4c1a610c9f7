"""Whom a link takes: edited row by row on its page, said in words there, on the contact page and in the list."""

import pytest

from integration.models import Link, Snapshot
from tests.dashboard.browser import Form, html, words
from tests.world import sync

CLINIC_A = {"match": "all", "conditions": [{"field": "tags", "op": "is", "value": "clinic-a"}]}


def row(side, rid, field="tags", op="is", value=""):
    return {
        f"{side}-condition": rid, f"{side}-field-{rid}": field, f"{side}-op-{rid}": op, f"{side}-value-{rid}": value,
    }  # fmt: skip


@pytest.fixture
def filtered(world, link):
    """Ann is taken, Bob is left out."""
    link.gist_filter = CLINIC_A
    link.save()
    world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["clinic-a"])
    world.gist_contact(email="bob@example.test", name="Bob Ray", tags=["clinic-b"])
    sync(link)
    return Snapshot.objects.get(label="Bob Ray")


def test_without_a_filter_the_page_says_everybody(as_viewer, link):
    page = as_viewer.get("link", "alder")
    assert words(page).count("Everybody") == 2
    assert "Save the filters" not in words(page)


def test_rows_are_added_changed_and_saved(as_operator, link):
    page = as_operator.post("link_filters", "alder", do="add:gist")
    form = dict(Form(page, "filter-form").fields)
    assert (form["gist-condition"], form["gist-field-1"], form["gist-op-1"]) == ("1", "tags", "is")
    page = as_operator.post("link_filters", "alder", **row("gist", 1, value="clinic-a"), do="add:ghl")
    form = dict(Form(page, "filter-form").fields) | row("ghl", 1, "opt_in")
    page = as_operator.go(as_operator.post("link_filters", "alder", **form | {"do": "save"}))
    link = Link.objects.get()
    assert link.gist_filter == CLINIC_A
    assert link.ghl_filter == {"match": "all", "conditions": [{"field": "opt_in", "op": "is", "value": "yes"}]}
    assert "Only contacts with the tag “clinic-a”." in words(page)
    assert "Only contacts who have not opted out of e-mail." in words(page)


def test_a_form_that_is_not_saved_changes_nothing(as_operator, link):
    as_operator.post("link_filters", "alder", **row("gist", 1, value="clinic-a"), do="add:gist")
    assert Link.objects.get().gist_filter is None


def test_the_last_row_taken_away_means_everybody_again(as_operator, link):
    Link.objects.update(gist_filter=CLINIC_A)
    page = as_operator.post("link_filters", "alder", **row("gist", 1, value="clinic-a"), do="remove:gist:1")
    as_operator.post("link_filters", "alder", **dict(Form(page, "filter-form").fields) | {"do": "save"})
    assert Link.objects.get().gist_filter is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (row("gist", 3), "Needs a value; to look for nothing, use “is blank”."),
        (row("gist", 3, "ears"), "Gist has no field “ears”."),
        (row("gist", 3, "name", "near", "x"), "“near” is no comparison"),
        (row("ghl", 3, "segments", "is", "VIP"), "GHL has no field “segments”."),
    ],
)
def test_a_refusal_stands_at_its_row_and_nothing_is_saved(as_operator, link, wrong, sentence):
    page = as_operator.post("link_filters", "alder", **wrong, do="save")
    assert (page.status_code, sentence in words(page)) == (422, True)
    assert (Link.objects.get().gist_filter, Link.objects.get().ghl_filter) == (None, None)


def test_what_is_typed_is_shown_as_text(as_operator, link):
    page = as_operator.post("link_filters", "alder", **row("gist", 1, value='"><script>'), do="add:ghl")
    assert "<script>" not in html(page).partition('id="filters"')[2].partition("</section>")[0]


def test_viewers_change_no_filter(as_viewer, link):
    assert as_viewer.post("link_filters", "alder", **row("gist", 1, value="x"), do="save").status_code == 403


def test_the_page_counts_whom_it_leaves_out_apart_from_its_people(as_viewer, filtered):
    page = words(as_viewer.get("link", "alder"))
    assert "Only contacts with the tag “clinic-a”." in page
    assert "1 person is left out" in page
    assert page.count("1 contact known") == 2
    assert "Equal by value 1 of 1" in page


def test_the_contact_page_says_that_and_why_somebody_is_left_out(as_viewer, link, filtered):
    page = words(as_viewer.get("contact", "alder", "gist", filtered.external_id))
    assert "Left out by the link’s filter" in page
    assert "does not take this contact: only contacts with the tag “clinic-a”." in page
    assert "Written when the contact is created" not in page


def test_the_list_shows_whom_a_filter_leaves_out_only_when_asked(as_viewer, filtered):
    assert "Bob Ray" not in words(as_viewer.get("contacts"))
    assert "Bob Ray" not in words(as_viewer.get("contacts", state="gist"))
    for query in ({"state": "filtered"}, {"q": "bob@example.test"}):
        page = words(as_viewer.get("contacts", **query))
        assert ("Bob Ray" in page, "Left out by the filter" in page) == (True, True)
