"""Transforms: forwards is from Gist to GHL, backwards the other way."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.errors import SetupError
from integration.mapping.transforms import TRANSFORMS, Context, apply_steps, read_steps
from integration.values import Unreadable

CONTEXT = Context("US", "Europe/Berlin")


def forward(value, *steps):
    return apply_steps(value, list(steps), backward=False, context=CONTEXT)


def backward(value, *steps):
    return apply_steps(value, list(steps), backward=True, context=CONTEXT)


@pytest.mark.parametrize(
    ("step", "value", "expected"),
    [
        ({"name": "trim"}, "  Ann ", "Ann"),
        ({"name": "lower"}, "ANN", "ann"),
        ({"name": "upper"}, "ann", "ANN"),
        ({"name": "title"}, "ann lee", "Ann Lee"),
        ({"name": "email"}, " Ann@Example.TEST ", "ann@example.test"),
        ({"name": "phone_e164"}, "(415) 555-2671", "+14155552671"),
        ({"name": "first_name"}, "Ann Mary Lee", "Ann"),
        ({"name": "decimal_comma", "side": "gist"}, "2.345,60", 2345.6),
        ({"name": "decimal_comma", "side": "ghl"}, 2345.6, "2345,6"),
        ({"name": "country", "gist": "name", "ghl": "code"}, "germany", "DE"),
        ({"name": "country", "gist": "code", "ghl": "name"}, "gb", "United Kingdom"),
        ({"name": "date", "gist": "moment", "ghl": "YYYY-MM-DD"}, "2026-11-23T23:00:00Z", "2026-11-24"),
        ({"name": "date", "gist": "YYYY-MM-DD", "ghl": "moment"}, "2026-11-24", "2026-11-23T23:00:00Z"),
        ({"name": "last_name"}, "Ann Mary Lee", "Mary Lee"),
        ({"name": "join_name"}, "Ann   Lee", "Ann Lee"),
        ({"name": "fixed", "value": "gist"}, "anything", "gist"),
        ({"name": "date", "gist": "DD.MM.YYYY", "ghl": "YYYY-MM-DD"}, "24.11.2026", "2026-11-24"),
        ({"name": "table", "table": {"pro": "Professional"}, "otherwise": "keep"}, "PRO", "Professional"),
    ],
)
def test_each_transform_forwards(step, value, expected):
    assert forward(value, step) == expected


def test_a_value_table_is_read_from_right_to_left_on_the_way_back():
    step = {"name": "table", "table": {"pro": "Professional"}, "otherwise": "keep"}
    assert backward("Professional", step) == "pro"


def test_a_date_is_rewritten_on_the_way_back():
    assert backward("2026-11-24", {"name": "date", "gist": "DD.MM.YYYY", "ghl": "YYYY-MM-DD"}) == "24.11.2026"


@pytest.mark.parametrize(
    ("step", "value", "expected"),
    [
        ({"name": "decimal_comma", "side": "gist"}, 2345.6, "2345,6"),
        ({"name": "decimal_comma", "side": "ghl"}, "2.345,60", 2345.6),
        ({"name": "country", "gist": "name", "ghl": "code"}, "DE", "Germany"),
        ({"name": "country", "gist": "code", "ghl": "name"}, "Turkey", "TR"),
        ({"name": "date", "gist": "moment", "ghl": "YYYY-MM-DD"}, "2026-11-24", "2026-11-23T23:00:00Z"),
    ],
)
def test_these_go_both_ways(step, value, expected):
    assert backward(value, step) == expected


@pytest.mark.parametrize(
    ("step", "reason"), [({"name": "phone_e164"}, "no_phone"), ({"name": "country", "ghl": "code"}, "no_country")]
)
def test_what_is_left_out_has_its_own_reason(step, reason):
    with pytest.raises(Unreadable) as problem:
        forward("rubbish", step)
    assert problem.value.reason == reason


def test_halves_of_a_name_know_where_it_is_cut_now():
    context = Context(ghl={"name": "Mary Ann Smith", "firstName": "Mary Ann", "lastName": "Smith"})
    cut = {name: [{"name": name}] for name in ("first_name", "last_name")}
    assert [apply_steps("Mary Ann Jones", steps, backward=False, context=context) for steps in cut.values()] == [
        "Mary Ann",
        "Jones",
    ]
    assert apply_steps("Mary Ann", cut["first_name"], backward=True, context=context) == "Mary Ann Smith"


def test_steps_run_in_order_and_backwards_in_reverse():
    steps = ({"name": "trim"}, {"name": "table", "table": {"a": "b"}, "otherwise": "refuse"})
    assert forward(" a ", *steps) == "b"
    assert backward("b", *steps) == "a"


def test_a_blank_stays_blank_unless_the_value_is_fixed():
    assert forward("", {"name": "phone_e164"}) == ""
    assert forward(None, {"name": "fixed", "value": "x"}) == "x"


@pytest.mark.parametrize("step", [{"name": "phone_e164"}, {"name": "email"}])
def test_what_cannot_be_read_is_named(step):
    with pytest.raises(Unreadable, match="rubbish"):
        forward("rubbish", step)


def test_an_unknown_transform_names_its_place():
    with pytest.raises(SetupError, match=r"links\[0\].mappings\[1\].transform: there is no transform “shout”"):
        read_steps("shout", "links[0].mappings[1].transform")


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(SetupError, match="no option “loud”"):
        read_steps({"name": "trim", "loud": True}, "here")


@given(st.sampled_from(sorted(TRANSFORMS)), st.text(max_size=40))
def test_no_text_breaks_a_transform_otherwise_than_as_unreadable(name, text):
    (step,) = read_steps(name, "here")
    for go in (forward, backward):
        with contextlib.suppress(Unreadable):
            assert isinstance(go(text, step), str | int | float | None)
