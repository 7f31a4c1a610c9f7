"""Definitions in words, as lists, differences and summaries tell them."""

import pytest

from integration.workflows import describe, triggers

MOMENTS = [
    ({"from": "now"}, "today"),
    ({"from": "now", "days": 1.0, "hours": 0.0}, "in 1 day"),
    ({"from": "now", "days": 2, "at": "17:00"}, "in 2 days at 17:00"),
    ({"from": "now", "hours": 1.5}, "in 1.5 hours"),
    ({"from": "now", "days": -1}, "1 day ago"),
    ({"from": "event.start_at"}, "event.start_at"),
    ({"from": "event.start_at", "hours": -1}, "1 hour before event.start_at"),
    ({"from": "ghl.dateOfBirth", "days": 3, "hours": 2}, "3 days 2 hours after ghl.dateOfBirth"),
    ({"from": "now", "days": "soon"}, "today"),
]


@pytest.mark.parametrize(("moment", "said"), MOMENTS)
def test_a_moment_is_told_as_people_do(moment, said):
    assert describe.describe_moment(moment) == said


def test_an_action_tells_what_it_is_given():
    entry = {
        "do": "task.create",
        "values": {"title": "Call", "due_at": {"from": "now", "days": 2}, "assigned_to": "u1"},
    }
    assert describe.describe_values(entry, {"u1": "Joe"}) == "“Call”, due in 2 days, assigned to Joe"
    assert describe.describe_values({"do": "carry", "values": {}}) == ""


def test_a_flag_counts_when_it_is_set():
    assert (
        describe.describe_values({"do": "tasks.update_open", "values": {"rename": True}})
        == "a changed name is changed in titles too"
    )
    assert describe.describe_values({"do": "tasks.update_open", "values": {"rename": False}}) == ""


def test_values_of_a_plain_operation_are_told_with_their_names():
    entry = {"do": "ghl.contacts.add_to_campaign", "values": {"campaign_id": "c1"}}
    assert describe.describe_values(entry) == "campaign id “c1”"


def test_long_texts_are_cut():
    assert len(describe.describe_values({"do": "note.create", "values": {"body": "x " * 500}})) <= describe.LONGEST + 2


def test_a_trigger_tells_what_narrows_it():
    assert triggers.describe_trigger({"on": "gist.tag_added", "tag": "vip*"}) == "Tag added in Gist (vip*)"
    assert triggers.describe_trigger({"on": "gist.tag_added"}) == "Tag added in Gist"


@pytest.mark.parametrize(
    ("pattern", "tag", "fits", "rest"),
    [
        ("task-done:*", "Task-Done:abc", True, "abc"), ("café *", "Cafe\u0301\u200b  Club", True, "Club"),
        ("café", "CAFE\u0301 ", True, ""), ("straße*", "strasse 5", False, ""), ("vip *", "vipers", False, ""),
        ("*", "anything", True, "anything"), ("vip", "vip2", False, ""),
    ],
)  # fmt: skip
def test_a_tag_is_known_by_its_looks(pattern, tag, fits, rest):
    entry = {"on": "gist.tag_added", "tag": pattern}
    assert (triggers.trigger_fits(entry, {"tag": tag}), triggers.rest_of(pattern, tag)) == (fits, rest)
