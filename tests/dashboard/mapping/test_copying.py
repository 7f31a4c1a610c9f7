"""Rows of one mapping copied into the drafts of other links."""

import pytest

from integration.mapping.drafts import Place, draft_now, save_draft
from integration.models import Connection, Link
from tests.dashboard.browser import words

EMAIL = {"gist": "email", "ghl": "email"}


@pytest.fixture
def birch(link):
    """A second link, whose mapping has one row of its own."""
    ends = {
        side: Connection.objects.create(key=f"birch-{side}", name=f"Birch {side}", provider=side, account_id="b")
        for side in ("gist", "ghl")
    }
    return Link.objects.create(key="birch", name="Birch", **ends)


def copy(person, *numbers, to=("birch",)):
    return person.go(person.post("mapping_copy", "alder", row=numbers, to=to))


def test_chosen_rows_go_into_the_draft_and_nothing_runs_by_them(as_operator, birch, operator):
    page = copy(as_operator, 0, 2)
    assert "2 rows copied into the draft of Birch." in words(page)
    draft = draft_now(birch)
    assert [row["gist"] for row in draft.rows] == ["email", "phone"]
    assert draft.rows[1]["steps"][0]["name"] == "phone_e164"
    assert (birch.mapping_versions.count(), draft.changed_by) == (0, operator)


def test_a_draft_that_somebody_is_at_work_on_is_left_alone(as_operator, birch, owner):
    save_draft(birch, [EMAIL], 0, Place(0, user=owner))
    page = words(copy(as_operator, 2))
    assert "Birch was left alone: its draft holds changes of owner@gistline.example." in page
    assert [row["gist"] for row in draft_now(birch).rows] == ["email"]


def test_nothing_chosen_is_said(as_operator, birch):
    assert "Nothing was copied: choose at least one row and one link." in words(copy(as_operator, to=()))
    assert "Nothing was copied" in words(copy(as_operator, 0, to=("nowhere",)))


def test_the_page_offers_the_rows_and_the_other_links(as_operator, birch):
    page = words(as_operator.get("mapping_copy", "alder", row=1))
    assert "Full name and Full name" in page
    assert "Birch" in page
