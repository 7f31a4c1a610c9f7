"""Placeholders are names that are looked up; nothing is ever evaluated, whatever is typed or comes in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.errors import Rejected
from integration.workflows.placeholders import (
    check_placeholders,
    compute_moment,
    fill_placeholders,
    is_moment,
    names_in,
)

FACTS = {
    "now": "2030-03-09T12:00:00Z",
    "timezone": "America/New_York",
    "link": {"name": "Alder"},
    "gist": {"name": "Ann Gist", "custom_properties.plan": "{{ ghl.email }}", "tags": ["a", "b"], "blank": ""},
    "ghl": {"name": "Ann Lee", "email": "ann@example.test", "assignedTo": "u1", "dateAdded": "2030-01-01T00:00:00"},
    "event": {"tag": "{% now %}{{ contact.email }}", "start_at": "2030-11-02T12:00:00-04:00", "task": None},
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Call {{ contact.name }}", "Call Ann Lee"),
        ("{{contact.name}}{{ contact.email }}", "Ann Leeann@example.test"),
        ("{{ gist.name }} of {{ link.name }}", "Ann Gist of Alder"),
        ("{{ contact.owner }}", "u1"),
        ("{{ gist.tags }}", "a, b"),
        ("{{ gist.blank }}|{{ event.task }}|{{ ghl.city }}", "||"),
        ("{{ 7*7 }}|{{ contact.__class__ }}|{{ contact.__class__.__mro__ }}", "||"),
        ("{% debug %} {# x #} ${7*7} #{7*7} %(name)s {0.__class__} {contact.name}",) * 2,
        ("{{ event.tag }}", "{% now %}{{ contact.email }}"),
        ("{{ gist.custom_properties.plan }}", "{{ ghl.email }}"),
        ("{{ {{ contact.name }} }}", "{{ Ann Lee }}"),
        ("{{{ contact.name }}}", "{Ann Lee}"),
        ("{{ contact.name", "{{ contact.name"),
        ("}} {{", "}} {{"),
        ("{{ timezone }}{{ now }}{{ event }}", ""),
    ],
)
def test_names_are_looked_up_and_nothing_is_evaluated(text, filled):
    assert fill_placeholders(text, FACTS) == filled


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="{} .%a|7*'\"_()[]\n", max_size=60))
def test_any_text_is_filled_without_a_fault(text):
    assert isinstance(fill_placeholders(text, FACTS), str)
    assert isinstance(check_placeholders(text, ["gist.tag_added"]), str)


@pytest.mark.parametrize("text", ["{{" * 50_000, "{{" + " " * 100_000 + "x", "{{ a" * 30_000, "{" * 100_000])
def test_huge_texts_come_to_an_end(text):
    # Backtracking would take days; tests/test_patterns.py has the limit.
    assert list(names_in(text)) == []
    assert fill_placeholders(text, FACTS) == text.strip()


def test_a_filled_value_keeps_its_shape():
    asked = {"from": {"type": "teammate", "id": "{{ contact.owner }}"}, "list": ["{{ contact.name }}", 5, None, True]}
    assert fill_placeholders(asked, FACTS) == {
        "from": {"type": "teammate", "id": "u1"},
        "list": ["Ann Lee", 5, None, True],
    }


def test_only_the_tidy_shape_is_a_moment():
    assert is_moment({"from": "now", "days": 0.0, "hours": 0.0})
    assert not is_moment({"from": {"id": 1}})
    assert not is_moment({"from": "now"})


def at(start="now", days=0.0, hours=0.0, **more):
    return compute_moment({"from": start, "days": days, "hours": hours, **more}, FACTS)


@pytest.mark.parametrize(
    ("asked", "moment_"),
    [
        ({}, "2030-03-09T12:00:00Z"),
        ({"days": 1.0}, "2030-03-10T11:00:00Z"),  # The night in which New York's clocks go forward.
        ({"hours": 24.0}, "2030-03-10T12:00:00Z"),
        ({"days": 1.0, "at": "02:30"}, "2030-03-10T07:30:00Z"),  # There is no such time that night.
        ({"days": 1.0, "at": "9:05"}, "2030-03-10T13:05:00Z"),
        ({"days": -1.0, "at": "00:00"}, "2030-03-08T05:00:00Z"),
        ({"start": "event.start_at", "days": 1.0}, "2030-11-03T17:00:00Z"),  # And back.
        ({"start": "event.start_at", "days": 1.0, "at": "01:30"}, "2030-11-03T05:30:00Z"),
        ({"start": "ghl.dateAdded"}, "2030-01-01T05:00:00Z"),  # Without a zone it is the location's.
    ],
)
def test_moments_are_reckoned_by_the_location_s_clock(asked, moment_):
    assert at(**asked) == moment_


@pytest.mark.parametrize("name", ["gist.blank", "ghl.nothing", "gist.name", "event.task", "gist.tags"])
def test_a_field_that_holds_no_moment_is_refused_in_words(name):
    with pytest.raises(Rejected, match=f"{name} holds no date"):
        at(name)


def test_a_moment_in_seconds_or_milliseconds_is_one():
    facts = {**FACTS, "gist": {"a": 1_893_456_000, "b": "1893456000", "c": 1_893_456_000_000}}
    read = [compute_moment({"from": f"gist.{name}", "days": 0.0, "hours": 0.0}, facts) for name in "abc"]
    assert read == ["2030-01-01T00:00:00Z"] * 3


@pytest.mark.parametrize("name", ["gist." + "." * 100, "gist." + ". " * 90, "ghl" + "." * 197])
def test_a_row_of_points_is_refused_at_once(name):
    assert "names no field" in check_placeholders(f"{{{{ {name} }}}}", ["gist.tag_added"])


def test_a_name_that_is_longer_than_any_field_s_is_refused_with_its_length():
    assert "it has 10,005 characters" in check_placeholders(f"{{{{ gist.{'.' * 10_000} }}}}", ["gist.tag_added"])
