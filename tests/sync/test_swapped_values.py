"""People who swapped an address or a number, or passed one on: each ends with their own."""

import pytest

from tests.world import sync

PEOPLE = {"ann": "+14155552671", "bob": "+14155552672", "cleo": "+14155552673"}


@pytest.fixture
def crowd(world, link):
    """Three people in step; their Gist contacts by first name."""
    made = {
        name: world.gist_contact(email=f"{name}@example.test", name=name.title(), phone=phone)
        for name, phone in PEOPLE.items()
    }
    sync(link)
    return made


def change(world, crowd, name, **fields):
    world.gist("POST", "/contacts", json={"id": crowd[name]["id"], **fields})


def values(world, field):
    return {one["firstName"].lower(): one[field] for one in world.everyone("ghl")}


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_two_addresses_that_were_swapped_are_swapped(world, link, crowd, kind):
    for name, email in (("ann", "between"), ("bob", "ann"), ("ann", "bob")):
        change(world, crowd, name, email=f"{email}@example.test")
    run = sync(link, kind)
    assert values(world, "email") == {
        "ann": "bob@example.test",
        "bob": "ann@example.test",
        "cleo": "cleo@example.test",
    }
    assert (run.failed, run.updated) == (0, 2)


def test_three_numbers_that_went_round_are_where_they_belong(world, link, crowd):
    for name, other in (("ann", "bob"), ("bob", "cleo"), ("cleo", "ann")):
        change(world, crowd, name, email=f"{name}@example.test", phone=PEOPLE[other])
    run = sync(link)
    assert values(world, "phone") == {"ann": PEOPLE["bob"], "bob": PEOPLE["cleo"], "cleo": PEOPLE["ann"]}
    assert run.failed == 0
    assert sync(link).unchanged == 3


def test_a_number_that_was_passed_on_follows_whoever_let_go_of_it(world, link, crowd):
    change(world, crowd, "ann", email="ann@example.test", phone=PEOPLE["bob"])
    change(world, crowd, "bob", email="bob@example.test", phone="+14155552679")
    assert sync(link).failed == 0
    assert values(world, "phone")["ann"] == PEOPLE["bob"]


def test_a_number_that_somebody_keeps_stays_theirs(world, link, crowd):
    change(world, crowd, "ann", email="ann@example.test", phone=PEOPLE["bob"])
    assert sync(link).failed == 1
    assert values(world, "phone") == PEOPLE


def test_an_address_that_was_passed_on_in_ghl_follows_in_gist(world, link, crowd):
    ids = {one["firstName"].lower(): one["id"] for one in world.everyone("ghl")}
    world.ghl("PUT", f"/contacts/{ids['bob']}", json={"email": "new@example.test"})
    world.ghl("PUT", f"/contacts/{ids['ann']}", json={"email": "bob@example.test"})
    assert sync(link).failed == 0
    assert {one["name"]: one["email"] for one in world.everyone("gist")} == {
        "Ann": "bob@example.test",
        "Bob": "new@example.test",
        "Cleo": "cleo@example.test",
    }


def test_addresses_swapped_in_ghl_stay_open_in_gist_and_say_so(world, link, crowd):
    ids = {one["firstName"].lower(): one["id"] for one in world.everyone("ghl")}
    for name, email in (("ann", "between"), ("bob", "ann"), ("ann", "bob")):
        world.ghl("PUT", f"/contacts/{ids[name]}", json={"email": f"{email}@example.test"})
    run = sync(link)
    assert run.failed == 2
    assert "already been taken" in run.entries.filter(outcome="failed").first().message
    assert {one["name"]: one["email"] for one in world.everyone("gist")}["Ann"] == "ann@example.test"
