"""One Gist workspace, two GHL locations: each link takes its own people only, whatever makes it look at them."""

import json

import pytest

from integration.mapping.filters import check_filter
from integration.mapping.versions import save_version
from integration.models import Connection, Execution, InboxEvent, Link, LogEntry, Pair, PendingRead, Question, Snapshot
from integration.records import is_opted_out
from integration.runs.recover import process_name
from integration.runs.schedule import start_due_retries
from integration.runs.start import retry_entry, sync_person
from integration.sync.parity import parity_of
from integration.twin import worlds
from integration.webhooks.process import process_link
from integration.webhooks.unpack import unpack_events
from integration.workflows import versions
from integration.workflows.templates import from_setup
from tests.conftest import MAPPING
from tests.sync.hands import fail
from tests.world import World, finish, sync


def tagged(tag):
    return {"match": "all", "conditions": [{"field": "tags", "op": "is", "value": tag}]}


def set_filter(link, side="gist", wanted=None):
    setattr(link, f"{side}_filter", check_filter(side, wanted))
    link.save()


@pytest.fixture
def link(link) -> Link:
    """Of location Alder: Gist's contacts with the tag clinic-a."""
    link.merge_seconds = 0
    set_filter(link, "gist", tagged("clinic-a"))
    return link


@pytest.fixture
def beside(world, link) -> World:
    """Location Bluefin, on the same Gist workspace."""
    return World(worlds.LOCATION_IDS["bluefin"], world.workspace, world.api_key, worlds.PRIVATE_TOKENS["bluefin"])


@pytest.fixture
def other(link, beside) -> Link:
    """Of location Bluefin: Gist's contacts with the tag clinic-b."""
    ghl = Connection.objects.create(
        key="bluefin", name="Bluefin GHL", provider="ghl", sandbox=True, status="ok",
        account_id=beside.location, credentials={"private_token": beside.private_token},
    )  # fmt: skip
    made = Link.objects.create(key="bluefin", name="Bluefin", gist=link.gist, ghl=ghl, merge_seconds=0)
    save_version(made, MAPPING)
    set_filter(made, "gist", tagged("clinic-b"))
    return made


def person(world, name, *tags, **fields):
    return world.gist_contact(email=f"{name.lower()}@example.test", name=name, tags=list(tags), **fields)


def retag(world, contact, *, add=(), off=()):
    if add:
        world.gist("POST", "/contacts", json={"id": contact["id"], "email": contact["email"], "tags": list(add)})
    for tag in off:
        body = {"name": tag, "contacts": [{"id": contact["id"], "untag": True}]}
        world.gist("POST", "/tags", json=body)


def hear(link, contact):
    """Gist says that this contact changed; both of its links are told."""
    InboxEvent.objects.create(
        provider="gist", topic="contact_updated", connection=link.gist,
        body=json.dumps({"contact": {"id": contact["id"]}}).encode(),
    )  # fmt: skip


def go(*links):
    for link in links:
        process_link(link.pk, process_name(), 10)


def names(world):
    return sorted(one["firstName"] for one in world.everyone("ghl"))


@pytest.mark.parametrize("kind", ["full", "incremental", "sweep"])
def test_each_location_gets_its_own_people_by_a_run(kind, world, beside, link, other):
    sync(link)
    sync(other)
    person(world, "Ann", "clinic-a")
    person(world, "Bob", "clinic-b")
    person(world, "Cid", "clinic-a", "clinic-b")
    person(world, "Dot")
    for one in (link, other):
        run = sync(one, kind)
        assert (run.created, run.skipped, run.is_balanced) == (2, 2, True)
    assert (names(world), names(beside)) == (["Ann", "Cid"], ["Bob", "Cid"])
    left = LogEntry.objects.filter(link=link, reason="filtered").values_list("label", "outcome")
    assert set(left) == {("Bob", "skipped"), ("Dot", "skipped")}
    assert "“clinic-a”" in LogEntry.objects.filter(reason="filtered", link=link)[0].message
    again = sync(link, kind)
    assert (again.created, again.updated) == (0, 0)
    assert not again.entries.exists()  # Said once, not by each run.


def test_each_location_gets_its_own_people_live(world, beside, link, other):
    sync(link)
    sync(other)
    for contact in (person(world, "Ann", "clinic-a"), person(world, "Bob", "clinic-b"), person(world, "Dot")):
        hear(link, contact)
    go(link, other)
    assert (names(world), names(beside)) == (["Ann"], ["Bob"])


def test_each_location_gets_its_own_people_by_a_single_sync_which_says_so_each_time(world, link):
    bob = person(world, "Bob", "clinic-b")
    for _ in range(2):
        run = finish(sync_person(link, {"gist": str(bob["id"]), "ghl": ""}))
        assert run.entries.get().reason == "filtered"
    assert names(world) == []


def test_a_retry_leaves_out_who_fails_the_filter_by_then_and_settles_the_failure(world, link, one_try):
    ann = person(world, "Ann", "clinic-a")
    fail(world, "ghl", "POST", "/contacts/$")
    run = sync(link)
    world.fault()
    retag(world, ann, off=["clinic-a"])
    assert run.failed == 1
    failed = run.entries.get(outcome="failed")
    finish(retry_entry(failed))
    failed.refresh_from_db()
    assert (names(world), failed.resolved_at is not None) == ([], True)


def test_a_failed_pair_that_is_left_out_by_then_is_not_tried_again_and_again(world, link, one_try):
    ann = person(world, "Ann", "clinic-a")
    sync(link)
    world.gist("POST", "/contacts", json={"id": ann["id"], "email": ann["email"], "name": "Anna"})
    fail(world, "ghl", "PUT", "/contacts/")
    assert sync(link, "incremental").failed == 1
    world.fault()
    retag(world, ann, off=["clinic-a"])
    sync(link)
    Snapshot.objects.exclude(retry_at=None).update(retry_at="2020-01-01T00:00:00Z")
    assert start_due_retries() == 0
    retag(world, ann, add=["clinic-a"])
    sync(link, "incremental")
    assert names(world) == ["Anna"]


def test_an_edit_by_which_somebody_passes_makes_them_a_new_person(world, link):
    bob = person(world, "Bob", "clinic-b")
    sync(link)
    retag(world, bob, add=["clinic-a"])
    run = sync(link, "incremental")
    assert (run.created, names(world)) == (1, ["Bob"])
    assert not Snapshot.objects.filter(reason="filtered").exists()


def test_a_pair_that_fails_is_kept_and_nothing_is_written_for_it_until_it_passes(world, link):
    ann = person(world, "Ann", "clinic-a")
    sync(link)
    there = world.everyone("ghl")[0]
    retag(world, ann, off=["clinic-a"])
    world.gist("POST", "/contacts", json={"id": ann["id"], "email": ann["email"], "name": "Anna"})
    run = sync(link, "incremental")
    assert (run.updated, run.entries.get().reason, names(world)) == (0, "filtered", ["Ann"])
    world.ghl("PUT", f"/contacts/{there['id']}", json={"phone": "+12125550101"})
    for kind in ("incremental", "full"):
        assert not sync(link, kind).entries.exists()
    assert (Pair.objects.get().state, world.everyone("gist")[0]["phone"]) == ("linked", None)
    retag(world, ann, add=["clinic-a"])
    sync(link, "incremental")
    # The edits of both sides were kept for this moment.
    assert (names(world), world.everyone("gist")[0]["phone"]) == (["Anna"], "+12125550101")


def test_a_person_on_both_sides_who_passes_on_neither_is_not_paired_and_asked_about(world, link):
    person(world, "Bob", "clinic-b", phone="+12125550101")
    world.ghl_contact(firstName="Bob", email="bob@example.test", tags=["own"])
    run = sync(link)
    assert (Pair.objects.count(), Question.objects.count(), run.created, run.updated) == (0, 0, 0, 0)
    # GHL's Bob is not made in Gist either: Gist finds by address, and would write over the other clinic's Bob.
    assert world.everyone("gist")[0]["tags"][0]["name"] == "clinic-b"
    assert set(LogEntry.objects.values_list("reason", flat=True)) == {"filtered"}
    messages = " ".join(LogEntry.objects.values_list("message", flat=True))
    assert "has this e-mail address, and the link's filter for Gist does not take that contact" in messages


def test_a_live_read_finds_the_other_clinics_contact_and_does_not_write_over_it(world, link, ghl):
    sync(link)
    bob = person(world, "Bob", "clinic-b")
    there = world.ghl_contact(firstName="Robert", email="bob@example.test")
    InboxEvent.objects.create(
        provider="ghl", topic="ContactCreate", connection=ghl, body=json.dumps({"id": there["id"]}).encode()
    )
    go(link)
    assert world.gist("GET", f"/contacts/{bob['id']}")["contact"]["name"] == "Bob"
    assert LogEntry.objects.get().reason == "filtered"


def test_who_is_left_out_is_no_rival_of_somebody_who_is_taken(world, link):
    person(world, "Bob", "clinic-b", phone="+12125550101")
    world.gist_contact(user_id="ann-1", name="Ann", phone="+12125550101", tags=["clinic-a"])
    world.ghl_contact(firstName="Ann", phone="+12125550101")
    sync(link)
    assert (Pair.objects.get().label, Question.objects.count()) == ("Ann", 0)


def test_a_contact_made_in_gist_gets_the_tag_that_the_filter_asks_for(world, beside, link, other):
    world.ghl_contact(firstName="Eve", email="eve@example.test", tags=["new"])
    assert sync(link).created == 1
    eve = world.everyone("gist")[0]
    assert {tag["name"] for tag in eve["tags"]} == {"new", "clinic-a"}
    assert set(world.everyone("ghl")[0]["tags"]) == {"new", "clinic-a"}
    sync(other)
    assert (names(beside), sync(link).updated) == ([], 0)


def test_nobody_is_made_who_would_be_left_out_at_once(world, link):
    set_filter(link, "gist", {"conditions": [{"field": "segments", "op": "is", "value": "VIP"}]})
    world.ghl_contact(firstName="Eve", email="eve@example.test")
    run = sync(link)
    assert (run.entries.get().reason, world.everyone("gist")) == ("filtered", [])
    assert "A new contact would be left out again" in run.entries.get().message


def test_a_deletion_is_not_followed_for_somebody_who_is_left_out(world, link):
    link.deletes = "propagate"
    link.save()
    ann = person(world, "Ann", "clinic-a")
    sync(link)
    retag(world, ann, off=["clinic-a"])
    sync(link, "incremental")
    world.gist("DELETE", f"/contacts/{ann['id']}")
    sync(link)
    assert (names(world), Pair.objects.get().state) == (["Ann"], "one_gone")
    assert "filter" in LogEntry.objects.filter(reason="deleted_there").get().message


def test_no_workflow_begins_for_somebody_who_is_left_out(world, link):
    sync(link)
    wish = {"tasks": [{"title": "Call {{ contact.name }}"}]}
    versions.create_workflow(
        link, "welcome_new_contact", definition=from_setup("welcome_new_contact", wish), enabled=True
    )
    bob = person(world, "Bob", "clinic-b")
    hear(link, bob)
    go(link)
    sync(link, "incremental")
    assert not Execution.objects.exists()
    retag(world, bob, add=["clinic-a"])
    hear(link, bob)
    go(link)
    assert Execution.objects.get().label == "Bob"  # To this link he is new now.


def test_an_event_about_somebody_never_read_begins_nothing_when_they_are_left_out(world, link):
    sync(link)
    definition = {
        "triggers": [{"on": "gist.webhook"}],
        "actions": [{"do": "note.create", "values": {"body": "Hello"}}],
    }
    versions.create_workflow(link, "keep_in_step", definition=definition, enabled=True)
    bob = person(world, "Bob", "clinic-b")
    body = {"contact": {"id": bob["id"]}, "title": "Call back"}
    InboxEvent.objects.create(provider="gist", topic="workflow", connection=link.gist, body=json.dumps(body).encode())
    unpack_events(link)
    PendingRead.objects.all().delete()  # Nothing but the event tells of Bob.
    go(link)
    execution = Execution.objects.get()
    assert (execution.state, execution.reason) == ("skipped", "filtered")


def test_another_filter_decides_everybody_again_and_greets_nobody(world, link):
    person(world, "Ann", "clinic-a")
    person(world, "Bob", "clinic-b")
    sync(link)
    set_filter(link, "gist", tagged("clinic-b"))
    run = sync(link, "incremental")
    assert (run.created, names(world)) == (1, ["Ann", "Bob"])
    assert {one.label for one in Snapshot.objects.filter(reason="filtered", side="gist")} == {"Ann"}
    set_filter(link, "gist", None)
    sync(link, "incremental")
    assert not Snapshot.objects.filter(reason="filtered").exists()


def test_fields_that_nobody_mapped_decide_too_on_either_side(world, link):
    set_filter(link, "gist", {"conditions": [{"field": "custom_properties.clinic", "op": "is_not_blank"}]})
    set_filter(link, "ghl", {"conditions": [{"field": "city", "op": "is_not", "value": "Rome"}]})
    person(world, "Ann", custom_properties={"clinic": "a"})
    person(world, "Bob")
    world.ghl_contact(firstName="Cid", email="cid@example.test", city="rome")
    sync(link)
    assert (names(world), [one["name"] for one in world.everyone("gist")]) == (["Ann", "Cid"], ["Ann", "Bob"])


def test_a_segment_decides_with_the_next_read_of_everybody(world, link):
    set_filter(link, "gist", {"conditions": [{"field": "segments", "op": "is", "value": "VIP"}]})
    ann = person(world, "Ann")
    person(world, "Bob")
    sync(link)
    world.control("POST", "segments", {"account": world.workspace, "contact": str(ann["id"]), "names": ["Vip", "Old"]})
    assert sync(link, "sweep").created == 1
    assert names(world) == ["Ann"]


def test_who_unsubscribed_is_left_out_where_the_filter_asks_for_consent(world, link):
    set_filter(link, "gist", {"conditions": [{"field": "opt_in"}]})
    person(world, "Ann")
    person(world, "Bob", unsubscribed_from_emails=True)
    sync(link)
    assert names(world) == ["Ann"]


def test_a_run_does_not_begin_while_the_filter_names_a_field_that_ghl_lacks(world, link):
    set_filter(link, "ghl", {"conditions": [{"field": "customFields.no_such", "op": "is_blank"}]})
    person(world, "Ann", "clinic-a")
    run = sync(link)
    assert run.status == "failed"
    assert "The filter for GHL looks at “customFields.no_such”" in run.error


def test_a_dry_run_says_who_would_be_left_out(world, link):
    person(world, "Ann", "clinic-a")
    person(world, "Bob", "clinic-b")
    run = sync(link, dry_run=True)
    assert dict(run.entries.values_list("label", "reason")) == {"Ann": "new_contact", "Bob": "filtered"}


def test_parity_is_about_the_people_the_link_takes(world, link):
    person(world, "Ann", "clinic-a")
    person(world, "Bob", "clinic-b")
    sync(link)
    found = parity_of([link.pk])[link.pk]
    assert (found.equal, found.differs, found.missing) == (1, 0, 0)
    assert found.filtered == 1


def test_an_opt_out_is_carried_for_somebody_whom_the_filter_lets_go(world, link):
    """Who stops e-mails in GHL fails a filter on consent; Gist must know of it all the same."""
    link.ghl_filter = {"match": "all", "conditions": [{"field": "opt_in", "op": "is", "value": ""}]}
    link.save()
    person(world, "Ann", "clinic-a")
    sync(link)
    (there,) = world.everyone("ghl")
    world.ghl("PUT", f"/contacts/{there['id']}", json={"dndSettings": {"Email": {"status": "active"}}})
    sync(link)
    assert is_opted_out("gist", world.everyone("gist")[0])
