"""Conditions: each operator, on texts, numbers, lists and blanks; all of them or any of them."""

import pytest

from integration.conditions import OPERATORS
from integration.workflows.conditions import condition_holds, find_unmet_condition

FACTS = {
    "ghl": {
        "name": "Ann Lee",
        "score": 5.0,
        "tags": ["VIP", "gold"],
        "flag": True,
        "day": "2030-02-01",
        "big": "1,200",
        "size": "7,5",
        "street": "Lange Straße",
    },
    "gist": {"name": "Other", "empty": "", "none": [], "zero": 0},
    "event": {"tag": "task-done:7"},
}  # fmt: skip

HOLDS = [
    ("contact.name", "is", " ann LEE "), ("contact.name", "is_not", "Bob"), ("contact.name", "contains", "LEE"),
    ("contact.name", "not_contains", "x"), ("contact.name", "starts_with", "ann"), ("contact.name", "ends_with", "lee"),
    ("contact.name", "is_not_blank", ""), ("gist.empty", "is_blank", ""), ("gist.none", "is_blank", ""),
    ("gist.missing", "is_blank", ""), ("gist.zero", "is_not_blank", ""), ("gist.zero", "is", "0"),
    ("ghl.score", "is", "5"), ("ghl.score", "is", "5.0"), ("ghl.score", "greater", "4.9"), ("ghl.score", "less", "10"),
    ("ghl.big", "greater", "900"), ("ghl.tags", "is", "vi\u200bp"), ("ghl.tags", "contains", "OL"),
    ("ghl.tags", "is_not", "silver"), ("ghl.tags", "starts_with", "g"), ("ghl.flag", "is", "true"),
    ("ghl.day", "greater", "2030-01-31"), ("ghl.day", "less", "2030-02-02"), ("event.tag", "ends_with", ":7"),
]  # fmt: skip
FAILS = [
    ("contact.name", "is", "Ann"), ("contact.name", "is_not", "ann lee"), ("contact.name", "contains", "x"),
    ("contact.name", "not_contains", "ann"), ("contact.name", "starts_with", "lee"), ("contact.name", "ends_with", "a"),
    ("contact.name", "is_blank", ""), ("gist.empty", "is_not_blank", ""), ("ghl.score", "greater", "5"),
    ("ghl.score", "less", "5"), ("ghl.tags", "is_not", "gold"), ("ghl.tags", "not_contains", "vip"),
    ("gist.missing", "greater", "1"), ("gist.missing", "less", "1"), ("gist.none", "less", "1"),
    ("gist.missing", "contains", "a"), ("ghl.tags", "is", "vip2"), ("ghl.street", "contains", "strasse"),
    # A text that is no number is neither greater nor less than one.
    ("ghl.size", "greater", "1"), ("ghl.size", "less", "80"), ("ghl.score", "less", "7,5"),
]  # fmt: skip


def condition(field, op, value):
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize("one", HOLDS, ids=str)
def test_it_holds(one):
    assert condition_holds(condition(*one), FACTS)


@pytest.mark.parametrize("one", FAILS, ids=str)
def test_it_does_not_hold(one):
    assert not condition_holds(condition(*one), FACTS)


def test_every_operator_is_tried_here():
    assert {op for _, op, _ in HOLDS} & {op for _, op, _ in FAILS} == set(OPERATORS)


TRUE, FALSE = condition(*HOLDS[0]), condition(*FAILS[0])


@pytest.mark.parametrize(
    ("match", "conditions", "met"),
    [
        ("all", [], True), ("any", [], True), ("all", [TRUE, TRUE], True), ("all", [TRUE, FALSE], False),
        ("any", [FALSE, TRUE], True), ("any", [FALSE, FALSE], False), ("all", [FALSE], False),
    ],
)  # fmt: skip
def test_all_or_any(match, conditions, met):
    said = find_unmet_condition({"match": match, "conditions": conditions}, FACTS)
    assert (said == "") is met
    assert met or said.endswith(".")


def test_the_sentence_names_the_first_condition_that_fails():
    said = find_unmet_condition({"match": "all", "conditions": [TRUE, FALSE]}, FACTS)
    assert said == "This condition does not hold: contact.name is “Ann”."
