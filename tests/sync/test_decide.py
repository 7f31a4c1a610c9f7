"""Decide: the three-way merge, as a table of cases and as properties that hold for any edits."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from integration.mapping.rules import Row, Rules
from integration.records import Contact
from integration.sync.decide import decide

NAME = Row("name", "name")
TAGS = Row("tags", "tags", type="tags")


def ann(side, **values):
    return Contact(side, f"{side}-1", values)


def rules(*rows, **options):
    return Rules(rows=rows or (NAME,), **options)


def after(decision, record):
    """The record once the decision is carried out."""
    return record.with_values(decision.values(record.side))


def test_equal_values_need_no_write():
    decision = decide(rules(), ann("gist", name="Ann"), ann("ghl", name="Ann"))
    assert (decision.reason, decision.changes) == ("same_value", ())


def test_a_change_on_one_side_goes_over():
    base = {"name": "Ann"}
    decision = decide(rules(), ann("gist", name="Anna"), ann("ghl", name="Ann"), base, base)
    assert decision.values("ghl") == {"name": "Anna"}
    assert decision.values("gist") == {}


def test_a_change_on_both_sides_is_decided_by_the_owner_rule():
    base, gist, ghl = {"name": "Ann"}, ann("gist", name="Anna"), ann("ghl", name="Annie")
    assert decide(rules(Row("name", "name", owner="ghl")), gist, ghl, base, base).values("gist") == {"name": "Annie"}
    assert decide(rules(Row("name", "name", owner="gist")), gist, ghl, base, base).values("ghl") == {"name": "Anna"}


def test_the_ask_rule_holds_both_sides_and_says_so():
    base = {"name": "Ann"}
    asks = rules(Row("name", "name", owner="ask"))
    decision = decide(asks, ann("gist", name="Anna"), ann("ghl", name="Annie"), base, base)
    assert not decision.writes
    assert decision.reason == "conflict"
    assert "Anna" in decision.skips[0].message


# Commands ------------------------------------------------------------------------------------------------

ASKED = ["vip", "Task-Done:123"]


def with_commands(*rows):
    return rules(*rows, command_tags=("task-done:*",))


def test_a_command_is_no_tag_to_carry_over():
    for base in (None, {"tags": ["vip"]}):
        decision = decide(with_commands(TAGS), ann("gist", tags=ASKED), ann("ghl", tags=["vip"]), base, base)
        assert (decision.changes, decision.reason) == ((), "same_value")
    decision = decide(with_commands(TAGS), ann("gist", tags=["vip"]), ann("ghl", tags=ASKED), None, None)
    assert decision.changes == ()


def test_a_command_stays_where_it_is_when_other_tags_move():
    base = {"tags": ["vip"]}
    decision = decide(with_commands(TAGS), ann("gist", tags=ASKED), ann("ghl", tags=["new"]), base, base)
    assert decision.values("gist") == {"tags": ["new", "Task-Done:123"]}
    assert decision.values("ghl") == {}


def test_a_command_that_came_over_earlier_goes_when_gist_takes_it_back():
    base = {"tags": ASKED}
    decision = decide(with_commands(TAGS), ann("gist", tags=["vip"]), ann("ghl", tags=ASKED), base, base)
    assert decision.values("ghl") == {"tags": ["vip"]}
    decision = decide(with_commands(TAGS), ann("gist", tags=ASKED), ann("ghl", tags=["vip"]), base, base)
    assert decision.changes == ()


def test_somebody_new_is_created_without_commands():
    everything = with_commands(Row("email", "email"), TAGS)
    decision = decide(everything, ann("gist", email="ann@example.test", tags=ASKED), None)
    assert decision.values("ghl") == {"email": "ann@example.test", "tags": ["vip"]}


def test_a_row_with_steps_leaves_commands_alone_too():
    capitals = with_commands(Row("tags", "tags", type="tags", steps=({"name": "upper"},), owner="ghl"))
    decision = decide(capitals, ann("gist", tags=ASKED), ann("ghl", tags=["NEW"]), None, None)
    assert "Task-Done:123" in decision.values("gist")["tags"]
    assert decide(capitals, ann("gist", tags=ASKED), ann("ghl", tags=["VIP"]), None, None).values("ghl") == {}


def test_a_blank_never_overwrites():
    base = {"name": "Ann"}
    decision = decide(rules(), ann("gist", name=""), ann("ghl", name="Ann"), base, base)
    assert not decision.writes
    assert decision.reason == "blank_kept"


def test_a_blank_overwrites_where_the_row_says_so():
    base = {"name": "Ann"}
    decision = decide(
        rules(Row("name", "name", blank_overwrites=True)), ann("gist"), ann("ghl", name="Ann"), base, base
    )
    assert decision.values("ghl") == {"name": None}


def test_a_one_way_row_never_writes_back():
    one_way = rules(Row("name", "name", direction="gist_to_ghl"))
    decision = decide(one_way, ann("gist", name="Ann"), ann("ghl", name="Bob"), {"name": "Ann"}, {"name": "Ann"})
    assert decision.values("gist") == {}


def test_a_value_the_provider_keeps_in_its_own_form_is_not_written_again():
    gist_base, ghl_base = {"name": "Ann  Lee"}, {"name": "Ann Lee"}
    decision = decide(rules(), ann("gist", name="Ann  Lee"), ann("ghl", name="Ann Lee"), gist_base, ghl_base)
    assert not decision.writes


EMAIL = Row("email", "email", type="email")


def test_someone_known_on_one_side_only_is_created_on_the_other():
    decision = decide(rules(NAME, EMAIL), ann("gist", name="Ann", email="ann@example.test"), None)
    assert (decision.create, decision.values("ghl")) == ("ghl", {"name": "Ann", "email": "ann@example.test"})


def test_a_visitor_of_whom_only_a_name_is_known_is_not_created():
    assert decide(rules(), ann("gist", name="Visitor 12"), None).reason == "no_identity"
    assert decide(rules(), ann("gist", name="Ann", user_id="u1"), None).create == "ghl"
    assert decide(rules(), ann("ghl", name="Ann"), None).create == "gist"


def test_values_are_written_in_the_type_of_their_field():
    number = Row("custom_properties.size", "customFields.size", type="number", ghl_type="number")
    day = Row("custom_properties.due_at", "customFields.due", type="date", gist_type="moment", ghl_type="date")
    tea = Row(
        "custom_properties.tea",
        "customFields.tea",
        type="choices",
        ghl_type="choices",
        gist_type="text",
        options=("Tea, green", "Coffee"),
    )
    gist = {
        "custom_properties.size": "7",
        "custom_properties.due_at": "2026-01-01T10:00:00Z",
        "custom_properties.tea": "Coffee, Tea, green",
    }
    decision = decide(rules(NAME, number, day, tea), ann("gist", name="Ann", user_id="u1", **gist), None)
    assert decision.values("ghl") == {
        "name": "Ann",
        "customFields.size": 7,
        "customFields.due": "2026-01-01",
        "customFields.tea": ["Coffee", "Tea, green"],
    }


def test_a_date_and_the_moment_it_came_from_agree():
    day = Row("custom_properties.due_at", "customFields.due", type="date", gist_type="moment", ghl_type="date")
    gist = ann("gist", **{"custom_properties.due_at": "2026-01-01T10:00:00Z"})
    assert not decide(rules(day), gist, ann("ghl", **{"customFields.due": "2026-01-01"})).writes


def test_nobody_is_created_against_the_link_s_direction():
    decision = decide(rules(direction="ghl_to_gist"), ann("gist", name="Ann"), None)
    assert (decision.create, decision.reason) == (None, "one_way")


def test_someone_without_anything_to_be_recognised_by_is_not_created():
    decision = decide(rules(), ann("gist", name=""), None)
    assert (decision.create, decision.reason) == (None, "no_identity")


def test_a_value_that_does_not_fit_its_step_is_left_and_named():
    phone = rules(Row("phone", "phone", steps=({"name": "phone_e164"},)), NAME)
    decision = decide(phone, ann("gist", phone="call me", name="Ann", user_id="u1"), None)
    assert decision.values("ghl") == {"name": "Ann"}
    assert "call me" in decision.skips[0].message


def test_tags_added_on_either_side_are_joined_and_removed_ones_follow():
    base = {"tags": ["vip", "old"]}
    decision = decide(
        rules(TAGS), ann("gist", tags=["vip", "new"]), ann("ghl", tags=["VIP", "old", "lead"]), base, base
    )
    assert sorted(decision.values("ghl")["tags"]) == ["VIP", "lead", "new"]
    assert sorted(decision.values("gist")["tags"]) == ["lead", "new", "vip"]


names = st.one_of(st.none(), st.text("abC ", max_size=4))
tags = st.lists(st.sampled_from(["vip", "VIP", "lead", "old"]), max_size=4, unique_by=str.casefold)
records = st.fixed_dictionaries({"name": names, "tags": tags})
owners = st.sampled_from(["newest", "gist", "ghl", "fill"])
directions = st.sampled_from(["two_way", "gist_to_ghl", "ghl_to_gist"])


@given(records, records, records, records, owners, directions, st.booleans())
def test_a_second_look_after_any_decision_writes_nothing(gist, ghl, gist_base, ghl_base, owner, direction, blanks):
    row = Row("name", "name", owner=owner, direction=direction, blank_overwrites=blanks)
    ruled = rules(row, Row("tags", "tags", type="tags", direction=direction))
    left, right = ann("gist", **gist), ann("ghl", **ghl)
    first = decide(ruled, left, right, gist_base, ghl_base)
    left, right = after(first, left), after(first, right)
    assert not decide(ruled, left, right, left.values, right.values).writes


@given(records, records)
def test_two_sides_without_history_agree_after_one_decision(gist, ghl):
    left, right = ann("gist", **gist), ann("ghl", **ghl)
    first = decide(rules(NAME, TAGS), left, right)
    left, right = after(first, left), after(first, right)
    assert (left.values["name"] or "").strip() == (right.values["name"] or "").strip()
    assert {t.casefold() for t in left.values["tags"]} == {t.casefold() for t in right.values["tags"]}


def test_a_value_that_its_steps_make_blank_never_erases():
    last_name = Row("name", "lastName", steps=({"name": "last_name"},))
    bases = {"name": "Ann Lee"}, {"lastName": "Lee"}
    decision = decide(rules(last_name), ann("gist", name="Ann"), ann("ghl", lastName="Lee"), *bases)
    assert (decision.writes, decision.reason) == (False, "blank_kept")


def test_a_value_that_its_steps_make_blank_is_left_out_of_a_new_record():
    last_name = Row("name", "lastName", steps=({"name": "last_name"},))
    decision = decide(rules(EMAIL, last_name), ann("gist", name="Ann", email="ann@example.test"), None)
    assert decision.values("ghl") == {"email": "ann@example.test"}


def test_a_blank_never_wins_over_a_value_that_was_entered_meanwhile():
    base = {"name": "Ann"}
    newest_is_gist = {"updated_at": datetime(2026, 1, 2, tzinfo=UTC)}
    gist = Contact("gist", "1", {"name": ""}, **newest_is_gist)
    assert decide(rules(), gist, ann("ghl", name="Anna"), base, base).values("gist") == {"name": "Anna"}


def test_a_field_that_is_taken_for_new_records_only_is_not_written_on_an_update():
    row = Row("user_id", "customFields.code", gist_create_only=True)
    ghl = ann("ghl", **{"customFields.code": "b"})
    decision = decide(rules(row), ann("gist", user_id="a"), ghl, {"user_id": "a"}, {"customFields.code": "a"})
    assert (decision.writes, decision.reason) == (False, "create_only")
    assert decide(rules(EMAIL, row), None, ghl.with_values({"email": "ann@example.test"})).values("gist") == {
        "email": "ann@example.test",
        "user_id": "b",
    }
