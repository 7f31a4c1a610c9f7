"""What fails half-way is neither lost nor taken for something else: conflicts, adoptions, pages, logins, deletions."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from integration.mapping.versions import save_version
from integration.models import Change, Connection, Execution, Link, Pair, PendingRead, Question, Run, Snapshot
from integration.people import pair_commands
from integration.people.find import find_by_id
from integration.runs import phases
from integration.runs.context import RunContext
from integration.runs.control import cancel_run
from integration.runs.schedule import start_due_retries
from integration.runs.start import retry_failed, start_run
from integration.sync.record import Recorder
from integration.workflows import versions
from tests.conftest import MAPPING
from tests.sync.hands import edit, fail, states
from tests.sync.test_trouble import assert_everyone_once, killed_after, people
from tests.world import finish, sync

pytestmark = pytest.mark.usefixtures("one_try")
TO_GHL = [{**row, "direction": "gist_to_ghl"} for row in MAPPING]


def report(link, side, external_id, **facts):
    """As when a webhook named the record."""
    now = timezone.now()
    PendingRead.objects.create(link=link, side=side, external_id=str(external_id), first_at=now, due_at=now, **facts)


def test_a_conflict_that_waits_for_a_person_survives_the_failure_of_another_field(world, link, pair):
    """The name differs on both sides, the tag goes to GHL, the phone number to Gist, which answers 500."""
    Link.objects.update(conflict="ask")
    edit(world, pair, gist={"name": "Anna Lee", "tags": ["new"]}, ghl={"firstName": "Annie", "phone": "+15550109876"})
    fail(world, "gist", "POST", "/contacts")
    run = sync(link)
    world.fault()
    finish(retry_failed(run))
    sync(link)
    assert [(one.field, one.closed_at) for one in Question.objects.all()] == [("name", None)]


def test_a_record_whose_adoption_failed_is_not_blank(world, link, monkeypatch):
    """Bo in GHL has Ann's number, so Gist's Ann becomes Bo; GHL's plan stands, and every write fails at first."""
    Link.objects.update(conflict="ghl", match=["email"])
    save_version(link, [row if "plan" in row["gist"] else {**row, "direction": "gist_to_ghl"} for row in MAPPING])
    bo = world.ghl_contact(firstName="Bo", lastName="Right", phone="+15550101234", tags=["x"])
    fields = world.ghl("GET", f"/locations/{world.location}/customFields")["customFields"]
    plan = next(one["id"] for one in fields if "plan" in one["fieldKey"])
    world.ghl("PUT", f"/contacts/{bo['id']}", json={"customFields": [{"id": plan, "field_value": "gold"}]})
    ann = {"name": "Ann Wrong", "phone": "+15550101234", "custom_properties": {"plan": "basic"}}
    world.gist_contact(email="ann@example.test", **ann)
    broken = {"path": "/contacts", "kind": "500", "rate": 1}
    world.fault({"side": "gist", "method": "POST", **broken}, {"side": "ghl", "method": "PUT", **broken})
    sync(link)
    world.fault()
    Snapshot.objects.filter(retry_at__isnull=False).update(retry_at=timezone.now() - timedelta(hours=1))
    # An incremental run does not read what has not changed since.
    monkeypatch.setattr(phases, "read_page", lambda context, side, following="": True)
    link.refresh_from_db()
    now = timezone.now().isoformat()
    Link.objects.update(cursors={**link.cursors, "gist": now, "ghl": now})
    sync(link, "incremental")
    held = world.ghl("GET", f"/contacts/{bo['id']}")["contact"]["customFields"]
    assert [one["value"] for one in held] == ["gold"]


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_a_page_that_could_not_be_stored_is_read_again(world, link, monkeypatch, kind):
    """The database is locked while the second page of Gist is stored."""
    if kind == "incremental":
        people(world, 1)
        sync(link)
        for number in range(1, 130):
            world.gist_contact(email=f"p{number:03}@example.test", name=f"Person {number}", tags=["a"])
    else:
        people(world, 130)
    run = start_run(link, kind)
    failed = locked_once(monkeypatch, 3)
    finish(run)
    assert failed
    assert_everyone_once(world, 130)


def test_a_last_page_that_could_not_be_stored_is_read_again(world, link, monkeypatch):
    """The database is locked while the last page of GHL is stored, and with it that Gist is to be read."""
    world.ghl_contact(firstName="Ann", lastName="Lee", email="ann@example.test")
    run = start_run(link)
    failed = locked_once(monkeypatch, None)
    assert finish(run).created == 1
    assert failed


def locked_once(monkeypatch, page):
    """The database is locked once, where a run goes on with this page of Gist, None for the first one."""
    real, failed = RunContext.save, []

    def save(self, *also):
        if self.run.phase == "read_gist" and (self.checkpoint.cursor or {}).get("page") == page and not failed:
            failed.append(1)
            raise OperationalError("database is locked")
        real(self, *also)

    monkeypatch.setattr(RunContext, "save", save)
    return failed


def test_what_was_written_before_a_login_broke_is_on_record(world, link, pair):
    """The name goes to GHL and arrives; for the phone number Gist refuses the login."""
    edit(world, pair, gist={"name": "Anna Lee"}, ghl={"phone": "+15550109876"})
    world.fault({"side": "gist", "method": "POST", "path": "/contacts", "kind": "expired_token", "rate": 1})
    run = sync(link)
    assert (run.status, run.error_code) == ("failed", "reconnect")
    assert states(run) == {("ghl", "name"): "applied", ("gist", "phone"): "failed"}
    world.fault()
    Connection.objects.update(status="ok")
    sync(link)
    assert world.everyone("gist")[0]["phone"] == "+15550109876"


def test_a_pull_that_failed_is_a_pull_when_it_is_tried_again(world, link, pair, operator):
    Link.objects.update(conflict="ghl")
    edit(world, pair, gist={"name": "Ann Gist"}, ghl={"firstName": "Anna"})
    fail(world, "ghl", "PUT", "/contacts")
    link.refresh_from_db()
    run = finish(pair_commands.pull_from(find_by_id(link, "ghl", pair[1]), "gist", operator))
    assert run.failed == 1
    world.fault()
    finish(retry_failed(run))
    assert (world.everyone("gist")[0]["name"], world.everyone("ghl")[0]["lastName"]) == ("Ann Gist", "Gist")


def test_a_deletion_that_failed_is_tried_again(world, link, pair):
    Link.objects.update(deletes="propagate")
    world.gist("DELETE", f"/contacts/{pair[0]}")
    report(link, "gist", pair[0], deleted=True)
    fail(world, "ghl", "DELETE", "/contacts")
    assert sync(link, "incremental").failed == 1
    world.fault()
    Snapshot.objects.filter(retry_at__isnull=False).update(retry_at=timezone.now() - timedelta(hours=1))
    assert start_due_retries() == 1
    finish(Run.objects.get(status="queued"))
    assert (world.everyone("ghl"), Pair.objects.get().state) == ([], "deleted")


def test_a_fault_of_our_own_while_deleting_leaves_the_pair(world, link, pair, operator, monkeypatch):
    def broken(*args):
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr(pair_commands, "delete_contact", broken)
    with pytest.raises(RuntimeError):
        pair_commands.delete_on_side(find_by_id(link, "ghl", pair[1]), "ghl", "ann@example.test", operator)
    assert Pair.objects.get().state == "linked"


def test_a_record_that_is_adopted_while_it_is_being_created_is_one_person(world, link):
    """Bo in GHL has no address, but Ann's number: GHL refuses a second one, so Gist's Ann becomes Bo."""
    Link.objects.update(match=["email"])
    world.ghl_contact(firstName="Bo", lastName="Right", phone="+15550101234")
    world.gist_contact(email="ann@example.test", name="Ann Wrong", phone="+15550101234")
    for number in range(5):
        world.gist_contact(email=f"o{number}@example.test", name=f"Other {number}")
    run = sync(link)
    assert run.error_code == ""
    assert run.is_balanced


# Workflows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("goes_on", [True, False])
def test_an_edit_begins_its_workflow_although_the_worker_was_killed(world, link, pair, monkeypatch, goes_on):
    does = [{"do": "note.create", "values": {"body": "{{ event.fields }}"}}]
    triggers = [{"on": "gist.contact_changed"}, {"on": "ghl.contact_changed"}]
    versions.create_workflow(link, "keep_in_step", definition={"triggers": triggers, "actions": does}, enabled=True)
    edit(world, pair, gist={"name": "Anna Lee"})
    run = start_run(link)
    killed_after(monkeypatch, Recorder, "record", 1, run)
    assert world.everyone("ghl")[0]["firstName"] == "Anna"
    if goes_on:
        finish(run)
    else:
        cancel_run(run)
        sync(link)
    begun = {(one.trigger, *one.facts["event"]["fields"]) for one in Execution.objects.all()}
    assert begun == {("gist.contact_changed", "name")}


@pytest.mark.parametrize("dry", [False, True])
def test_a_workflow_is_not_begun_by_its_own_write_whether_or_not_a_plan_was_made(world, link, pair, dry):
    does = [{"do": "ghl.contact.set", "values": {"field": "phone", "value": "+15550107777"}}]
    definition = {"triggers": [{"on": "ghl.contact_changed"}], "actions": does}
    versions.create_workflow(link, "tag_bridge", definition=definition, enabled=True)
    edit(world, pair, ghl={"firstName": "Anna"})
    sync(link)
    sync(link, "incremental")
    assert Change.objects.filter(rule__startswith="workflow").count() == 1
    if dry:
        sync(link, dry_run=True)
    sync(link)
    assert Execution.objects.count() == 1


# Counts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["incremental", "full"])
@pytest.mark.parametrize("others", [0, 3])
def test_somebody_who_failed_and_is_read_again_in_the_same_run_is_counted_once(world, link, pair, kind, others):
    for number in range(others):
        world.gist_contact(email=f"o{number}@example.test", name=f"Other {number}")
    sync(link)
    edit(world, pair, gist={"name": "Anna Lee"})
    fail(world, "ghl", "PUT", "/contacts")
    report(link, "gist", pair[0])
    run = sync(link, kind)
    assert run.error_code == ""
    assert run.is_balanced
    assert (run.failed - run.met_again, run.skipped, run.unchanged) == (1, 0, others)


def test_a_record_skipped_and_then_adopted_is_counted_as_decided_again(world, link):
    Link.objects.update(match=["email"])
    save_version(link, TO_GHL)
    world.ghl_contact(firstName="Bo", lastName="Right", phone="+15550101234")
    world.gist_contact(email="ann@example.test", name="Ann Wrong", phone="+15550101234")
    assert sync(link).is_balanced


def after_the_first_pass(monkeypatch, act):
    """Call `act` once, when everyone was decided and the run is not finished yet."""
    real, done = phases.undecided.entry_batches, []

    def batches(run, rules):
        yield from real(run, rules)
        if not done:
            done.append(1)
            act()

    monkeypatch.setattr(phases.undecided, "entry_batches", batches)


def test_a_lone_record_deleted_while_the_run_goes_on_leaves_it_balanced(world, link, monkeypatch):
    cy = world.ghl_contact(firstName="Cy", phone="+15550101234")
    world.ghl_contact(firstName="Dy", email="d@example.test")
    save_version(link, TO_GHL)

    def delete():
        world.ghl("DELETE", f"/contacts/{cy['id']}")
        report(link, "ghl", cy["id"], deleted=True)

    after_the_first_pass(monkeypatch, delete)
    run = sync(link)
    assert (run.is_balanced, run.people) == (True, 1)


def test_two_decided_alone_and_matched_later_in_the_run_are_two_decisions_more(world, link, monkeypatch):
    cy = world.ghl_contact(firstName="Cy", lastName="X", email="typo@example.test")
    world.gist_contact(email="cy@example.test", name="Cy X")
    monkeypatch.setattr("integration.mapping.rules.Rules.creates_on", lambda self, side: False)

    def correct():
        world.ghl("PUT", f"/contacts/{cy['id']}", json={"email": "cy@example.test"})
        report(link, "ghl", cy["id"])

    after_the_first_pass(monkeypatch, correct)
    run = sync(link)
    assert (run.is_balanced, run.people, run.examined) == (True, 1, 3)


def test_what_was_written_before_another_call_failed_is_not_taken_for_an_edit_of_that_side(world, link, pair, one_try):
    """GHL's values win here, and what stands in GHL after the failure is our own."""
    type(link).objects.update(conflict="ghl")
    edit(world, pair, gist={"name": "First Lee", "tags": ["vip", "new"]})
    fail(world, "ghl", "POST", "/tags$")
    assert sync(link, "incremental").failed == 1
    edit(world, pair, gist={"name": "Second Lee"})
    world.fault()
    sync(link, "incremental")
    assert [one["firstName"] for one in world.everyone("ghl")] == ["Second"]
