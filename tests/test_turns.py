"""Many links and few workers: what webhooks report does not wait until those that take long are done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration import jobs
from integration.models import Connection, InboxEvent, Link, Pair, Run
from integration.providers.budgets import budget_for
from integration.runs import context, phases, turns
from integration.runs.control import pause_run
from integration.runs.recover import recover_lost_runs
from integration.runs.schedule import start_due_runs
from integration.runs.start import start_run
from integration.runs.work import work_one_slice
from integration.sync.pending_reads import request_read
from integration.webhooks.process import process_link, process_waiting_links
from tests.world import finish, sync


@pytest.fixture
def other(link):
    """Another link, which a worker was called for."""
    accounts = {}
    for side in link.connections:
        accounts[side] = Connection.objects.create(key=f"other-{side}", name="Other", provider=side, status="ok")
    return Link.objects.create(key="other", name="Other", worker_called=True, **accounts)


@pytest.fixture
def run(world, link, monkeypatch):
    """A run with forty people to create, each turn of which is over at once when somebody waits."""
    for number in range(40):
        world.gist_contact(email=f"p{number}@example.test", name=f"Person {number}")
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(context, "SIGN_OF_LIFE_SECONDS", 0.0)
    return start_run(link)


def test_a_slice_gives_way_to_a_link_that_waits_for_a_worker(world, run, other, monkeypatch):
    monkeypatch.setattr(jobs, "process_waiting_links", lambda owner, seconds: None)
    jobs.work_on_run(run.pk)
    run.refresh_from_db()
    assert run.is_active
    finish(run)
    assert len(world.emails("ghl")) == 40


def test_a_slice_that_only_waits_for_calls_gives_way(world, run, other, ghl, monkeypatch):
    monkeypatch.setattr(jobs, "process_waiting_links", lambda owner, seconds: None)
    read, budget = phases.PHASES["read_ghl"], budget_for("ghl", ghl.budget_key)
    monkeypatch.setitem(phases.PHASES, "read_ghl", lambda slice_: budget.note_refusal(5) or read(slice_))
    jobs.work_on_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.phase, run.checkpoint.read) == ("running", "read_ghl", {})


def test_a_slice_goes_on_while_nobody_waits(run, other):
    Link.objects.update(worker_called=False)
    jobs.work_on_run(run.pk)
    run.refresh_from_db()
    assert run.is_finished


def test_a_link_does_not_give_way_to_itself(run, link):
    Link.objects.update(worker_called=True)
    slices = turns.Turn(link.pk)
    assert [slices.is_over("apply"), slices.is_over("apply")] == [False, False]


def test_a_phase_that_each_slice_begins_anew_is_not_cut_short(run, link, other):
    turn = turns.Turn(link.pk)
    assert [turn.is_over("planned"), turn.is_over("planned")] == [False, False]


def test_webhooks_go_before_the_slice_of_another_link(run, other, monkeypatch):
    order = []
    monkeypatch.setattr("integration.webhooks.process.process_link", lambda pk, *rest: order.append(pk))
    monkeypatch.setattr(jobs, "work_one_slice", lambda pk, *rest: order.append("slice") or True)
    jobs.work_on_run(run.pk)
    other.refresh_from_db()
    assert (order, other.worker_called) == ([other.pk, "slice"], False)


def test_of_several_links_the_one_that_waits_longest_goes_first(link, other, monkeypatch):
    order, now = [], timezone.now()
    monkeypatch.setattr("integration.webhooks.process.process_link", lambda pk, *rest: order.append(pk))
    for minutes, one in enumerate((link, other)):
        at = now - timedelta(minutes=minutes)
        InboxEvent.objects.create(provider="ghl", topic="x", connection=one.ghl, body=b"{}", received_at=at)
    Link.objects.update(worker_called=True)
    process_waiting_links("me", 5)
    assert order == [other.pk, link.pk]


def test_a_link_whose_webhooks_cannot_be_handled_keeps_no_run_from_its_slice(run, other, monkeypatch, caplog):
    monkeypatch.setattr("integration.webhooks.process.unpack_events", lambda link: 1 / 0)
    Link.objects.filter(pk=run.link_id).update(worker_called=False)
    jobs.work_on_run(run.pk)
    assert "could not be handled" in caplog.text


def test_webhooks_are_handled_by_the_run_of_their_link_that_waits_for_its_turn(world, link, ann):
    run = start_run(link, "incremental")
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    request_read(link, "ghl", ann.ghl_id)
    process_link(link.pk, "me", 5)
    run.refresh_from_db()
    assert (run.is_finished, world.everyone("gist")[0]["name"]) == (True, "Anna Lee")


def jobs_of(monkeypatch):
    queued = []
    monkeypatch.setattr(turns, "enqueue", lambda job, *args: queued.append(args))
    return queued


def test_of_two_jobs_for_the_same_slice_one_goes_on(run, other, monkeypatch):
    monkeypatch.setattr(jobs, "process_waiting_links", lambda owner, seconds: None)
    queued = jobs_of(monkeypatch)
    jobs.work_on_run(run.pk)
    recover_lost_runs()
    first, second = queued
    jobs.work_on_run(*first)
    seen = Run.objects.get().alive_at
    jobs.work_on_run(*second)
    assert (first, Run.objects.get().alive_at) == (second, seen)


def test_a_run_that_rests_is_not_queued_again(run, monkeypatch):
    queued = jobs_of(monkeypatch)
    pause_run(run)
    jobs.work_on_run(run.pk)
    assert queued == []


def test_webhooks_in_between_do_not_put_off_the_next_reading(world, link):
    sync(link)
    Run.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    Run.objects.create(link=link, kind="live", status="succeeded", finished_at=timezone.now())
    assert start_due_runs() == 1


@pytest.fixture
def short_slices(monkeypatch):
    """Every slice is over as soon as it got on."""
    began = {}
    over = property(lambda one: began.setdefault(one, one.checkpoint.cursor) != one.checkpoint.cursor)
    monkeypatch.setattr(context.RunContext, "is_over_time", over)
    monkeypatch.setattr(context.RunContext, "__hash__", object.__hash__)


@pytest.mark.parametrize(("phase", "module"), [("compare", "parity"), ("lost_rules", "lost_rules")])
def test_what_looks_at_all_pairs_goes_on_in_the_next_slice(world, link, monkeypatch, short_slices, phase, module):
    for number in range(3):
        world.gist_contact(email=f"p{number}@example.test", name=f"Person {number}")
    finish(start_run(link))
    Pair.objects.update(agrees=None, lost_rule="nothing")
    monkeypatch.setattr(f"integration.sync.{module}.PAGE", 1)
    run, places = start_run(link, dry_run=phase == "lost_rules"), []
    while not work_one_slice(run.pk, "me", 20):
        run.refresh_from_db()
        places += [run.checkpoint.cursor] if run.phase == phase and run.checkpoint.cursor else []
    assert places == list(Pair.objects.order_by("pk").values_list("pk", flat=True))
    assert not Pair.objects.filter(**{"compare": {"agrees": None}, "lost_rules": {"lost_rule": "nothing"}}[phase])
