"""What a write costs is a number, and the number is right: a plan can have a price."""

import pytest

from integration.connections.session import contacts_of, exchange_for_link
from integration.providers.ghl.records import GhlContacts
from integration.providers.gist.records import GistContacts
from integration.sync.apply import update_contact
from integration.sync.plan import updates_of
from integration.workflows.actions import ACTIONS

CHANGES = {
    "a field": {"name": "Anna Lee"},
    "a new tag": {"tags": ["vip", "old", "new"]},
    "a tag taken off": {"tags": ["vip"]},
    "two tags taken off": {"tags": []},
    "all at once": {"name": "Anna Lee", "tags": ["new"]},
}


@pytest.mark.parametrize("side", ["gist", "ghl"])
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_an_update_makes_as_many_calls_as_it_is_said_to_cost(world, link, side, changes):
    made = world.gist_contact if side == "gist" else world.ghl_contact
    named = {"name": "Ann Lee"} if side == "gist" else {"firstName": "Ann", "lastName": "Lee"}
    contact_id = str(made(email="ann@example.test", tags=["vip", "old"], **named)["id"])
    contacts = contacts_of(link.connection(side))
    with exchange_for_link(link) as exchange:
        before = exchange.carry_out(contacts.read(contact_id))
        exchange.made.clear()
        after = exchange.carry_out(update_contact(contacts, updates_of(before, changes), before))
    assert exchange.made[side] == contacts.update_cost(changes, before.values)
    assert {tag.casefold() for tag in after.values["tags"]} == set(changes.get("tags", ["vip", "old"]))


def test_nothing_to_write_costs_nothing():
    for contacts in (GhlContacts("loc"), GistContacts()):
        assert contacts.update_cost({}, {}) == 0
        assert contacts.update_cost({"tags": ["vip"]}, {"tags": ["VIP"]}) == 0


def test_every_action_has_a_price():
    assert all(isinstance(action.calls, int) and action.calls > 0 for action in ACTIONS.values())
    assert ACTIONS["tasks.update_open"].cost == "1 call, and 1 per task changed"
    assert ACTIONS["task.create"].cost == "1 call"
    assert ACTIONS["carry"].cost == "5 calls"
