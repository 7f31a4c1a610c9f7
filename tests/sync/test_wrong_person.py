"""Whose record it is: what was found instead of created is taken for this person only when it can be theirs."""

from types import SimpleNamespace

import pytest

from integration.errors import Duplicate, Gone
from integration.mapping.rules import Row, Rules
from integration.models import Pair, Run, Snapshot
from integration.records import Contact, RelatedRecord
from integration.related.write import read_now
from integration.runs.write import _claim, _taken_by
from integration.sync.interruptions import confirm_arrived_writes
from integration.sync.match import match_page
from integration.sync.person import Person, apply_changes

RULES = Rules(rows=(Row("email", "email"), Row("name", "name"), Row("phone", "phone")))
PHONE = "+14155552671"


class HeldSide:
    """GHL, or Gist, with what it holds, as steps that need no call."""

    fields: dict = {}

    def __init__(self, *held, in_the_way=None):
        self.held, self.in_the_way, self.created, self.updated = held, in_the_way, [], []

    def find(self, **by):
        return self.held
        yield

    def read(self, contact_id):
        return self.in_the_way
        yield

    def create(self, values):
        if self.in_the_way:
            raise Duplicate("exists already", existing_id=self.in_the_way.id)
        self.created.append(values)
        return Contact("ghl", "new", values)
        yield

    def split(self, changes, before):
        return [changes]

    def update(self, contact_id, changes, before):
        self.updated.append((contact_id, changes))
        return Contact("ghl", contact_id, {**before, **changes})
        yield


def ghl(contact_id="h1", **values):
    return Contact("ghl", contact_id, {"email": "ann@example.test", "name": "Ann", **values})


def create_ann(side, *, taken=(), **options):
    """Ann, who is in Gist only, is created in GHL; her state after that."""
    gist = Contact("gist", "1", {"email": "ann@example.test", "name": "Ann", "phone": PHONE})
    person = Person(gist=gist, **options)
    person.decide(RULES)
    steps = apply_changes(person, {"ghl": side, "gist": HeldSide()}, RULES, lambda contact: contact.id in taken)
    with pytest.raises(StopIteration):
        next(steps)
    return person


# Looked for before creating ------------------------------------------------------------------------------


def test_the_one_record_with_her_address_is_hers():
    side = HeldSide(ghl())
    assert create_ann(side, look_first=True).ghl.id == "h1"
    assert side.created == []


@pytest.mark.parametrize(
    ("held", "taken"),
    [
        ((ghl(), ghl("h2")), ()),
        ((ghl(),), ("h1",)),
        ((ghl(email="bea@example.test", phone=PHONE),), ()),
    ],
    ids=["one of several", "another pair's half", "a record with another address"],
)
def test_what_may_be_somebody_else_is_not_adopted_when_looking_first(held, taken):
    side = HeldSide(*held)
    person = create_ann(side, taken=taken, look_first=True)
    assert (person.ghl.id, person.created, side.updated) == ("new", "ghl", [])


# Refused as a duplicate ----------------------------------------------------------------------------------


def test_the_record_in_the_way_is_hers_when_nobody_has_it():
    assert create_ann(HeldSide(in_the_way=ghl())).ghl.id == "h1"


@pytest.mark.parametrize(
    ("in_the_way", "taken"),
    [(ghl(), ("h1",)), (ghl(email="bea@example.test", phone=PHONE), ())],
    ids=["another pair's half", "a record with another address"],
)
def test_a_record_in_the_way_that_is_somebody_else_s_is_left_alone(in_the_way, taken):
    side = HeldSide(in_the_way=in_the_way)
    with pytest.raises(Duplicate):
        create_ann(side, taken=taken)
    assert side.updated == []


# What was sent, and what stands there --------------------------------------------------------------------


def test_an_interrupted_create_arrived_only_as_far_as_it_stands_there():
    side = HeldSide(ghl(name="Annette", phone=PHONE))
    person = create_ann(side, look_first=True, interrupted=True)
    assert (person.reason, person.created) == ("adopted", None)
    assert create_ann(HeldSide(ghl(phone=PHONE)), look_first=True, interrupted=True).reason == "recovered"


NAME_SENT = {
    "changes": [{"side": "ghl", "field": "name", "before": "Ann", "after": "Anna"}],
    "held": {"gist": {"name": "Anna"}, "ghl": {"name": "Ann"}},
}


@pytest.mark.parametrize(("stands_there", "known"), [("Anna", "Anna"), ("Ann", "Ann"), ("Annette", "Ann")])
def test_a_write_counts_as_arrived_only_where_its_value_stands(stands_there, known):
    contacts = {"gist": Contact("gist", "1", {"name": "Anna"}), "ghl": Contact("ghl", "h1", {"name": stands_there})}
    after = confirm_arrived_writes(RULES, NAME_SENT, contacts, {"gist": {"name": "Ann"}, "ghl": {"name": "Ann"}})
    assert after == {"gist": {"name": known}, "ghl": {"name": known}}


def test_a_tag_counts_as_arrived_only_where_it_stands():
    rules = Rules(rows=(Row("tags", "tags", type="tags"),))
    sent = {
        "changes": [{"side": "ghl", "field": "tags", "before": [], "after": ["vip", "new"]}],
        "held": {"gist": {"tags": ["vip", "new"]}, "ghl": {"tags": []}},
    }
    contacts = {"gist": Contact("gist", "1", {"tags": ["vip", "new"]}), "ghl": Contact("ghl", "h1", {"tags": ["vip"]})}
    after = confirm_arrived_writes(rules, sent, contacts, {"gist": {"tags": []}, "ghl": {"tags": []}})
    assert after == {"gist": {"tags": ["vip"]}, "ghl": {"tags": ["vip"]}}


# While a run writes --------------------------------------------------------------------------------------


def entry_of(*contacts):
    return SimpleNamespace(person=Person(**{one.side: one for one in contacts}))


def run_of(link):
    return SimpleNamespace(run=SimpleNamespace(link=link), claimed={}, kept_apart=frozenset())


def test_half_of_a_pair_is_taken_and_a_loose_record_is_not(link):
    Pair.objects.create(link=link, gist_id="1", ghl_id="h1")
    is_taken = _taken_by(run_of(link), entry_of())
    assert is_taken(ghl("h1"))
    assert not is_taken(ghl("h2"))


def test_a_record_that_somebody_found_in_this_run_is_not_found_for_another(link):
    context, first, second = run_of(link), entry_of(), entry_of()
    assert not _taken_by(context, first)(ghl("h1"))
    assert _taken_by(context, second)(ghl("h1"))
    assert not _claim(context, entry_of(ghl("h1")))
    assert _claim(context, entry_of(ghl("h2")))


@pytest.mark.parametrize("kind", ["task", "note", "appointment"])
def test_a_record_that_says_it_is_another_contact_s_is_out_of_reach(link, monkeypatch, kind):
    def read(kind, contact_id, record_id):
        return RelatedRecord(kind, record_id, "bob", {})
        yield

    monkeypatch.setattr("integration.related.write.related_of", lambda link: SimpleNamespace(read=read))
    with pytest.raises(Gone, match="belongs to another contact"):
        next(read_now(link, kind, "ann", "r1"))


# Matching a page -----------------------------------------------------------------------------------------


def test_a_record_that_two_of_a_page_reach_is_paired_once(link):
    def record(side, external_id, **keys):
        return Snapshot.objects.create(link=link, side=side, external_id=external_id, undecided={}, **keys)

    by_phone, by_email = record("gist", "1", phone=PHONE), record("gist", "2", email="ann@example.test")
    record("ghl", "h1", email="ann@example.test", phone=PHONE)
    run = Run.objects.create(link=link, kind="full")
    assert match_page(run, Rules(rows=RULES.rows, match=("email", "phone"))).pairs == 1
    (pair,) = Pair.objects.all()
    assert pair.gist_id in (by_phone.external_id, by_email.external_id)
    assert Snapshot.objects.filter(side="gist", pair=None).count() == 1
