"""One poisoned record of every kind among three hundred: the others are in step, and each of them is told as failed."""

import pytest
from django.db import IntegrityError
from django.utils import timezone
from requests.adapters import HTTPAdapter

from integration.models import LogEntry, Outcome, Pair, PendingRead, Run, Snapshot
from integration.runs.recover import process_name
from integration.runs.schedule import start_due_retries
from integration.runs.start import retry_failed
from integration.sync.record import Recorder
from integration.webhooks.process import process_link
from tests.poison import REFUSALS, Crash, Poison, crash_for
from tests.world import finish, sync

PEOPLE = 300
# Who is poisoned, in the middle of all; and what the entry gives as the reason.
REFUSED = dict(zip([*REFUSALS, "timeout"], range(120, 126), strict=True))
WHY = {"500": "server_fault", "400": "rejected", "404": "gone", "422": "rejected", "broken JSON": "unreadable_answer"}
WHY["timeout"] = "lost_answer"
MALFORMED = {130: {"tags": 5}, 131: {"email": {"a": 1}}, 132: {"custom_properties": ["x"]}, 133: {"created_at": "now"}}
READABLE = {140: {"tags": None}, 141: {"name": "Ann \ud83d"}, 142: {"name": "A\0nn Lee"}, 143: {"plan": [1, {}]}}
READABLE[144] = {"custom_properties": {"plan": "x" * 300_000}}
CRASHES = dict(zip(("decide", "translate", "match", "observe", "record"), range(150, 155), strict=True))
# Who has a pair is matched no more.
OF_PAIRS = ("decide", "translate", "observe", "record")


def email(number):
    return f"person{number}@example.test"


@pytest.fixture
def poison(world, link, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.random.uniform", lambda low, high: 0.0001)
    made = Poison(HTTPAdapter.send)
    monkeypatch.setattr(HTTPAdapter, "send", lambda adapter, request, **options: made.send(adapter, request, **options))
    return made


def fill(world, *sides):
    account = {"gist": world.workspace, "ghl": world.location}
    for side in sides:
        world.control("POST", "fill", {"side": side, "account": account[side], "start": 0, "count": PEOPLE})


def damage(poison):
    for number, fields in (MALFORMED | READABLE).items():
        poison.damage("gist", email(number), **fields)


def reasons(run):
    """Of everyone who failed or was left aside: the number and why."""
    entries = run.entries.filter(kind="contact", outcome__in=(Outcome.FAILED, Outcome.SKIPPED))
    labels = [entry.label or entry.gist_id for entry in entries]
    assert len(set(labels)) == len(labels)
    return sorted(entries.values_list("reason", flat=True))


def expected(refused, crashes):
    return sorted([*(WHY[kind] for kind in refused), *["malformed"] * len(MALFORMED), *["internal"] * len(crashes)])


def assert_accounted_for(run):
    """Every count of the run is an entry, or one of those that are counted without."""
    assert run.entries.filter(kind="contact", execution=None).count() + run.quiet == run.examined
    assert run.is_balanced or run.kind == "live"


def assert_all_others_in_step(world, poisoned):
    there = {one["email"]: one for one in world.everyone("ghl")}
    here = {one["email"]: one for one in world.everyone("gist")}
    wanted = {email(number) for number in range(PEOPLE)} - {email(number) for number in poisoned}
    assert wanted <= there.keys()
    full_name = {one: f"{there[one].get('firstName')} {there[one].get('lastName')}".lower() for one in wanted}
    unlike = {one for one in wanted if full_name[one] != here[one]["name"].lower()}
    # What stands there is not what the API says of these two.
    assert unlike <= {email(141), email(142)}
    assert Pair.objects.filter(gist_id__in=[str(here[one]["id"]) for one in wanted]).count() == len(wanted)


POISONED = [*REFUSED.values(), *MALFORMED, *CRASHES.values()]


def test_a_first_run_has_everyone_in_step_but_the_poisoned(world, link, poison, monkeypatch):
    fill(world, "gist")
    damage(poison)
    for kind, number in REFUSED.items():
        poison.refuse(email(number), kind)
    with monkeypatch.context() as ill:
        crash_for(ill, **{place: email(number) for place, number in CRASHES.items()})
        run = sync(link)
    assert run.status == "partial"
    # What was created although the answer was broken is found by looking.
    assert reasons(run) == expected(REFUSED.keys() - {"broken JSON"}, CRASHES)
    assert_all_others_in_step(world, POISONED)
    assert_accounted_for(run)
    # Nobody is tried each second: a page is not read again, and who failed for now waits for the next try.
    assert Snapshot.objects.filter(retry_at__isnull=False).count() == len(CRASHES) - 1 + 2
    # Who was created before recording failed is found and not created again.
    poison.cure()
    later = sync(link)
    assert later.failed == 0
    assert len({one["email"] for one in world.everyone("ghl")}) == len(world.everyone("ghl")) == PEOPLE
    assert_accounted_for(later)


@pytest.fixture
def in_step(world, link, poison):
    fill(world, "gist", "ghl")
    sync(link)
    return {one["email"]: one for one in world.everyone("gist")}


def edit_some(world, people, poison, monkeypatch):
    """Forty people are renamed in Gist, the poisoned among them."""
    for number in range(118, 158):
        person = people[email(number)]
        world.gist("POST", "/contacts", json={"id": person["id"], "email": person["email"], "name": f"New N{number}"})
    damage(poison)
    for kind, number in REFUSED.items():
        poison.refuse(email(number), kind, Pair.objects.get(gist_id=str(people[email(number)]["id"])).ghl_id)
    crash_for(monkeypatch, **{place: email(CRASHES[place]) for place in OF_PAIRS if place != "translate"})
    crash_for(monkeypatch, translate=f"New N{CRASHES['translate']}")


def test_an_incremental_run_has_everyone_in_step_but_the_poisoned(world, link, poison, in_step, monkeypatch):
    edit_some(world, in_step, poison, monkeypatch)
    run = sync(link, "incremental")
    assert reasons(run) == expected(REFUSED, OF_PAIRS)
    assert_all_others_in_step(world, POISONED)
    assert_accounted_for(run)


def test_a_live_run_has_everyone_in_step_but_the_poisoned(world, link, poison, in_step, monkeypatch):
    edit_some(world, in_step, poison, monkeypatch)
    now = timezone.now()
    ids = [str(in_step[email(number)]["id"]) for number in range(118, 158)]
    PendingRead.objects.bulk_create(
        PendingRead(link=link, side="gist", external_id=one, first_at=now, due_at=now) for one in ids
    )
    process_link(link.pk, process_name(), 60)
    run = Run.objects.get(kind="live")
    assert reasons(run) == expected(REFUSED, OF_PAIRS)
    assert_all_others_in_step(world, POISONED)
    assert_accounted_for(run)
    unread = {*MALFORMED, CRASHES["observe"]}
    still = PendingRead.objects.filter(due_at__gt=timezone.now()).values_list("external_id", flat=True)
    assert set(still) == {str(in_step[email(number)]["id"]) for number in unread}


# One at a time, among few ------------------------------------------------------------------------------------


@pytest.fixture
def three(world, link):
    """Ann, Bob and Cid, made in Gist and in step."""
    people = [world.gist_contact(email=f"{name}@example.test", name=name.title()) for name in ("ann", "bob", "cid")]
    sync(link)
    return people


def rename_all(world, people):
    for one in people:
        world.gist("POST", "/contacts", json={"id": one["id"], "email": one["email"], "name": f"{one['name']} New"})


def last_names(world):
    return sorted(f"{one['firstName']}{' New' if one.get('lastName') else ''}" for one in world.everyone("ghl"))


def test_a_pair_that_the_database_refuses_costs_only_its_own_person(world, link, three, monkeypatch):
    """As when a new record is taken for somebody who has a pair already."""
    world.gist_contact(email="dee@example.test", name="Dee")
    rename_all(world, three)
    real = Recorder._pairs

    def refuses(recorder, entries):
        if any(entry.person.created for entry in entries):
            raise IntegrityError("UNIQUE constraint failed: one_pair_per_ghl_record")
        return real(recorder, entries)

    with monkeypatch.context() as ill:
        ill.setattr(Recorder, "_pairs", refuses)
        run = sync(link)
    assert (run.updated, run.failed, run.status) == (3, 1, "partial")
    entry = run.entries.get(outcome="failed")
    assert (entry.label, entry.reason) == ("Dee", "internal")
    # What was written stands in the entry all the same, and the next try makes a pair of both.
    assert entry.changes.get().is_applied
    Snapshot.objects.update(retry_at="2020-01-01T00:00:00Z")
    assert start_due_retries() == 1
    again = finish(Run.objects.first())
    assert (again.failed, again.entries.get().reason) == (0, "same_value")
    assert len(world.everyone("ghl")) == Pair.objects.count() == 4


def test_who_always_makes_our_code_fail_is_tried_ever_more_rarely_and_then_parked(world, link, three, monkeypatch):
    rename_all(world, three[:1])
    crash_for(monkeypatch, decide="ann@example.test")
    assert sync(link, "incremental").failed == 1
    # The next runs leave her alone: her retry is not due.
    assert sync(link, "incremental").failed == 0
    for _ in range(8):
        Snapshot.objects.filter(retry_at__isnull=False).update(retry_at="2020-01-01T00:00:00Z")
        assert start_due_retries() == 1
        finish(Run.objects.first())
    assert Snapshot.objects.filter(parked=True).count() >= 1
    assert start_due_retries() == 0
    assert LogEntry.objects.filter(outcome="failed", resolved_at=None).count() == 1


def test_one_who_cannot_be_read_does_not_keep_the_others_from_their_retry(world, link, three, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    rename_all(world, three)
    world.fault({"side": "ghl", "kind": "500", "method": "PUT", "rate": 1})
    first = sync(link, "incremental")
    assert first.failed == 3
    world.fault({"side": "gist", "kind": "500", "path": f"/contacts/{three[0]['id']}$", "rate": 1})
    again = finish(retry_failed(first))
    assert (again.updated, again.failed) == (2, 1)
    assert again.entries.get(outcome="failed").label == "Ann New"
    assert_accounted_for(again)
    world.fault()
    assert finish(retry_failed(again)).updated == 1
    assert last_names(world) == ["Ann New", "Bob New", "Cid New"]


def test_one_record_alone_that_cannot_be_read_does_not_make_the_link_wait_for_ever(world, link, three, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.fault({"side": "gist", "kind": "500", "path": f"/contacts/{three[0]['id']}$", "rate": 1})
    now = timezone.now()
    PendingRead.objects.create(link=link, side="gist", external_id=str(three[0]["id"]), first_at=now, due_at=now)
    process_link(link.pk, process_name(), 10)
    run = finish(Run.objects.get(kind="live"))
    assert (run.status, run.failed) == ("partial", 1)
    # Read again later, and resolved when that works.
    world.fault()
    PendingRead.objects.update(due_at=now)
    process_link(link.pk, process_name(), 10)
    assert not PendingRead.objects.exists()
    assert LogEntry.objects.get(outcome="failed").resolved_at


def test_a_record_that_a_page_brought_malformed_is_read_again_by_itself(world, link, three, poison):
    rename_all(world, three)
    poison.damage("gist", "bob@example.test", tags=5)
    run = sync(link, "incremental")
    entry = run.entries.get(outcome="failed")
    assert (run.updated, run.failed, entry.reason, entry.label) == (2, 1, "malformed", "Bob")
    assert "tags: Input should be a valid list" in entry.message
    poison.cure()
    PendingRead.objects.update(due_at=timezone.now())
    process_link(link.pk, process_name(), 10)
    assert last_names(world) == ["Ann New", "Bob New", "Cid New"]
    entry.refresh_from_db()
    assert entry.resolved_at


def test_a_malformed_record_is_not_taken_for_deleted(world, link, three, poison):
    type(link).objects.update(deletes="propagate")
    poison.damage("gist", "bob@example.test", tags=5)
    sync(link)
    assert len(world.everyone("ghl")) == 3
    assert Pair.objects.filter(state="linked").count() == 3


def test_a_workflow_that_cannot_begin_keeps_nobody_else_from_being_recorded(world, link, three, monkeypatch):
    rename_all(world, three)

    def crashes(link, news):
        if any("Bob" in str(one.after.get("name")) for one in news):
            raise Crash

    monkeypatch.setattr("integration.workflows.start.begin_for_contacts", crashes)
    run = sync(link, "incremental")
    assert (run.updated, run.failed) == (2, 1)
    assert run.entries.get(outcome="failed").label == "Bob New"
    assert last_names(world) == ["Ann New", "Bob New", "Cid New"]


def test_a_plan_names_who_cannot_be_decided_and_changes_nothing(world, link, three, monkeypatch):
    rename_all(world, three)
    crash_for(monkeypatch, decide="bob@example.test")
    run = sync(link, "full", dry_run=True)
    assert (run.updated, run.failed) == (2, 1)
    assert_accounted_for(run)
    assert not Snapshot.objects.filter(tries__gt=0).exists()
    assert last_names(world) == ["Ann", "Bob", "Cid"]
