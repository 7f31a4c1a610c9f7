"""When a mapping row writes: whenever something changes, into a blank, once, or adding to what stands there."""

from hypothesis import given
from hypothesis import strategies as st

from integration.mapping.rules import Row, Rules
from integration.records import Contact
from integration.sync.append import append_value
from integration.sync.decide import decide
from tests.world import sync

MODES = ["overwrite", "if_blank", "on_create", "append"]
EMAIL = Row("email", "email", type="email")


def notes(mode, **facts):
    return Rules(rows=(EMAIL, Row("custom_properties.notes", "customFields.notes", write_mode=mode, **facts)))


def tags(mode, **facts):
    return Rules(rows=(EMAIL, Row("tags", "tags", type="tags", write_mode=mode, **facts)))


def two(gist, ghl):
    """Ann on both sides, with these notes."""
    return (
        Contact("gist", "1", {"email": "ann@example.test", "custom_properties.notes": gist}),
        Contact("ghl", "2", {"email": "ann@example.test", "customFields.notes": ghl}),
    )


def tagged(gist, ghl):
    return Contact("gist", "1", {"tags": gist}), Contact("ghl", "2", {"tags": ghl})


def written(decision):
    return {change.side: change.after for change in decision.changes}


def test_a_new_record_gets_the_field_in_every_mode():
    ann, _ = two("Likes tea", None)
    for mode in MODES:
        assert decide(notes(mode), ann, None).values("ghl")["customFields.notes"] == "Likes tea"


def test_a_blank_is_filled_and_a_value_stays():
    base = two("Likes tea", None)
    gist, ghl = two("Likes cake", None)
    assert written(decide(notes("if_blank"), gist, ghl, base[0].values, base[1].values)) == {"ghl": "Likes cake"}
    gist, ghl = two("Likes cake", "Allergic")
    decision = decide(notes("if_blank"), gist, ghl, base[0].values, base[1].values)
    assert (decision.writes, decision.reason) == (False, "filled_only")


def test_nobody_is_asked_about_a_field_that_would_not_be_written():
    gist, ghl = two("Likes cake", "Allergic")
    for mode in ("if_blank", "on_create"):
        assert decide(notes(mode, owner="ask"), gist, ghl).held_rows == frozenset()


def test_what_is_written_once_is_left_to_itself_afterwards():
    gist, ghl = two("Likes cake", None)
    decision = decide(notes("on_create"), gist, ghl)
    assert (decision.writes, decision.reason) == (False, "written_once")


def test_what_is_new_on_each_side_is_added_on_the_other():
    gist, ghl = two("Likes tea", "Allergic")
    assert written(decide(notes("append"), gist, ghl)) == {"gist": "Likes tea; Allergic", "ghl": "Allergic; Likes tea"}


def test_what_was_taken_away_on_one_side_is_neither_taken_away_nor_put_back():
    base = two("Likes tea; Allergic", "Likes tea; Allergic")
    gist, ghl = two("Likes tea; Allergic", "Likes tea")
    assert not decide(notes("append"), gist, ghl, base[0].values, base[1].values).writes
    base, (gist, ghl) = tagged(["vip", "old"], ["vip", "old"]), tagged(["vip", "old"], ["vip"])
    assert not decide(tags("append"), gist, ghl, base[0].values, base[1].values).writes
    assert not decide(tags("append"), gist, ghl, gist.values, ghl.values).writes


def test_tags_are_added_where_the_row_adds_and_left_where_it_does_not():
    gist, ghl = tagged(["vip", "new"], ["vip"])
    assert written(decide(tags("append"), gist, ghl)) == {"ghl": ["vip", "new"]}
    assert written(decide(tags("if_blank"), gist, ghl)) == {}
    assert written(decide(tags("on_create"), gist, ghl)) == {}


def test_an_entry_that_stands_there_is_not_added_again():
    assert append_value("Likes Tea", "likes tea; Allergic") == "Likes Tea; Allergic"
    assert append_value(["vip"], ["VIP"]) == ["vip"]


def test_what_does_not_fit_beside_what_stands_there_is_left_out_and_the_other_side_gets_its_share():
    gist, ghl = two("a" * 200, "b" * 200)
    decision = decide(notes("append"), gist, ghl)
    assert written(decision) == {"ghl": f"{'b' * 200}; {'a' * 200}"}
    assert decision.left_out == {"custom_properties.notes"}


texts = st.one_of(st.none(), st.lists(st.sampled_from(["Tea", "tea", "Cake", "Vip"]), max_size=3).map("; ".join))
lists = st.lists(st.sampled_from(["vip", "VIP", "lead", "old"]), max_size=4, unique_by=str.casefold)
records = st.tuples(texts, lists)


def person(side, record):
    return Contact(
        side, "1", {"custom_properties.notes": record[0], "customFields.notes": record[0], "tags": record[1]}
    )


def apply(decision, contact):
    return contact.with_values(decision.values(contact.side))


@given(
    st.lists(st.tuples(records, records), min_size=1, max_size=4),
    st.sampled_from(MODES),
    st.sampled_from(["newest", "gist", "ghl", "fill"]),
    st.sampled_from(["two_way", "gist_to_ghl", "ghl_to_gist"]),
    st.booleans(),
)
def test_edits_in_any_order_come_to_rest_in_every_mode(edits, mode, owner, direction, blanks):
    facts = {"write_mode": mode, "owner": owner, "direction": direction, "blank_overwrites": blanks}
    rules = Rules(
        rows=(Row("custom_properties.notes", "customFields.notes", **facts), Row("tags", "tags", type="tags", **facts))
    )
    bases = None, None
    for left, right in edits:
        gist, ghl = person("gist", left), person("ghl", right)
        first = decide(rules, gist, ghl, *bases)
        gist, ghl = apply(first, gist), apply(first, ghl)
        bases = gist.values, ghl.values
        assert not decide(rules, gist, ghl, *bases).writes


def test_a_run_adds_to_what_a_person_wrote_and_is_quiet_afterwards(world, link, ann):
    version = link.mapping_versions.get()
    version.rows.filter(gist_field="custom_properties.plan").update(write_mode="append")
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"customFields": [{"key": "plan", "field_value": "Gold"}]})
    sync(link)
    assert world.everyone("gist")[0]["custom_properties"]["plan"] == "Gold"
    sync(link)
    assert link.runs.order_by("-id").first().updated == 0
