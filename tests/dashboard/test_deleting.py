"""README.md: a viewer reads, an operator connects, maps, syncs and works on tasks and notes, an owner also deletes
contacts, connections, links and workflows. What one may not do is not shown to them either.
"""

import pytest

from integration.models import Connection, Link, Workflow
from tests.dashboard.browser import Browser, words
from tests.dashboard.form_walk import Walk, addresses_that_take, fields_of, verbs_of
from tests.dashboard.stage import stage_everything

DELETING = {"connection_delete", "link_delete", "workflow_delete", "contact_delete", "alert_channel_delete"}


@pytest.fixture
def starts(ann) -> list[str]:
    return stage_everything(ann)


def sendings_of(person, starts):
    return Walk(Browser(person, raise_request_exception=False), starts)


def is_deleting(method, name):
    return method == "POST" and name in DELETING


def test_the_deleting_addresses_are_these():
    assert {name for name in addresses_that_take("POST") if name.endswith("delete")} == DELETING


def test_an_owner_is_shown_every_way_to_delete(starts, owner):
    shown = sendings_of(owner, starts).sendings
    assert {name for method, name, _ in shown if is_deleting(method, name)} == DELETING


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_nobody_else_is_shown_one_nor_any_form_that_they_may_not_send(request, starts, role):
    walk = sendings_of(request.getfixturevalue(role), starts)
    assert [key for key in walk.sendings if is_deleting(*key[:2])] == []
    refused = [
        (sending.path, verb)
        for sending in walk.all_that("POST")
        for verb in verbs_of(sending) or [""]
        if walk.submit(sending, fields_of(sending) | {"do": verb}).status_code == 403
    ]
    assert refused == []


def test_nobody_else_deletes_anything(starts, owner, operator, viewer, world):
    ways = sendings_of(owner, starts).sendings
    before = {side: world.everyone(side) for side in ("gist", "ghl")}
    stood = [model.objects.count() for model in (Connection, Link, Workflow)]
    for person in (operator, viewer):
        walk = sendings_of(person, [])
        for (method, name, _), sending in ways.items():
            if is_deleting(method, name):
                page = walk.submit(sending, fields_of(sending) | {"confirm": "ann@example.test"})
                assert (page.status_code, name) == (403, name)
    assert "Only an owner may delete this." in words(walk_of_operator(operator, ways))
    assert {side: world.everyone(side) for side in ("gist", "ghl")} == before
    assert [model.objects.count() for model in (Connection, Link, Workflow)] == stood


def walk_of_operator(operator, ways):
    return sendings_of(operator, []).submit(ways["POST", "link_delete", ""], {"confirm": "Alder"})
