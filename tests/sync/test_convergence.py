"""Whatever is edited where, heard of late, twice or never: both sides end equal, no edit is lost, nothing loops."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from integration.mapping.rules import Row, Rules
from integration.records import Contact
from integration.sync.decide import decide
from integration.sync.interruptions import confirm_arrived_writes, unconfirmed_writes_of

FIELDS = ("name", "city", "plan")
RULES = Rules(rows=(*(Row(field, field) for field in FIELDS), Row("tags", "tags", type="tags")))

SIDES, TAGS = ("gist", "ghl"), ("vip", "lead", "old")
EDITS = {
    "set": [(side, field, value) for side in SIDES for field in FIELDS for value in ("a", "b", "c")],
    "tag": [(side, "tags", tag) for side in SIDES for tag in TAGS],
    "untag": [(side, "tags", tag) for side in SIDES for tag in TAGS],
    "look": [(side, "", "") for side in SIDES],
    "kill": [(side, "", writes) for side in SIDES for writes in (0, 1, 2)],
}
EQUALLY_OFTEN = max(map(len, EDITS.values()))
# One draw for each edit, because drawing takes longer than deciding; each kind of edit is as likely as the others.
edits = st.sampled_from(
    [(kind, *edit) for kind, known in EDITS.items() for edit in known * (EQUALLY_OFTEN // len(known))]
)
sides = st.sampled_from(SIDES)


class Pair:
    """One person on both sides, with what Gistline remembers of them."""

    def __init__(self):
        self.now = {"gist": {"tags": []}, "ghl": {"tags": []}}
        self.base = {"gist": None, "ghl": None}
        self.sent = None
        self.writes = 0

    def edit(self, what, side, field, value):
        held = self.now[side]
        if what == "set":
            held[field] = value
        elif what == "tag":
            held["tags"] = sorted({*held["tags"], value})
        elif what == "untag":
            held["tags"] = sorted({*held["tags"]} - {value})
        elif what == "kill":
            self.die_after(value)
        else:
            self.look()

    def decide(self):
        now = {side: Contact(side, "1", dict(self.now[side])) for side in ("gist", "ghl")}
        self.base = confirm_arrived_writes(RULES, self.sent, now, self.base)
        decision = decide(RULES, now["gist"], now["ghl"], self.base["gist"], self.base["ghl"])
        self.sent = unconfirmed_writes_of(RULES, decision, now)
        return decision

    def look(self):
        """One reading of both sides: decide, write, remember."""
        decision = self.decide()
        for side in ("gist", "ghl"):
            self.now[side] |= decision.values(side)
        self.base = {side: dict(values) for side, values in self.now.items()}
        self.sent = None
        self.writes += len(decision.changes)
        return decision

    def die_after(self, writes):
        """A reading that ends after so many of its writes, before their result is put on record."""
        decision = self.decide()
        for side in ("ghl", "gist")[:writes]:
            self.now[side] |= decision.values(side)


def equal(pair):
    def seen(side):
        held = pair.now[side]
        return {field: held.get(field) or None for field in FIELDS} | {"tags": {tag.casefold() for tag in held["tags"]}}

    return seen("gist") == seen("ghl")


def test_random_edits_converge_and_then_nothing_is_written():
    counted = Counter()

    # Some forty edits each: about a hundred thousand in all.
    @settings(max_examples=2_500, deadline=None)
    @given(st.lists(edits, min_size=35, max_size=50))
    def tell(story):
        pair = Pair()
        for edit in story:
            pair.edit(*edit)
        pair.look()
        assert equal(pair)
        written = pair.writes
        pair.look()
        pair.look()
        assert pair.writes == written
        counted.update(stories=1, edits=len(story), writes=written)

    tell()
    print(f"{counted['stories']} people, {counted['edits']} edits and kills: {counted['writes']} writes, 0 loops")
    assert counted["edits"] > 80_000


@settings(max_examples=400, deadline=None)
@given(st.lists(edits, max_size=30), sides, st.sampled_from(FIELDS))
def test_an_edit_on_one_side_alone_is_never_lost(story, side, field):
    pair = Pair()
    for edit in story:
        pair.edit(*edit)
    pair.look()
    pair.edit("set", side, field, "the last word")
    pair.look()
    assert pair.now["gist"][field] == pair.now["ghl"][field] == "the last word"


@settings(max_examples=400, deadline=None)
@given(st.lists(edits, max_size=20), sides, st.sampled_from(FIELDS), st.sampled_from([0, 1, 2]))
def test_an_edit_after_a_kill_is_not_lost_to_what_was_written_before_it(story, side, field, writes):
    pair = Pair()
    for edit in story:
        pair.edit(*edit)
    pair.look()
    pair.edit("set", side, field, "the first word")
    pair.die_after(writes)
    pair.edit("set", side, field, "the last word")
    pair.look()
    assert pair.now["gist"][field] == pair.now["ghl"][field] == "the last word"


@settings(max_examples=400, deadline=None)
@given(st.lists(edits, max_size=20), sides, st.sampled_from([0, 1, 2]))
def test_a_tag_taken_off_after_a_kill_does_not_come_back(story, side, writes):
    pair = Pair()
    for edit in story:
        pair.edit(*edit)
    pair.look()
    pair.edit("tag", side, "tags", "new")
    pair.die_after(writes)
    pair.edit("untag", side, "tags", "new")
    pair.look()
    assert "new" not in {*pair.now["gist"]["tags"], *pair.now["ghl"]["tags"]}
