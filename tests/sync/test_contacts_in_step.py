"""The main job: contacts end equal on both sides, each once, and every count has its reason."""

import pytest
from django.utils import timezone

from integration.mapping.versions import save_version
from integration.models import LogEntry, Pair, PendingRead, Snapshot
from integration.runs.finish import forget_unseen
from integration.runs.start import start_run
from tests.conftest import MAPPING
from tests.world import sync


def names(world, side):
    return sorted(
        one.get("name") or f"{one.get('firstName', '')} {one.get('lastName', '')}".strip()
        for one in world.everyone(side)
    )


def test_people_of_gist_are_created_in_ghl_with_all_mapped_fields(world, link):
    world.gist_contact(
        email="Ann@Example.test",
        name="Ann Lee",
        phone="(415) 555-2671",
        tags=["VIP"],
        custom_properties={"plan": "pro"},
    )
    run = sync(link)
    (ann,) = world.everyone("ghl")
    assert (run.status, run.created) == ("succeeded", 1)
    assert (ann["firstName"], ann["lastName"], ann["phone"], ann["tags"]) == ("Ann", "Lee", "+14155552671", ["vip"])
    assert ann["email"].lower() == "ann@example.test"
    assert [field["value"] for field in ann["customFields"]] == ["pro"]


def test_people_of_ghl_are_created_in_gist(world, link):
    world.ghl_contact(firstName="Bob", lastName="Ray", email="bob@example.test", tags=["lead"])
    assert sync(link).created == 1
    (bob,) = world.everyone("gist")
    assert (bob["name"], bob["email"], [tag["name"] for tag in bob["tags"]]) == (
        "Bob Ray",
        "bob@example.test",
        ["lead"],
    )


def test_the_same_person_on_both_sides_becomes_a_pair_whatever_the_case_of_the_address(world, link):
    world.gist_contact(email="ANN@example.test", name="Ann Lee")
    world.ghl_contact(firstName="Ann", lastName="Lee", email="ann@example.test")
    run = sync(link)
    assert (run.created, run.unchanged) == (0, 1)
    assert Pair.objects.filter(link=link).count() == 1


def test_people_are_matched_by_phone_when_there_is_no_address(world, link):
    world.gist_contact(user_id="u1", name="Ann Lee", phone="(415) 555-2671")
    world.ghl_contact(firstName="Ann", lastName="Lee", phone="+14155552671")
    run = sync(link)
    assert (run.created, Pair.objects.filter(link=link).count()) == (0, 1)


def test_two_people_with_one_phone_and_two_addresses_stay_two(world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone="+14155552671")
    world.ghl_contact(firstName="Bob", lastName="Lee", email="bob@example.test", phone="+14155552671")
    run = sync(link)
    assert Pair.objects.filter(link=link, gist_id__in=[], ghl_id__in=[]).count() == 0
    assert "bob@example.test" in world.emails("gist")
    assert run.created + run.failed == 2


def test_an_ambiguous_person_is_never_guessed(world, link):
    world.gist_contact(user_id="u1", name="Ann Lee", phone="+14155552671")
    world.gist_contact(user_id="u2", name="Ann L", phone="+14155552671")
    world.ghl_contact(firstName="Ann", lastName="Lee", phone="+14155552671")
    run = sync(link)
    assert (run.created, run.skipped) == (0, 3)
    assert Pair.objects.count() == 0
    entry = LogEntry.objects.filter(reason="ambiguous").first()
    assert "share the phone number" in entry.message


def test_a_second_run_finds_everything_unchanged_and_writes_no_log(world, link):
    for number in range(5):
        world.gist_contact(email=f"p{number}@example.test", name=f"Person {number}")
    sync(link)
    before = LogEntry.objects.count()
    for kind in ("incremental", "full"):
        again = sync(link, kind)
        assert (again.created, again.updated, again.unchanged, again.examined) == (0, 0, 5, 5)
    assert LogEntry.objects.count() == before


def test_an_edit_in_gist_is_carried_over_once(world, link):
    ann = world.gist_contact(email="ann@example.test", name="Ann Lee")
    sync(link)
    world.gist("POST", "/contacts", json={"id": ann["id"], "email": "ann@example.test", "name": "Ann Ray"})
    assert sync(link, "incremental").updated == 1
    assert names(world, "ghl") == ["Ann Ray"]
    assert sync(link, "incremental").updated == 0


def test_an_edit_in_ghl_is_carried_back(world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    sync(link)
    (ann,) = world.everyone("ghl")
    world.ghl("PUT", f"/contacts/{ann['id']}", json={"lastName": "Ray"})
    assert sync(link, "incremental").updated == 1
    assert names(world, "gist") == ["Ann Ray"]


def test_tags_move_by_difference_in_both_directions(world, link):
    ann = world.gist_contact(email="ann@example.test", name="Ann", tags=["one", "two"])
    sync(link)
    (there,) = world.everyone("ghl")
    world.ghl("POST", f"/contacts/{there['id']}/tags", json={"tags": ["three"]})
    world.gist("POST", "/tags", json={"name": "two", "contacts": [{"id": ann["id"], "untag": True}]})
    sync(link, "full")
    (there,), (here,) = world.everyone("ghl"), world.everyone("gist")
    assert sorted(there["tags"]) == ["one", "three"]
    assert sorted(tag["name"] for tag in here["tags"]) == ["one", "three"]


@pytest.mark.parametrize("direction", ["gist_to_ghl", "ghl_to_gist"])
def test_a_one_way_link_never_writes_the_other_way(world, link, direction):
    link.direction = direction
    link.save()
    world.gist_contact(email="ann@example.test", name="Ann")
    world.ghl_contact(firstName="Bob", email="bob@example.test")
    run = sync(link)
    assert (run.created, run.skipped) == (1, 1)
    source, target = ("gist", "ghl") if direction == "gist_to_ghl" else ("ghl", "gist")
    assert len(world.everyone(source)) == 1
    assert len(world.everyone(target)) == 2
    again = sync(link)
    assert (again.created, again.unchanged, again.skipped) == (0, 1, 1)


def test_someone_without_an_address_reaches_gist_under_a_user_id(world, link):
    bob = world.ghl_contact(firstName="Bob", phone="+14155552671")
    sync(link)
    (there,) = world.everyone("gist")
    assert there["user_id"] == f"ghl_{bob['id']}"


def test_a_dry_run_plans_everything_and_writes_nothing(world, link):
    world.gist_contact(email="ann@example.test", name="Ann")
    run = sync(link, dry_run=True)
    assert (run.created, world.everyone("ghl")) == (1, [])
    entry = run.entries.get()
    assert (entry.outcome, entry.planned) == ("created", True)
    assert sync(link).created == 1


def test_a_dry_run_moves_no_mark_and_leaves_what_was_reported_to_a_real_one(world, link):
    bob = world.ghl_contact(firstName="Bob", email="bob@example.test")
    now = timezone.now()
    PendingRead.objects.create(link=link, side="ghl", external_id=bob["id"], first_at=now, due_at=now)
    sync(link, dry_run=True)
    link.refresh_from_db()
    assert (link.cursors, link.full_run_at) == ({}, None)
    assert (PendingRead.objects.count(), world.everyone("gist")) == (1, [])


def test_a_read_of_everybody_forgets_only_whom_nobody_is_paired_with(world, link):
    world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    Snapshot.objects.create(link=link, side="ghl", external_id="lone")
    pair = Pair.objects.get()
    run = start_run(link)
    forget_unseen(run, "ghl")
    assert set(Snapshot.objects.filter(side="ghl").values_list("external_id", flat=True)) == {pair.ghl_id}


def test_a_watching_link_writes_nothing(world, link):
    link.mode = "watch"
    link.save()
    world.gist_contact(email="ann@example.test", name="Ann")
    assert sync(link).dry_run
    assert world.everyone("ghl") == []


def test_new_rules_are_applied_to_people_decided_before(world, link):
    world.gist_contact(email="ann@example.test", name="Ann", custom_properties={"city": "Bonn"})
    sync(link)
    save_version(link, [*MAPPING, {"gist": "custom_properties.city", "ghl": "city", "direction": "gist_to_ghl"}])
    assert sync(link, "incremental").updated == 1
    (ann,) = world.everyone("ghl")
    assert ann["city"] == "Bonn"


def test_someone_who_is_gone_on_one_side_is_told_and_not_created_again(world, link):
    world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    (ann,) = world.everyone("ghl")
    world.ghl("DELETE", f"/contacts/{ann['id']}")
    run = sync(link, "full")
    assert (run.created, run.skipped) == (0, 1)
    assert run.entries.get().reason == "deleted_there"
    assert world.everyone("ghl") == []


def test_an_edit_for_someone_deleted_on_the_other_side_is_settled(world, link):
    ann = world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    (there,) = world.everyone("ghl")
    world.ghl("DELETE", f"/contacts/{there['id']}")
    world.gist("POST", "/contacts", json={"id": ann["id"], "email": "ann@example.test", "name": "Anna"})
    run = sync(link, "incremental")
    assert (run.failed, run.skipped, run.entries.get().reason) == (0, 1, "gone")
    world.forget_calls()
    sync(link, "incremental")
    assert "PUT /contacts/{contactId}" not in world.control("GET", "calls")["ghl"]["by_operation"]


def test_awkward_people_arrive_unharmed(world, link):
    awkward = ["<script>alert(1)</script>", "😀 Zoë", "שרה כהן", "O'Brien, Jr.", "N" * 200]
    for number, name in enumerate(awkward):
        world.gist_contact(email=f"a{number}@example.test", name=name)
    run = sync(link)
    assert run.created == len(awkward)
    assert names(world, "ghl") == sorted(awkward)
