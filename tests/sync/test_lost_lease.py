"""A link has one writer: who works keeps the lease, who lost it stops and leaves the run as the new holder has it."""

import os
import subprocess
import sys
from datetime import timedelta

from django.utils import timezone

from integration.models import Run, RunStatus
from integration.runs import phases, recover, work
from integration.runs.finish import finish_run
from integration.runs.start import start_run
from integration.runs.work import work_one_slice


def test_a_slice_whose_lease_was_taken_over_does_not_overwrite_the_run(world, link, monkeypatch):
    run = start_run(link)

    def taken_over(context):
        type(link).objects.filter(pk=link.pk).update(lease_owner="another-host:1:1")
        Run.objects.filter(pk=run.pk).update(phase="apply", total=7)
        context._last_sign = 0.0
        context.tick()

    monkeypatch.setitem(phases.PHASES, "read_ghl", taken_over)
    assert work_one_slice(run.pk, "me", 5) is False
    run.refresh_from_db()
    assert (run.phase, run.total) == ("apply", 7)


def test_a_slice_at_work_keeps_its_lease(world, link, monkeypatch):
    run, read = start_run(link), phases.PHASES["read_ghl"]
    left: list[timedelta] = []

    def reads_for_long(context):
        type(link).objects.update(lease_until=timezone.now() + timedelta(seconds=1))
        context._last_sign = 0.0
        context.tick()
        link.refresh_from_db()
        left.append(link.lease_until - timezone.now())
        return read(context)

    monkeypatch.setitem(phases.PHASES, "read_ghl", reads_for_long)
    work_one_slice(run.pk, "me", 20)
    assert left[0] > timedelta(seconds=5)


def test_a_slice_that_lost_its_lease_sends_nothing_more(world, link, monkeypatch):
    world.gist_contact(email="ann@example.test", name="Ann")
    run, match = start_run(link), phases.PHASES["match"]

    def taken_over(context):
        type(link).objects.update(lease_owner="another-host:1:1", lease_until=timezone.now() + timedelta(minutes=1))
        context._last_sign = 0.0
        return match(context)

    monkeypatch.setitem(phases.PHASES, "match", taken_over)
    assert work_one_slice(run.pk, "me", 20) is False
    link.refresh_from_db()
    assert (world.everyone("ghl"), link.lease_owner) == ([], "another-host:1:1")


def test_the_lease_of_a_living_process_is_its_own_and_that_of_a_dead_one_is_free(link):
    link.take_lease(recover.process_name(), 60)
    recover.release_dead_lease(link)
    link.refresh_from_db()
    assert link.lease_owner == recover.process_name()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = recover._process_start_ticks(other.pid)
    name = recover.process_name().replace(f":{os.getpid()}:", f":{other.pid}:").rpartition(":")[0] + f":{began}"
    type(link).objects.update(lease_owner=name)
    link.refresh_from_db()
    recover.release_dead_lease(link)
    link.refresh_from_db()
    assert link.lease_owner == name
    other.communicate(b"")
    recover.release_dead_lease(link)
    link.refresh_from_db()
    assert link.lease_owner == ""


def test_a_run_that_was_finished_while_this_process_waited_is_left_alone(world, link, monkeypatch):
    run = start_run(link)
    other = Run.objects.get(pk=run.pk)
    monkeypatch.setattr(work, "release_dead_lease", lambda link: finish_run(other, RunStatus.SUCCEEDED))
    assert work_one_slice(run.pk, "me", 20) is True
    run.refresh_from_db()
    assert (run.status, run.started_at, world.calls()) == ("succeeded", None, {"gist": 0, "ghl": 0})


def test_a_run_of_a_link_that_another_process_holds_is_not_even_begun(world, link):
    run = start_run(link)
    assert link.take_lease("another-host:1:1", 60)
    assert work_one_slice(run.pk, "me", 20) is False
    run.refresh_from_db()
    assert (run.status, run.started_at, world.calls()) == ("queued", None, {"gist": 0, "ghl": 0})
