"""Definitions in words, as lists, differences and summaries tell them."""

import pytest

from integration.workflows import triggers, words

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
    assert words.moment(moment) == said


def test_an_action_tells_what_it_is_given():
    entry = {
        "do": "task.create",
        "values": {"title": "Call", "due_at": {"from": "now", "days": 2}, "assigned_to": "u1"},
    }
    assert words.action(entry, {"u1": "Joe"}) == "Create a task: “Call”, due in 2 days, assigned to Joe"
    assert words.action({"do": "carry", "values": {}}) == "Show it in Gist"


def test_a_flag_counts_when_it_is_set():
    assert (
        words.values({"do": "tasks.update_open", "values": {"rename": True}})
        == "a changed name is changed in titles too"
    )
    assert words.values({"do": "tasks.update_open", "values": {"rename": False}}) == ""


def test_values_of_a_plain_operation_are_told_with_their_names():
    entry = {"do": "ghl.contacts.add_to_campaign", "values": {"campaign_id": "c1"}}
    assert words.values(entry) == "campaign id “c1”"


def test_long_texts_are_cut():
    assert len(words.values({"do": "note.create", "values": {"body": "x " * 500}})) <= words.LONGEST + 2


def test_a_trigger_tells_what_narrows_it():
    assert triggers.words({"on": "gist.tag_added", "tag": "vip*"}) == "Tag added in Gist (vip*)"
    assert triggers.words({"on": "gist.tag_added"}) == "Tag added in Gist"
