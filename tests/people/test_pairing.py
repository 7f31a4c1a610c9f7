"""What people decide about who belongs together: pull, hold, unlink, link to another record, delete."""

import pytest

from integration.errors import ProviderError, SetupError
from integration.models import LogEntry, Pair, Question, Run, Snapshot
from integration.people import pair_commands
from integration.people.find import find_by_id
from integration.sync.pending_reads import verify_missing
from tests.world import finish, sync


def one(world, side):
    (contact,) = world.everyone(side)
    return contact


def tags(world, side):
    return sorted(one(world, side).get("tags") or ()) if side == "ghl" else sorted(gist_tags(world))


def gist_tags(world):
    return [tag["name"] for tag in world.gist("GET", "/contacts?page=1&per_page=5")["contacts"][0]["tags"]]


def rename_in_ghl(world, name):
    world.ghl("PUT", f"/contacts/{one(world, 'ghl')['id']}", json={"firstName": name, "lastName": ""})


def rename_in_gist(world, name):
    world.gist("POST", "/contacts", json={"id": one(world, "gist")["id"], "email": "ann@example.test", "name": name})


# Sync and pull -------------------------------------------------------------------------------------------


def test_sync_now_brings_one_person_in_step(ann, world, operator):
    rename_in_ghl(world, "Anna")
    run = finish(pair_commands.sync_now(ann.known, operator))
    assert (run.kind, run.started_by, run.updated) == ("single", operator, 1)
    assert one(world, "gist")["name"] == "Anna"


@pytest.mark.parametrize(("side", "name"), [("gist", "Ann Gist"), ("ghl", "Anna")])
def test_a_pull_makes_the_other_side_say_the_same_whoever_changed_it_last(ann, world, operator, side, name):
    rename_in_gist(world, "Ann Gist")
    rename_in_ghl(world, "Anna")
    finish(pair_commands.pull_from(ann.known, side, operator))
    assert (one(world, "gist")["name"], one(world, "ghl")["firstName"]) == (name, name.split()[0])


def test_a_pull_overrides_the_owner_rule_and_settles_the_question(ann, world, operator):
    type(ann.link).objects.update(conflict="ask")
    rename_in_gist(world, "Ann Gist"), rename_in_ghl(world, "Anna")
    sync(ann.link, "incremental")
    assert Question.objects.filter(closed_at=None).count() == 1
    finish(pair_commands.pull_from(ann.known, "ghl", operator))
    assert one(world, "gist")["name"] == "Anna"
    assert not Question.objects.filter(closed_at=None).exists()


def test_a_pull_makes_tags_equal_and_erases_nothing_with_blanks(ann, world, operator):
    world.ghl("POST", f"/contacts/{ann.ghl_id}/tags", json={"tags": ["only-ghl"]})
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"phone": "+12125550100"})
    finish(pair_commands.pull_from(ann.known, "gist", operator))
    assert tags(world, "ghl") == tags(world, "gist") == ["vip"]
    assert one(world, "ghl")["phone"] == "+12125550100"


def test_after_a_pull_both_are_in_step(ann, world, operator):
    rename_in_ghl(world, "Anna")
    finish(pair_commands.pull_from(ann.known, "gist", operator))
    world.forget_calls()
    assert sync(ann.link, "full").unchanged == 1
    assert one(world, "ghl")["firstName"] == "Ann"


def test_a_pull_leaves_other_people_of_the_run_alone(ann, world, operator):
    """Somebody heard of while the pull runs is decided by the rules."""
    from django.utils import timezone

    from integration.models import PendingRead

    bob = world.gist_contact(email="bob@example.test", name="Bob")
    sync(ann.link, "full")
    ghl_bob = Pair.objects.get(gist_id=str(bob["id"])).ghl_id
    world.ghl("PUT", f"/contacts/{ghl_bob}", json={"firstName": "Robert"})
    now = timezone.now()
    PendingRead.objects.create(link=ann.link, side="ghl", external_id=ghl_bob, first_at=now, due_at=now)
    finish(pair_commands.pull_from(ann.known, "gist", operator))
    assert "Robert" in [contact["name"] for contact in world.everyone("gist")]


# Hold and unlink -----------------------------------------------------------------------------------------


def test_on_hold_nothing_is_written_until_released(ann, world, operator):
    assert pair_commands.hold_person(ann.known, operator).message == "Ann Lee was put on hold."
    rename_in_ghl(world, "Anna")
    sync(ann.link, "full")
    assert one(world, "gist")["name"] == "Ann Lee"
    pair_commands.release_person(ann.known, operator)
    sync(ann.link, "incremental")
    assert one(world, "gist")["name"] == "Anna"
    assert [entry.reason for entry in LogEntry.objects.filter(run__trigger="page").order_by("pk")] == [
        "held",
        "released",
    ]


def test_on_hold_syncing_and_pulling_are_refused_with_what_to_do(ann, operator):
    pair_commands.hold_person(ann.known, operator)
    for act in (
        lambda: pair_commands.sync_now(ann.known, operator),
        lambda: pair_commands.pull_from(ann.known, "gist", operator),
    ):
        with pytest.raises(SetupError, match="is on hold"):
            act()


def test_unlinked_both_stay_and_nobody_is_created_again(ann, world, operator):
    pair_commands.unlink_records(ann.known, operator)
    rename_in_ghl(world, "Anna")
    for kind in ("incremental", "full"):
        sync(ann.link, kind)
    assert one(world, "gist")["name"] == "Ann Lee"
    assert one(world, "ghl")["firstName"] == "Anna"
    assert Pair.objects.get().state == "unlinked"


def test_what_was_done_meanwhile_is_not_done_twice(ann, operator):
    before = ann.known
    pair_commands.unlink_records(ann.known, operator)
    with pytest.raises(SetupError, match="is unlinked by now"):
        pair_commands.hold_person(before, operator)


# Linking -------------------------------------------------------------------------------------------------


@pytest.fixture
def loose(world, link):
    """Bea in Gist and Beatrice in GHL: the same person under two addresses, on a link that creates nobody."""
    type(link).objects.update(mode="watch")
    bea = world.gist_contact(email="bea@example.test", name="Bea")
    beatrice = world.ghl_contact(email="beatrice@example.test", firstName="Beatrice")
    sync(link, "full")
    type(link).objects.update(mode="live")
    link.refresh_from_db()
    return str(bea["id"]), beatrice["id"]


def test_two_loose_records_become_one_person_and_are_compared(world, link, loose, operator):
    gist_id, ghl_id = loose
    entry = pair_commands.join_records(find_by_id(link, "gist", gist_id), "gist", ghl_id, operator)
    assert entry.message == "Bea in Gist and Beatrice in GHL are one person now."
    finish(Run.objects.get(kind="single", trigger="person"))
    assert Pair.objects.get().state == "linked"
    assert one(world, "gist")["email"] == one(world, "ghl")["email"]


def test_a_record_nobody_read_yet_is_read_and_linked(world, link, operator):
    ann = world.gist_contact(email="ann@example.test", name="Ann")
    other = world.ghl_contact(firstName="Ann", phone="+12125550100")
    pair_commands.join_records(find_by_id(link, "gist", str(ann["id"])), "gist", other["id"], operator)
    assert Pair.objects.get().ghl_id == other["id"]


def test_somebody_else_s_half_is_refused(ann, world, operator):
    bob = world.gist_contact(email="bob@example.test", name="Bob")
    with pytest.raises(SetupError, match=r"Ann Lee in GHL is \d+ in Gist already"):
        pair_commands.join_records(find_by_id(ann.link, "gist", str(bob["id"])), "gist", ann.ghl_id, operator)
    assert Pair.objects.get().state == "linked"


def test_an_id_that_does_not_exist_is_refused(ann, world, operator):
    bob = world.gist_contact(email="bob@example.test", name="Bob")
    with pytest.raises(SetupError, match="GHL has no contact nobody123"):
        pair_commands.join_records(find_by_id(ann.link, "gist", str(bob["id"])), "gist", "nobody123", operator)


def test_unlinked_records_can_be_linked_again(ann, operator):
    who = ann.known
    pair_commands.unlink_records(who, operator)
    entry = pair_commands.join_records(ann.known, "gist", ann.ghl_id, operator)
    assert "Without a counterpart" not in entry.message
    assert (ann.known.pair.state, ann.known.ids) == ("linked", who.ids)


def test_an_unlinked_record_can_be_linked_to_another_and_says_who_is_left(ann, world, operator):
    other = world.ghl_contact(firstName="Ann", lastName="New", phone="+12125550100")
    pair_commands.unlink_records(ann.known, operator)
    entry = pair_commands.join_records(ann.known, "gist", other["id"], operator)
    assert f"Without a counterpart now: {ann.ghl_id} in GHL." in entry.message
    assert Pair.objects.get().ghl_id == other["id"]
    assert Snapshot.objects.get(external_id=ann.ghl_id).pair is None


# Deleting ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["gist", "ghl"])
def test_a_record_is_deleted_on_one_side_and_nobody_creates_it_again(ann, world, operator, side):
    type(ann.link).objects.update(deletes="propagate")
    entry = pair_commands.delete_on_side(ann.known, side, "Ann@Example.test", operator)
    assert entry.message == f"Ann Lee was deleted in {'Gist' if side == 'gist' else 'GHL'}."
    assert ann.known.pair.state == "one_gone"
    sync(ann.link, "full")
    assert {name: len(world.everyone(name)) for name in ("gist", "ghl")} == {"gist": 1, "ghl": 1} | {side: 0}


def test_deleted_on_both_sides_nothing_is_left(ann, world, operator):
    pair_commands.delete_on_side(ann.known, "gist", "Ann Lee", operator)
    pair_commands.delete_on_side(ann.known, "ghl", "Ann Lee", operator)
    assert Pair.objects.get().state == "deleted"
    assert not Snapshot.objects.exists()
    sync(ann.link, "full")
    assert world.everyone("gist") == world.everyone("ghl") == []


def test_deleting_the_same_side_twice_leaves_the_other_half_known(ann, world, operator):
    pair_commands.delete_on_side(ann.known, "ghl", "Ann Lee", operator)
    entry = pair_commands.delete_on_side(ann.known, "ghl", "Ann Lee", operator)
    assert entry.message == "Ann Lee was deleted already in GHL."
    assert Pair.objects.get().state == "one_gone"
    assert Snapshot.objects.filter(side="gist").exists()
    assert len(world.everyone("gist")) == 1


@pytest.mark.parametrize("typed", ["", "ann", "yes", "bob@example.test"])
def test_without_the_right_words_nothing_is_deleted(ann, world, operator, typed):
    with pytest.raises(SetupError, match="Nothing was deleted"):
        pair_commands.delete_on_side(ann.known, "ghl", typed, operator)
    assert len(world.everyone("ghl")) == 1


def test_a_deletion_that_is_refused_leaves_the_pair_as_it_was(ann, world, operator, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.fault({"side": "ghl", "kind": "500", "method": "DELETE", "rate": 1})
    with pytest.raises(ProviderError):
        pair_commands.delete_on_side(ann.known, "ghl", "ann@example.test", operator)
    assert (ann.known.pair.state, len(world.everyone("ghl"))) == ("linked", 1)
    assert LogEntry.objects.latest("pk").outcome == "failed"


def test_the_tombstone_stands_before_the_call_is_sent(ann, operator, monkeypatch):
    seen = []
    monkeypatch.setattr(pair_commands, "_send_delete", lambda *args: seen.append(Pair.objects.get().state) or [])
    pair_commands.delete_on_side(ann.known, "gist", "ann@example.test", operator)
    assert seen == ["one_gone"]


def test_a_lone_contact_that_is_deleted_is_forgotten(world, link, loose, operator):
    gist_id, _ = loose
    pair_commands.delete_on_side(find_by_id(link, "gist", gist_id), "gist", "bea@example.test", operator)
    assert not Snapshot.objects.filter(side="gist").exists()
    assert world.everyone("gist") == []


def test_while_a_link_only_watches_nobody_is_deleted(ann, world, operator):
    ann.link.mode = "watch"
    with pytest.raises(SetupError, match="only watches"):
        pair_commands.delete_on_side(ann.known, "ghl", "ann@example.test", operator)


def test_while_a_link_only_watches_nobody_is_linked(world, link, loose, operator):
    gist_id, ghl_id = loose
    link.mode = "watch"
    with pytest.raises(SetupError, match="only watches"):
        pair_commands.join_records(find_by_id(link, "gist", gist_id), "gist", ghl_id, operator)
    assert not Pair.objects.exists()


def test_on_hold_a_deletion_that_is_reported_is_not_followed(ann, world, operator):
    ann.link.deletes = "propagate"
    ann.link.save()
    pair_commands.hold_person(ann.known, operator)
    gone = one(world, "gist")["id"]
    world.gist("DELETE", f"/contacts/{gone}")
    verify_missing(ann.link, "gist", [str(gone)])
    sync(ann.link, "incremental")
    assert (len(world.everyone("ghl")), Pair.objects.get().state) == (1, "held")
