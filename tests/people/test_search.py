"""Finding people: among those Gistline knows by every index there is, and live on both sides when asked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import Pair, Snapshot
from integration.people import search

US = "US"


def person(link, name="Ann Lee", number="1001", **facts):
    """Somebody paired; the row that stands for them is their GHL half."""
    pair = Pair.objects.create(link=link, gist_id=number, ghl_id=f"ghl{number}", label=name)
    facts = {"email": f"{number}@example.test", "phone": "", "label": name, **facts}
    Snapshot.objects.create(link=link, side="gist", external_id=number, pair=pair, **facts)
    return Snapshot.objects.create(link=link, side="ghl", external_id=f"ghl{number}", pair=pair, **facts)


def lone(link, name, number, side="gist", **facts):
    return Snapshot.objects.create(link=link, side=side, external_id=number, label=name, **facts)


def found_pairs(link, text):
    return set(search.find_matching_ids(text, {link.pk: US}))


def test_each_person_is_one_row_whatever_side_they_are_on(link):
    ann, bob, cleo = person(link), lone(link, "Bob", "1002"), lone(link, "Cleo", "ghl3", "ghl")
    assert set(search.one_row_per_person()) == {ann, bob, cleo}


@pytest.mark.parametrize(
    "text",
    [
        "1001@example.test",
        "1001@EXAMPLE.test",
        "1001",
        "ghl1001",
        "ann",
        "Ann L",
        "lee",
        "1001@",
        "1@example.t",
        "100",
        "hl100",
        "(212) 555",
        "5550100",
        "0212 555",
        "(212) 555-0100",
        "+12125550100",
    ],
)
def test_a_person_is_found_by_address_either_id_name_or_phone(link, text):
    ann = person(link, phone="+12125550100")
    person(link, "Bob Ray", "2002", phone="+13105550142")
    assert found_pairs(link, text) == {ann.pk}


@pytest.mark.parametrize("text", ["nn", "01", "%", "_", "%%%", "___", "+999", "1001@example.com", "Ann 1001"])
def test_what_is_no_part_of_anything_finds_nobody(link, text):
    person(link)
    assert found_pairs(link, text) == set()


def test_people_of_other_links_are_not_found(link):
    ann = person(link)
    assert search.find_matching_ids("ann", {link.pk + 1: US}) == []
    assert search.find_matching_ids("ann", {link.pk: US}) == [ann.pk]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL decides by the size of the table")
def test_a_part_is_looked_for_in_the_index_alone(link):
    person(link)
    with CaptureQueriesContext(connection) as queries:
        search.find_matching_ids("1@exam", {link.pk: US})
    (scan,) = [one["sql"] for one in queries if "ESCAPE" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {scan}")
        assert "COVERING INDEX snapshot_search" in cursor.fetchall()[0][3]


# Live ----------------------------------------------------------------------------------------------------


def test_both_systems_are_asked_and_say_who_is_paired(ann, world):
    world.ghl_contact(firstName="Ann", lastName="Other")
    live = search.search_live(ann.link, "Ann")
    assert {(one.side, one.label) for one in live.contacts} == {("ghl", "Ann Lee"), ("ghl", "Ann Other")}
    assert live.partners == {("ghl", ann.ghl_id): "Gist"}


@pytest.mark.parametrize("text", ["ann@example.test", "ANN@example.test"])
def test_an_address_finds_the_person_on_both_sides(ann, text):
    assert {one.side for one in search.search_live(ann.link, text).contacts} == {"gist", "ghl"}


def test_ids_and_numbers_find_who_has_them(ann, world):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"phone": "+12125550100"})
    assert [one.id for one in search.search_live(ann.link, ann.ghl_id).contacts] == [ann.ghl_id]
    assert [one.id for one in search.search_live(ann.link, ann.known.gist_id).contacts] == [ann.known.gist_id]
    ann.link.ghl.refresh_from_db()  # The sync has learnt the location's country.
    assert [one.id for one in search.search_live(ann.link, "(212) 555-0100").contacts] == [ann.ghl_id]


def test_a_side_that_does_not_answer_is_told_and_the_other_one_s_finds_stand(ann, world, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.fault({"side": "gist", "kind": "500", "rate": 1})
    live = search.search_live(ann.link, "ann@example.test")
    assert [one.side for one in live.contacts] == ["ghl"]
    assert "Gist" in live.problems
