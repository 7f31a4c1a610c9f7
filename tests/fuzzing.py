"""How hard property tests look: the same few examples in every run of the suite, many new ones when asked.

FUZZ_EXAMPLES=2000 python -m pytest tests/test_any_form.py tests/test_any_search.py tests/webhooks …
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ASKED = os.environ.get("FUZZ_EXAMPLES", "")


def examples(number: int) -> Any:
    """So many examples, or as many as were asked for. Fixtures stay between examples, as rows of a database do."""
    return settings(
        max_examples=int(ASKED or number), deadline=None, derandomize=not ASKED,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip


# Whatever a program can put into JSON; Python's own writer also writes halves of emoji, NaN and infinity.
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=20)
    | st.sampled_from(["", "email", "alder", "two_way", "{{ contact.name }}", "9" * 400, "\0", "\ud800", "x" * 300])
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
DEEP = st.integers(1, 400).map(lambda levels: "[" * levels + "]" * levels)


def replaced(value: Any, draw: Any) -> Any:
    """`value` with one thing in it, or itself, put in the place of another: wrong type, unknown key, left out."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: replaced(value[name], draw)}
    if isinstance(value, list) and value and draw(st.booleans()):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], replaced(value[place], draw), *value[place + 1 :]]
    if isinstance(value, dict) and draw(st.booleans()):
        return {**value, draw(st.text(max_size=8)): draw(ANYTHING)}
    return draw(ANYTHING)


def mutated(value: Any) -> Any:
    """A strategy for `value` with one to three of its values replaced."""

    @st.composite
    def build(draw: Any) -> Any:
        found = value
        for _ in range(draw(st.integers(1, 3))):
            found = replaced(found, draw)
        return found

    return build()
