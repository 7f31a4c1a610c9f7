"""Whether both sides hold the same is kept by value: moved by decisions and plans, taken back by what is read."""

from datetime import UTC, datetime

import pytest

from integration.mapping.rules import Row, Rules
from integration.models import Link, Pair, Snapshot
from integration.records import Contact
from integration.sync.parity import Parity, do_agree, parity_of
from tests.world import sync


def parity(link):
    return parity_of([link.pk])[link.pk]


def test_a_pair_in_step_agrees_and_is_dated(link, ann):
    assert parity(link) == Parity(equal=1)
    assert Pair.objects.get().synced_at is not None


def test_an_edit_that_could_not_be_written_is_a_difference(world, link, ann, one_try):
    dated = Pair.objects.get().synced_at
    world.fault({"side": "ghl", "kind": "500", "method": "PUT", "rate": 1})
    (there,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": there["id"], "name": "Anna Lee"})
    assert sync(link, "incremental").failed == 1
    assert parity(link) == Parity(differs=1)
    assert Pair.objects.get().synced_at == dated


def test_a_dry_run_says_what_differs_now_and_dates_nothing(world, link, ann):
    dated = Pair.objects.get().synced_at
    (there,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": there["id"], "name": "Anna Lee"})
    sync(link, "incremental", dry_run=True)
    assert parity(link) == Parity(differs=1)
    assert Pair.objects.get().synced_at == dated


def test_what_was_read_and_not_decided_is_not_called_equal(world, link, ann, monkeypatch):
    (there,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": there["id"], "name": "Anna Lee"})
    monkeypatch.setattr("integration.sync.undecided.entry_batches", lambda run, rules: iter(()))
    sync(link, "incremental")
    assert parity(link) == Parity(unknown=1)


def test_people_of_either_side_without_a_counterpart_are_missing(world, link, ann):
    world.gist_contact(user_id="u1", name="Bob Lee", phone="+14155552671")
    world.gist_contact(user_id="u2", name="Bob L", phone="+14155552671")
    world.ghl_contact(firstName="Bob", lastName="Lee", phone="+14155552671")
    sync(link)
    assert parity(link) == Parity(equal=1, missing=3)


def test_whom_the_other_side_is_not_meant_to_have_is_left_out(world, link):
    Link.objects.update(direction="gist_to_ghl")
    world.ghl_contact(email="bob@example.test", firstName="Bob")
    world.gist_contact(user_id="visitor-7")
    sync(link)
    found = parity(link)
    assert (found.total, found.not_meant) == (found.equal, 1 + len(world.everyone("gist")) - found.equal)


def test_pairs_of_an_older_installation_are_compared_by_the_next_full_run(link, ann):
    Pair.objects.update(agrees=None)
    assert parity(link) == Parity(unknown=1)
    sync(link)
    assert parity(link) == Parity(equal=1)


RULES = Rules(rows=(Row("name", "name"), Row("phone", "phone", owner="fill"), Row("tags", "tags", type="tags")))
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gist", "ghl", "agree"),
    [
        ({"name": "Ann", "tags": ["a"]}, {"name": "Ann", "tags": ["A"]}, True),
        ({"name": "Ann"}, {"name": "Anna"}, False),
        ({"name": "Ann"}, {"name": ""}, False),
        ({"name": "Ann", "phone": "1"}, {"name": "Ann", "phone": "2"}, True),
        ({"name": "Ann", "tags": ["a", "b"]}, {"name": "Ann", "tags": ["a"]}, False),
    ],
    ids=["written differently", "differs", "blank on one side", "only blanks are filled", "a tag is missing"],
)
def test_two_records_agree_by_value_under_the_rules(gist, ghl, agree):
    sides = [Contact(side, "1", values, WHEN) for side, values in (("gist", gist), ("ghl", ghl))]
    assert do_agree(RULES, *sides) is agree


def test_the_numbers_of_one_link_are_not_those_of_another(link, ann):
    other = Link.objects.create(key="other", name="Other", gist=link.ghl, ghl=link.gist)
    Snapshot.objects.create(link=other, side="ghl", external_id="1", base={})
    assert parity_of([link.pk, other.pk]) == {link.pk: Parity(equal=1), other.pk: Parity(missing=1)}
