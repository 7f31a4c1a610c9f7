"""The one list of operations: how many there are, that none is a double, and that it is what the code works by."""

import json

import pytest

from integration.catalogue import CATALOGUE
from integration.providers.ghl.catalogue import OPERATIONS as GHL
from integration.providers.gist.catalogue import OPERATIONS as GIST
from integration.workflows.actions import ACTIONS
from integration.workflows.triggers import TRIGGERS
from tests.command_output import Output

LEAST = 126


def test_there_are_at_least_126_operations_that_differ_in_what_they_do():
    """Ready-made actions are left out: they are made of endpoints that are counted already."""
    endpoints = {(one.side, one.method, one.path) for one in CATALOGUE.values() if one.path}
    events = {one.key for one in CATALOGUE.values() if one.kind == "trigger"}
    print(f"\ncatalogue: {len(CATALOGUE)} entries, {len(endpoints)} endpoints, {len(events)} triggers")
    assert len(endpoints) + len(events) >= LEAST


def test_nothing_that_the_code_can_do_is_missing():
    assert CATALOGUE.keys() == {*GHL, *GIST, *ACTIONS, *TRIGGERS}


def test_every_entry_says_what_it_is():
    for entry in CATALOGUE.values():
        assert entry.title
        assert entry.does
        assert entry.subject
        assert entry.kind in ("action", "read", "trigger")
        assert entry.calls == (0 if entry.kind == "trigger" else entry.calls)
        assert bool(entry.source) == bool(entry.path)


def test_titles_tell_entries_of_one_side_apart():
    """A ready-made action may be called as the endpoint that it uses: it says that it is ready-made."""
    titles = [(one.side, one.kind, one.is_ready_made, one.title) for one in CATALOGUE.values()]
    assert sorted(title for title in titles if titles.count(title) > 1) == []


def test_no_form_asks_for_json():
    asked = [f"{one.key}: {field.name}" for one in CATALOGUE.values() for field in one.fields if "JSON" in field.help]
    assert asked == []


def test_the_command_prints_one_object_a_line(db):
    lines = [json.loads(line) for line in Output("catalogue", "--json").lines]
    assert [line["key"] for line in lines] == [*CATALOGUE]
    assert set(lines[0]) == {
        "key", "kind", "side", "title", "method", "path", "event", "scope", "calls", "repeatable", "fields",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["action", "read", "trigger"])
def test_the_command_says_the_same_in_words(db, kind):
    counted = sum(line.split()[1] == kind for line in Output("catalogue").lines)
    assert counted == sum(one.kind == kind for one in CATALOGUE.values())
