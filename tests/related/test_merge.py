"""What Gist asks for of a task, note or appointment, against what GHL holds."""

import pytest

from integration.related.merge import decide_related

HELD = {"title": "Call Ann", "body": "About the invoice"}


def test_what_is_asked_for_the_first_time_is_written():
    assert decide_related({"title": "Ring Ann"}, HELD) == {"title": "Ring Ann"}


def test_what_stands_there_already_is_not_written():
    assert decide_related({"title": "Call Ann"}, HELD) == {}


@pytest.mark.parametrize("owner", ["", "newest", "gist", "ghl"])
def test_what_gist_did_not_change_never_overwrites_what_ghl_has(owner):
    wanted = {"title": "Call Ann back"}
    assert decide_related(wanted, HELD, wanted, {"title": "Call Ann back"}, owner) == {}


def test_what_only_gist_changed_goes_over():
    assert decide_related({"title": "Ring"}, HELD, {"title": "Call Ann"}, HELD) == {"title": "Ring"}


@pytest.mark.parametrize(("owner", "written"), [("ghl", {}), ("gist", {"title": "Ring"}), ("", {"title": "Ring"})])
def test_what_both_changed_is_decided_by_the_owner(owner, written):
    assert decide_related({"title": "Ring"}, HELD, {"title": "Old"}, {"title": "Old"}, owner) == written


@pytest.mark.parametrize("blank", [None, "", " ", []])
def test_a_blank_never_erases(blank):
    assert decide_related({"title": "Ring", "body": blank}, HELD) == {"title": "Ring"}
