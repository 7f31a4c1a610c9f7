"""Transforms: forwards is from Gist to GHL, backwards the other way."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.errors import SetupError
from integration.mapping.transforms import TRANSFORMS, Context, Unreadable, apply_steps, read_steps


def forward(value, *steps):
    return apply_steps(value, list(steps), backward=False, context=Context("US"))


def backward(value, *steps):
    return apply_steps(value, list(steps), backward=True, context=Context("US"))


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
            assert go(text, step) is None or isinstance(go(text, step), str)
