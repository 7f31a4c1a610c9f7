"""Definitions: each refusal names its place, and whatever is accepted is tidy once and for all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.conditions import OPERATORS
from integration.errors import SetupError
from integration.workflows.actions import ACTIONS
from integration.workflows.definition import MOST_ACTIONS, check_definition
from integration.workflows.templates import TEMPLATES
from integration.workflows.triggers import TRIGGERS

NOTE = {"do": "note.create", "values": {"body": "Hello"}}


def workflow(**parts):
    return {"triggers": [{"on": "gist.tag_added"}], "actions": [NOTE], **parts}


def task(**values):
    return workflow(actions=[{"do": "task.create", "values": {"title": "Call", **values}}])


REFUSED = {
    "": [None, 1, "x", []],
    "triggers": [{}, workflow(triggers=[]), workflow(triggers="x"), workflow(triggers={"on": "gist.tag_added"})],
    "triggers[0]": [
        workflow(triggers=[one])
        for one in (None, "gist.tag_added", {}, {"on": "x"}, {"on": []}, {"on": "gist.event", "x": 1})
    ],
    "triggers[1]": [workflow(triggers=[{"on": "gist.event"}, {"on": "none"}])],
    "conditions": [workflow(conditions="x"), workflow(conditions={"field": "contact.name"})],
    "conditions[0]": [
        workflow(conditions=[one])
        for one in (
            None, "x", {}, {"field": " ", "op": "is"}, {"field": "contact.name"}, {"field": "contact.name", "op": []},
            {"field": "contact.name", "op": {"a": 1}}, {"field": "name", "op": "is"}, {"field": "7*7", "op": "is"},
            {"field": "event.task", "op": "is"}, {"field": "contact.name}} {{contact.email", "op": "is"},
            {"field": "{contact.name}", "op": "is"}, {"field": "contact.name", "op": "contains", "value": " "},
            {"field": "contact.nmae", "op": "is", "value": "x"},
        )
    ],
    "actions": [workflow(actions=[]), workflow(actions=None), workflow(actions="x"), workflow(actions=[NOTE] * 51)],
    "actions[0]": [
        workflow(actions=[one])
        for one in (
            None, "x", {}, {"do": "none"}, {"do": []}, {"do": "note.create", "values": {"body": "x", "else": 1}},
        )
    ],
    "actions[0].body": [
        workflow(actions=[{"do": "note.create", **values}])
        for values in ({}, {"values": []}, {"values": {"body": " "}})
    ],
    "actions[1].body": [workflow(actions=[NOTE, {"do": "note.create", "values": {"body": None}}])],
    "actions[0].title": [
        task(title=value)
        for value in (
            {"a": 1}, [["x"]], "{{ 7*7 }}", "{{ contact.__class__ }}", "{{ nobody }}", "{{ event.task }}", "{{ }}",
            "{{ contact }}", "{{ link.key }}", "{{ settings.SECRET_KEY }}", "{{ contact.name|upper }}",
            "{{ contact.nmae }}", "{{ gist.firstName }}", "{{ contact.name() }}",
        )
    ],
    "actions[0].due_at": [
        task(due_at=value)
        for value in (
            "next Tuesday",
            {"from": "never"}, {"from": {}}, {"from": "now", "days": "soon"}, {"from": "now", "days": "nan"},
            {"from": "now", "days": 1e9}, {"from": "now", "hours": -1e9}, {"from": "now", "days": 10**400},
            {"from": "now", "days": [1]}, {"from": "now", "at": "25:00"}, {"from": "{contact.name}"},
            {"from": "now", "at": "noon"}, {"from": "event.start_at"}, {"days": 2}, ["now"], "{{ 1 }}",
        )
    ],
    "actions[0].body_json": [
        workflow(actions=[{"do": "gist.conversations.update", "values": {"conversation_id": "1", "body_json": value}}])
        for value in ("{", "[]", "1", '{"a": "{{ 7*7 }}"}')
    ],
}  # fmt: skip
CASES = [(place, raw) for place, raws in REFUSED.items() for raw in raws]


@pytest.mark.parametrize(("place", "raw"), CASES, ids=lambda one: str(one)[-60:])
def test_what_cannot_work_is_refused_with_its_place(place, raw):
    with pytest.raises(SetupError) as refused:
        check_definition(raw)
    assert refused.value.where == place
    assert len(refused.value.problem) > 8


def test_the_most_actions_are_accepted():
    assert len(check_definition(workflow(actions=[NOTE] * MOST_ACTIONS))["actions"]) == MOST_ACTIONS


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.key)
def test_templates_are_tidy_as_they_stand(template):
    assert check_definition(template.definition) == template.definition


LEAF = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["{{ contact.name }}", "now", "{{ event.tag }}", "17:00", "contact.email", "ghl.city", "yes"])
)  # fmt: skip
JSON = st.recursive(
    LEAF,
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(st.sampled_from(["from", "days", "hours", "at"]) | st.text(max_size=5), one, max_size=3)
    ),
    max_leaves=8,
)
TRIGGER = st.fixed_dictionaries({"on": st.sampled_from([*TRIGGERS]) | JSON}, optional={"tag": JSON, "field": JSON})
CONDITION = st.fixed_dictionaries(
    {"field": st.sampled_from(["contact.name", "event.tag", "gist.tags"]) | JSON,
     "op": st.sampled_from([*OPERATORS]) | JSON},
    optional={"value": JSON},
)  # fmt: skip


@st.composite
def action(draw):
    key = draw(st.sampled_from([*ACTIONS]))
    names = [one.name for one in ACTIONS[key].inputs]
    values = {name: draw(JSON) for name in names if draw(st.integers(0, 3))}
    return {"do": key, "values": values}


def some(one):
    return st.lists(one | JSON, max_size=2) | JSON


ANYTHING = JSON | st.fixed_dictionaries(
    {"triggers": some(TRIGGER), "actions": some(action())}, optional={"conditions": some(CONDITION), "match": JSON}
)
PLAUSIBLE = st.fixed_dictionaries(
    {"triggers": st.lists(st.fixed_dictionaries({"on": st.sampled_from([*TRIGGERS])}), min_size=1, max_size=2),
     "actions": st.lists(action(), min_size=1, max_size=2)},
    optional={"conditions": st.lists(CONDITION, max_size=2), "match": st.sampled_from(["all", "any"])},
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(ANYTHING | PLAUSIBLE)
def test_any_json_is_refused_in_words_or_accepted_for_good(raw):
    try:
        tidy = check_definition(raw)
    except SetupError as refused:
        said = refused.problem
    else:
        said = "accepted"
        assert check_definition(tidy) == tidy
    assert said
