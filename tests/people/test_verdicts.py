"""Field by field: what both sides hold, whether it is the same, and what the next sync would do and why."""

import pytest

from integration.mapping.rules import BrokenRow, Row, Rules
from integration.people.compare import compare_records
from integration.records import Contact

ROW = Row("plan", "plan")


def told(gist, ghl, row=ROW, gist_base=None, ghl_base=None, **options):
    """The verdict on one field; a base of None means that the person was never decided."""
    contacts = {"gist": Contact("gist", "1", {"plan": gist}), "ghl": Contact("ghl", "x", {"plan": ghl})}
    bases = {"gist": None if gist_base is None else {"plan": gist_base}, "ghl": ghl_base and {"plan": ghl_base}}
    return compare_records(Rules(rows=(row,)), contacts, bases, {}, **options).mapped[0]


def row(**facts):
    return Row("plan", "plan", **facts)


@pytest.mark.parametrize(
    ("gist", "ghl", "facts", "state", "why"),
    [
        ("A", "A", {}, "same", "Same"),
        ("a ", "a", {}, "same", "Same, written differently"),
        (None, "", {}, "blank", "Blank on both sides"),
        (["x", "y"], ["Y", "X"], {"type": "tags"}, "same", "Same, written differently"),
        (5, "5.0", {"type": "number"}, "same", "Same, written differently"),
    ],
)
def test_equal_values_are_the_same_however_they_are_written(gist, ghl, facts, state, why):
    verdict = told(gist, ghl, row(**facts))
    assert (verdict.state, verdict.why, verdict.writes) == (state, why, ())


@pytest.mark.parametrize(
    ("gist", "ghl", "why", "writes"),
    [
        ("B", "A", "Changed in Gist: the next sync writes GHL", ("ghl",)),
        ("A", "B", "Changed in GHL: the next sync writes Gist", ("gist",)),
        ("B", "C", "Changed on both sides, GHL owns this field: the next sync writes Gist", ("gist",)),
    ],
)
def test_what_differs_says_what_the_next_sync_does_and_why(gist, ghl, why, writes):
    verdict = told(gist, ghl, row(owner="ghl"), "A", "A")
    assert (verdict.state, verdict.why, verdict.writes) == ("differs", why, writes)


@pytest.mark.parametrize(("missing", "name", "lost"), [("ghl", "GHL", "Size"), ("gist", "Gist", "Plan")])
def test_a_row_whose_field_was_deleted_is_broken_and_not_called_unmapped(missing, name, lost):
    contacts = {
        "gist": Contact("gist", "1", {"custom_properties.plan": "Pro"}),
        "ghl": Contact("ghl", "x", {"customFields.size": "L"}),
    }
    broken = [BrokenRow("custom_properties.plan", "customFields.size", missing)]
    compared = compare_records(Rules(), contacts, {}, {}, broken=broken)
    (verdict,) = compared.mapped
    assert (verdict.state, verdict.gist, verdict.ghl, compared.unmapped) == ("broken", "Pro", "L", ())
    assert verdict.why == (
        f"Broken row: {name} has no field “{lost}” any more, so nothing is carried. Mend it in the mapping."
    )


def test_a_field_that_waits_for_a_person_says_so_and_writes_nothing():
    verdict = told("B", "C", row(owner="ask"), "A", "A")
    assert (verdict.waits, verdict.why, verdict.writes) == (True, "Changed on both sides, you decide", ())


def test_an_answer_that_was_given_is_what_the_next_sync_carries_out():
    verdict = told("B", "C", row(owner="ask"), "A", "A", answers={"plan": "gist"})
    assert verdict.why == "You said that Gist’s value stands: the next sync writes GHL"


def test_never_compared_before_says_so():
    assert told("B", "C").why.startswith("Not compared before, the newest stands: the next sync writes")


def test_a_difference_that_nobody_made_since_is_left_as_it_is():
    assert told("A", "B", ROW, "A", "B").why == "Differs; nobody changed it since it was decided"


def test_a_one_way_row_sets_the_other_side_back():
    verdict = told("A", "B", row(direction="gist_to_ghl"), "A", "A")
    assert verdict.why == "The row goes from Gist to GHL only: the next sync writes GHL"


def test_a_blank_does_not_overwrite():
    verdict = told(None, "B", ROW, "A", "B")
    assert (verdict.state, verdict.why) == ("ghl_only", "Blank does not overwrite")


def test_on_hold_nothing_is_announced_as_being_written():
    verdict = told("B", "A", ROW, "A", "A", stands_still="On hold, so nothing is written")
    assert (verdict.why, verdict.writes) == ("Changed in Gist. On hold, so nothing is written", ())


def test_on_one_side_only_each_field_says_what_the_new_contact_gets():
    rows = (Row("email", "email", type="email"), Row("plan", "plan", direction="ghl_to_gist"))
    contacts = {"gist": Contact("gist", "1", {"email": "a@b.test", "plan": "A"})}
    first, second = compare_records(Rules(rows=rows), contacts, {}, {}).mapped
    assert (first.state, first.why) == ("gist_only", "Written when the contact is created in GHL")
    assert (second.state, second.why) == ("gist_only", "Not written")


def test_what_gist_shows_of_tasks_is_compared_with_what_it_should():
    contacts = {"gist": Contact("gist", "1", {"custom_properties.ghl_open_tasks": "2"}), "ghl": Contact("ghl", "x", {})}
    shows = {"ghl_open_tasks": 3, "ghl_next_task": None}
    verdict = compare_records(Rules(), contacts, {}, {}, shows=shows).carried[0]
    assert (verdict.label, verdict.gist, verdict.ghl, verdict.state) == ("Open tasks", "2", 3, "differs")


def test_what_nobody_mapped_is_told_apart():
    contacts = {
        "gist": Contact("gist", "1", {"plan": "A"}),
        "ghl": Contact("ghl", "x", {"plan": "A", "source": "Fair"}),
    }
    (verdict,) = compare_records(Rules(rows=(ROW,)), contacts, {}, {}).unmapped
    assert (verdict.label, verdict.ghl, verdict.why) == ("Source", "Fair", "Only in GHL, not mapped")


def test_the_summary_counts_what_is_compared():
    rows = tuple(Row(key, key) for key in ("a", "b", "c"))
    contacts = {
        "gist": Contact("gist", "1", {"a": "1", "b": "1", "c": "1"}),
        "ghl": Contact("ghl", "x", {"a": "1", "b": "2"}),
    }
    assert (
        compare_records(Rules(rows=rows), contacts, {}, {}).summary == "1 field the same, 1 differs, 1 on one side only"
    )
