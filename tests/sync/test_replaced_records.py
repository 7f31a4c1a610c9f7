"""A record that is deleted and added again, or merged into another one, is the same person under another id."""

import json

import pytest

from integration.models import InboxEvent, LogEntry, Pair, Question, Snapshot
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from tests.world import sync

RULES = ["ignore", "propagate", "unlink"]


@pytest.fixture(params=RULES)
def link(link, request):
    link.merge_seconds, link.deletes = 0, request.param
    link.save()
    return link


@pytest.fixture
def ann(world, link):
    """Ann on both sides and in step, with a note in GHL; her ids in Gist and GHL, and her pair."""
    gist = world.gist_contact(email="ann@example.test", name="Ann Lee", phone="+12125550100")
    sync(link)
    pair = Pair.objects.get()
    world.ghl("POST", f"/contacts/{pair.ghl_id}/notes", json={"body": "Prefers mornings"})
    return gist["id"], pair.ghl_id, pair.pk


def receive(connection, topic, **body):
    InboxEvent.objects.create(
        provider=connection.provider, topic=topic, connection=connection, body=json.dumps(body).encode()
    )


def work(link):
    process_link(link.pk, process_name(), 10)


def add_again(world, **fields):
    return world.gist_contact(email="Ann@example.test", name="Ann Lee", **fields)


def check_ann_goes_on(world, ann, new):
    """One pair, the same as before, with the new Gist id; GHL's contact, its note and its history stand."""
    pair = Pair.objects.get()
    assert (pair.pk, pair.gist_id, pair.ghl_id, pair.state) == (ann[2], str(new["id"]), ann[1], "linked")
    assert [one["id"] for one in world.everyone("ghl")] == [ann[1]]
    assert [one["id"] for one in world.everyone("gist")] == [new["id"]]
    assert len(world.ghl("GET", f"/contacts/{ann[1]}/notes")["notes"]) == 1
    entry = LogEntry.objects.get(reason="linked_again")
    assert f"Gist {new['id']} in place of {ann[0]}" in entry.message
    assert entry.pair_id == pair.pk
    assert Snapshot.objects.filter(pair=pair).count() == Snapshot.objects.count() == 2
    assert not Question.objects.exists()
    assert not LogEntry.objects.filter(reason__in=("ambiguous", "taken")).exists()


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_a_gist_record_that_was_deleted_and_added_again_goes_on_in_a_run(world, link, ann, kind):
    world.gist("DELETE", f"/contacts/{ann[0]}")
    new = add_again(world)
    sync(link, kind)
    check_ann_goes_on(world, ann, new)
    again = sync(link)
    assert (again.unchanged, again.examined) == (1, 1)


@pytest.mark.parametrize("order", ["deleted first", "created first", "created only", "deleted only"])
def test_it_goes_on_live_in_whatever_order_the_webhooks_come(world, link, gist, ann, order):
    world.gist("DELETE", f"/contacts/{ann[0]}")
    new = add_again(world)
    if order != "created only":
        receive(gist, "user_deleted", contact={"id": ann[0]})
    if order == "created first":
        work_on = [("contact_created", new["id"])]
        InboxEvent.objects.all().delete()
        receive(gist, *work_on[0][:1], contact={"id": new["id"]})
        work(link)
        receive(gist, "user_deleted", contact={"id": ann[0]})
    elif order != "deleted only":
        work(link) if order == "deleted first" else None
        receive(gist, "contact_created", contact={"id": new["id"]})
    work(link)
    check_ann_goes_on(world, ann, new)


def test_who_is_added_again_long_after_the_deletion_is_linked_again_unless_the_rule_deleted_both(
    world, link, gist, ann
):
    world.gist("DELETE", f"/contacts/{ann[0]}")
    receive(gist, "user_deleted", contact={"id": ann[0]})
    work(link)
    assert len(world.everyone("ghl")) == (0 if link.deletes == "propagate" else 1)
    new = add_again(world)
    receive(gist, "contact_created", contact={"id": new["id"]})
    work(link)
    if link.deletes == "propagate":
        assert Pair.objects.get(state="linked").gist_id == str(new["id"])
    else:
        check_ann_goes_on(world, ann, new)


def test_a_ghl_contact_that_is_added_again_is_linked_again_by_a_full_run(world, link, ann):
    world.ghl("DELETE", f"/contacts/{ann[1]}")
    sync(link)
    new = world.ghl_contact(firstName="Ann", lastName="Lee", email="ann@example.test")
    sync(link)
    assert Pair.objects.get(state="linked").ghl_id in {new["id"], *(one["id"] for one in world.everyone("ghl"))}
    if link.deletes != "propagate":
        assert Pair.objects.get().pk == ann[2]
        assert [one["id"] for one in world.everyone("gist")] == [ann[0]]


def test_a_phone_lives_on_under_another_id_where_there_is_no_address(world, link):
    world.ghl_contact(firstName="Otto", lastName="Lee", phone="+12125550111")
    sync(link)
    pair = Pair.objects.get()
    world.ghl("DELETE", f"/contacts/{pair.ghl_id}")
    new = world.ghl_contact(firstName="Otto", lastName="Lee", phone="+12125550111")
    sync(link)
    assert (Pair.objects.get().pk, Pair.objects.get().ghl_id) == (pair.pk, new["id"])
    assert len(world.everyone("gist")) == len(world.everyone("ghl")) == 1


# Merged in GHL --------------------------------------------------------------------------------------------


def merge(world, keep, lose):
    world.control("POST", "merge", {"account": world.location, "keep": keep, "lose": lose})


def test_the_pair_goes_on_with_the_survivor_of_a_merge(world, link, ghl, ann):
    other = world.ghl_contact(firstName="Ann", lastName="Lee")
    merge(world, keep=other["id"], lose=ann[1])
    receive(ghl, "ContactDelete", id=ann[1])
    work(link)
    assert (Pair.objects.get().pk, Pair.objects.get().ghl_id) == (ann[2], other["id"])
    assert (len(world.everyone("ghl")), world.emails("gist")) == (1, ["ann@example.test"])


@pytest.mark.parametrize("way", ["live", "full"])
def test_the_gist_contact_of_the_second_address_is_not_deleted_when_two_pairs_are_merged(world, link, ghl, ann, way):
    world.gist_contact(email="ann@home.test", name="Ann L")
    sync(link)
    second = Pair.objects.exclude(pk=ann[2]).get()
    merge(world, keep=ann[1], lose=second.ghl_id)
    if way == "live":
        receive(ghl, "ContactDelete", id=second.ghl_id)
        work(link)
    else:
        sync(link)
    assert world.emails("gist") == ["ann@example.test", "ann@home.test"]
    assert [one["id"] for one in world.everyone("ghl")] == [ann[1]]
    entry = LogEntry.objects.get(reason="merged_there")
    assert f"paired with Gist's {ann[0]}" in entry.message
    assert Pair.objects.get(pk=ann[2]).state == "linked"
    sync(link)
    assert (len(world.everyone("gist")), len(world.everyone("ghl"))) == (2, 1)


def test_records_that_a_person_took_apart_stay_apart(world, link, ann, operator):
    from integration.people.find import find_by_id
    from integration.people.pair_commands import unlink_records

    unlink_records(find_by_id(link, "gist", str(ann[0])), operator)
    sync(link)
    assert Pair.objects.get().state == "unlinked"
    assert (len(world.everyone("gist")), len(world.everyone("ghl"))) == (1, 1)


def test_a_pair_on_hold_goes_on_and_stays_on_hold(world, link, ann):
    Pair.objects.update(state="held")
    world.gist("DELETE", f"/contacts/{ann[0]}")
    new = add_again(world)
    sync(link)
    pair = Pair.objects.get()
    assert (pair.pk, pair.gist_id, pair.state) == (ann[2], str(new["id"]), "held")
