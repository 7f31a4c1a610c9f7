"""Links that create nobody on a side, and links that create who is new and change nobody, whatever looks at people."""

import json

import pytest

from integration.models import Connection, InboxEvent, Link, LogEntry, Pair
from integration.runs.recover import process_name
from integration.runs.start import sync_person
from integration.sync.parity import parity_of
from integration.webhooks.process import process_link
from tests.world import finish, sync

SIDES = ("gist", "ghl")


def only_on(world, side, name, **fields):
    email = f"{name.lower()}@example.test"
    if side == "gist":
        return world.gist_contact(email=email, name=name, **fields)
    return world.ghl_contact(email=email, firstName=name, **fields)


def report(link, side, contact):
    """The webhook about a contact."""
    body = {"contact": {"id": contact["id"]}}
    if side == "ghl":
        body = {"type": "ContactCreate", "locationId": link.ghl.account_id, "id": contact["id"]}
    InboxEvent.objects.create(
        provider=side, topic="contact_created" if side == "gist" else "ContactCreate",
        connection=link.connection(side), account=body.get("locationId", ""), body=json.dumps(body).encode(),
    )  # fmt: skip
    process_link(link.pk, process_name(), 10)


def look_again(world, link, way, side, contact):
    """Have the link look at this contact of `side` in one of the ways there are."""
    if way == "live":
        report(link, side, contact)
    elif way == "single":
        finish(sync_person(link, {side: contact["id"]}))
    else:
        sync(link, way)


def people(world):
    """Everybody's first names, by side."""
    gist = sorted(one["name"].split()[0] for one in world.everyone("gist"))
    return gist, sorted(one["firstName"] for one in world.everyone("ghl"))


# Creating nobody on a side --------------------------------------------------------------------------------


WAYS = ("full", "incremental", "sweep", "live", "single")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("create_on", "made"), [("both", 2), ("gist", 1), ("ghl", 1), ("none", 0)])
def test_a_link_creates_on_the_sides_it_may_and_says_why_not_elsewhere(world, link, way, create_on, made):
    Link.objects.update(create_on=create_on, merge_seconds=0)
    sync(link)
    for side, name in (("gist", "Ann"), ("ghl", "Bob")):
        look_again(world, link, way, side, only_on(world, side, name))
    gist = ["Ann", "Bob"] if create_on in ("both", "gist") else ["Ann"]
    ghl = ["Ann", "Bob"] if create_on in ("both", "ghl") else ["Bob"]
    assert people(world) == (gist, ghl)
    left = LogEntry.objects.filter(reason="create_off", outcome="skipped").values_list("label", flat=True)
    assert (len(set(left)), Pair.objects.count()) == (2 - made, made)


def test_a_plan_says_what_the_real_run_does(world, link):
    Link.objects.update(create_on="ghl")
    only_on(world, "gist", "Ann")
    only_on(world, "ghl", "Bob")
    planned, done = sync(link, dry_run=True), sync(link)
    assert (planned.created, planned.skipped) == (done.created, done.skipped) == (1, 1)
    assert "creates nobody in Gist" in done.entries.get(reason="create_off").message


def test_who_is_not_created_is_said_once_and_paired_as_soon_as_somebody_makes_the_contact(world, link):
    Link.objects.update(create_on="none")
    ann = only_on(world, "gist", "Ann")
    sync(link)
    assert not sync(link).entries.exists()
    only_on(world, "ghl", "Ann", lastName="Lee")
    sync(link)
    assert Pair.objects.get().gist_id == str(ann["id"])


def test_who_is_on_both_sides_is_kept_in_step_all_the_same(world, link, ann):
    Link.objects.update(create_on="none")
    (here,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": here["id"], "email": here["email"], "name": "Anna Lee"})
    sync(link, "incremental")
    assert people(world) == (["Anna"], ["Anna"])


def test_who_was_not_created_is_created_once_the_link_may(world, link):
    Link.objects.update(create_on="none")
    only_on(world, "gist", "Ann")
    sync(link)
    Link.objects.update(create_on="both")
    sync(link, "incremental")
    assert people(world) == (["Ann"], ["Ann"])


def test_who_is_not_to_be_created_is_not_missing(world, link):
    Link.objects.update(create_on="none")
    only_on(world, "gist", "Ann")
    sync(link)
    assert (parity_of([link.pk])[link.pk].missing, parity_of([link.pk])[link.pk].not_meant) == (0, 1)


# Creating who is new and changing nobody ------------------------------------------------------------------


@pytest.fixture
def new_only(link):
    Link.objects.update(mode="new_only", merge_seconds=0)
    link.refresh_from_db()
    return link


def differ(world):
    """Ann on both sides, with values that differ."""
    ann = world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["vip"])
    return ann, world.ghl_contact(email="ann@example.test", firstName="Annie", lastName="Lee")


@pytest.mark.parametrize("way", WAYS)
def test_a_link_for_new_people_creates_them_on_both_sides_and_changes_nobody(world, new_only, way):
    ann, _ = differ(world)
    sync(new_only)
    before = {side: world.everyone(side) for side in SIDES}
    look_again(world, new_only, way, "gist", ann)
    for side, name in (("gist", "Cid"), ("ghl", "Dot")):
        look_again(world, new_only, way, side, only_on(world, side, name))
    assert people(world) == (["Ann", "Cid", "Dot"], ["Annie", "Cid", "Dot"])
    assert all(one in world.everyone(side) for side in SIDES for one in before[side])
    assert LogEntry.objects.filter(reason="new_only", outcome="skipped").exists()


def test_what_differed_meanwhile_is_merged_once_the_link_is_live(world, new_only):
    differ(world)
    sync(new_only)
    only_on(world, "gist", "Cid")
    sync(new_only, "incremental")
    (cid,) = [one for one in world.everyone("gist") if one["name"] == "Cid"]
    world.gist("POST", "/contacts", json={"id": cid["id"], "email": cid["email"], "name": "Cyd"})
    sync(new_only, "incremental")
    assert people(world)[1] == ["Annie", "Cid"]
    Link.objects.update(mode="live")
    sync(new_only, "incremental")
    gist, ghl = people(world)
    assert (gist, "Cyd" in ghl) == (ghl, True)


@pytest.mark.parametrize("allow", [True, False])
def test_somebody_who_was_there_all_along_is_paired_and_not_written(world, new_only, allow):
    """GHL has Ann, and the run did not read her: creating finds her."""
    sync(new_only)
    Connection.objects.filter(provider="ghl").update(settings={"allow_duplicates": allow, "timezone": ""})
    ann, there = differ(world)
    report(new_only, "gist", ann)
    assert (Pair.objects.get().ghl_id, people(world)) == (there["id"], (["Ann"], ["Annie"]))
    Link.objects.update(mode="live")
    sync(new_only)
    gist, ghl = people(world)
    assert gist == ghl


def test_what_was_said_is_said_once_and_parity_tells_the_truth(world, new_only):
    differ(world)
    sync(new_only)
    assert not sync(new_only).entries.exists()
    parity = parity_of([new_only.pk])[new_only.pk]
    assert (parity.differs, parity.equal) == (1, 0)


def test_a_rule_that_deletes_deletes_nobody(world, new_only):
    Link.objects.update(deletes="propagate")
    ann, there = differ(world)
    sync(new_only)
    world.gist("DELETE", f"/contacts/{ann['id']}")
    sync(new_only)
    sync(new_only)
    assert [one["id"] for one in world.everyone("ghl")] == [there["id"]]


def test_an_opt_out_goes_along_with_a_new_contact_and_is_left_alone_on_others(world, new_only):
    differ(world)
    (ann,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": ann["id"], "email": ann["email"], "unsubscribed_from_emails": True})
    new = only_on(world, "gist", "Cid")
    world.gist("POST", "/contacts", json={"id": new["id"], "email": new["email"], "unsubscribed_from_emails": True})
    sync(new_only)
    stopped = {one["firstName"]: bool(one.get("dnd") or one.get("dndSettings")) for one in world.everyone("ghl")}
    assert stopped == {"Annie": False, "Cid": True}
