"""The list of contacts: finding people among those Gistline knows, and in both systems when asked."""

import re

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from integration.models import Pair, Snapshot
from tests.dashboard import things
from tests.dashboard.browser import html, words

MOST_QUERIES = 13


def person(link, number, name="", **facts):
    """Somebody paired, or on one side only when `facts` name a side."""
    name = name or f"Person {number}"
    if facts:
        return Snapshot.objects.create(link=link, external_id=f"{number}x", label=name, **facts)
    pair = Pair.objects.create(link=link, gist_id=str(number), ghl_id=f"ghl{number}", label=name)
    for side in ("gist", "ghl"):
        one = {"external_id": pair.external_id(side), "email": f"p{number}@example.test", "label": name}
        Snapshot.objects.create(link=link, side=side, pair=pair, **one)
    return pair


def test_everyone_stands_once_with_how_they_are(as_viewer, link):
    person(link, 1), person(link, 2, "Bob Ray", side="gist")
    Pair.objects.update(state="held")
    page = words(as_viewer.get("contacts"))
    assert "Person 1 On hold p1@example.test" in page
    assert "Bob Ray Only in Gist" in page
    assert "2 people" in page


def test_a_row_leads_to_the_contact(as_viewer, link):
    person(link, 1)
    assert 'href="/contacts/alder/ghl/ghl1/">Person 1<' in html(as_viewer.get("contacts"))


@pytest.mark.parametrize("text", ["p1@example.test", "ghl1", "1", "Person 1", "link:alder person 1", "state:linked 1"])
def test_people_are_found_by_what_is_typed(as_viewer, link, text):
    person(link, 1), person(link, 2, "Bob Ray")
    page = words(as_viewer.get("contacts", q=text))
    assert "Person 1" in page
    assert "Bob Ray" not in page


@pytest.mark.parametrize(
    ("state", "name"), [("gist", "Only Gist"), ("ghl", "Only GHL"), ("held", "Held"), ("linked", "Both")]
)
def test_people_are_filtered_by_how_they_stand(as_viewer, link, state, name):
    person(link, 1, "Both"), person(link, 2, "Only Gist", side="gist"), person(link, 3, "Only GHL", side="ghl")
    Pair.objects.filter(pk=person(link, 4, "Held").pk).update(state="held")
    rows = re.findall(r'class="row-link" href="/contacts/[^"]+">([^<]+)<', html(as_viewer.get("contacts", state=state)))
    assert rows == [name]


def test_both_systems_are_asked_only_when_told_to(as_viewer, world, ann):
    world.ghl_contact(firstName="Ann", lastName="Brand-New")
    world.forget_calls()
    assert "Brand-New" not in words(as_viewer.get("contacts", q="Ann"))
    assert world.calls() == {"gist": 0, "ghl": 0}
    page = words(as_viewer.get("contacts", q="Ann", ask=1, read="now"))
    assert "Ann Brand-New GHL none none Not paired" in page
    assert "Alder, 2 calls" in page


def test_a_contact_that_was_unlinked_is_not_called_paired(as_viewer, world, ann):
    assert "Ann Lee GHL ann@example.test none Paired" in words(
        as_viewer.get("contacts", q="ann@example.test", ask=1, read="now")
    )
    ann.link.pairs.update(state="unlinked")
    page = words(as_viewer.get("contacts", q="ann@example.test", ask=1, read="now"))
    assert "Ann Lee GHL ann@example.test none Not paired" in page


def test_last_in_step_is_when_both_were_found_to_hold_the_same(as_viewer, link):
    things.in_step(link, 1, agrees=False, synced_at=None)
    assert "Alder Sandbox not yet" in words(as_viewer.get("contacts"))


def test_with_several_links_one_has_to_be_chosen_before_asking(as_viewer, world, ann):
    things.links(1)
    assert "Choose a link above first" in words(as_viewer.get("contacts", q="Ann", ask=1, read="now"))
    assert "Ann Lee" in words(as_viewer.get("contacts", q="Ann link:alder", ask=1, read="now"))


def test_a_system_that_does_not_answer_says_so(as_viewer, world, ann, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.fault({"side": "gist", "kind": "500", "rate": 1})
    page = words(as_viewer.get("contacts", q="ann@example.test", ask=1, read="now"))
    assert "Gist could not be asked." in page
    assert "Ann Lee GHL" in page


def test_nobody_anywhere_says_what_gist_can_be_asked_for(as_viewer, world, link):
    assert "Neither system finds anybody for “nobody@x.test”." in words(
        as_viewer.get("contacts", q="nobody@x.test", ask=1, read="now")
    )


def test_an_empty_list_says_how_people_come_to_stand_there(as_viewer, link):
    assert "Nobody yet" in words(as_viewer.get("contacts"))


def test_nothing_matches_leads_to_the_systems_themselves(as_viewer, link):
    person(link, 1)
    page = words(as_viewer.get("contacts", q="nobody at all"))
    assert "Nothing matches" in page
    assert "Clear filters" in page
    assert "Ask both systems" in page


def test_a_list_that_cannot_be_read_says_so(as_viewer, monkeypatch):
    def fails(*args):
        raise DatabaseError

    monkeypatch.setattr("dashboard.paging.read_page", fails)
    page = as_viewer.get("contacts", q="ann")
    assert "Could not load" in words(page)
    assert re.search(r'href="[^"]+\?q=ann">Try again', html(page))


@pytest.mark.parametrize("query", [{}, {"q": "Person"}])
def test_120_people_cost_as_many_queries_as_3_and_page_by_50(as_operator, link, query):
    asked = []
    for numbers in (range(3), range(3, 120)):
        for number in numbers:
            person(link, number)
        with CaptureQueriesContext(connection) as queries:
            page = words(as_operator.get("contacts", **query))
        asked.append(len(queries))
    assert asked[0] == asked[1] <= MOST_QUERIES
    assert "50 shown." in page
    assert "Person 119 " in page
    assert "Person 69 " not in page


def test_markup_in_names_is_shown_as_text(as_viewer, link):
    person(link, 1, '<script>alert("x")</script>')
    page = html(as_viewer.get("contacts", q="<script>"))
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_htmx_gets_the_rows_alone(as_viewer, link):
    part = html(as_viewer.get("contacts", part="results"))
    assert 'id="results"' in part
    assert "<html" not in part
