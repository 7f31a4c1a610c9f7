"""`manage.py sync --dry-run`, `apply_plan` and what they refuse, each with a sentence and nothing written."""

from datetime import timedelta

import pytest

from integration.models import Link, Run
from integration.plans.digest import digest_of
from tests.command_output import Output
from tests.world import finish, sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(world, link):
    """Two people who are to be created in GHL."""
    for name in ("Bo", "Cy"):
        world.gist_contact(email=f"{name.lower()}@example.test", name=name)
    return sync(link, dry_run=True)


def test_a_dry_run_reports_itself_as_a_plan(world, link):
    world.gist_contact(email="bo@example.test", name="Bo")
    report = Output("sync", "alder", "--dry-run", "--wait", "--json").json
    assert (report["plan"], report["held"]) == (report["run"], 0)
    assert report["estimated_calls"] == {"gist": 1, "ghl": 2}
    assert report["digest"] == digest_of(Run.objects.get())


def test_applying_reports_the_plan_and_what_was_held(world, link, plan):
    report = Output("apply_plan", plan.pk, "--digest", digest_of(plan), "--wait", "--json").json
    assert (report["kind"], report["status"], report["created"]) == ("apply", "succeeded", 2)
    assert (report["plan"], report["held"], report["run"]) == (plan.pk, 0, Run.objects.latest("pk").pk)
    assert world.emails("ghl") == ["bo@example.test", "cy@example.test"]


def refused(world, plan, *arguments):
    """The sentence of the refusal; nothing was written or left out."""
    before, states = world.calls(), set(plan.changes.values_list("state", flat=True))
    failure = Output("apply_plan", plan.pk, *arguments, "--wait").failure
    assert (world.calls(), set(plan.changes.values_list("state", flat=True))) == (before, states)
    return failure


def test_a_digest_that_no_longer_holds_applies_nothing(world, plan):
    first = plan.changes.first()
    assert "is not the one that was read" in refused(world, plan, "--digest", "0123456789abcdef")
    read = digest_of(plan)
    failure = refused(world, plan, "--exclude", first.pk, "--digest", read)
    assert "is not the one that was read" in failure
    plan.changes.filter(pk=first.pk).update(state="excluded")
    assert digest_of(plan) != read


def test_applying_twice_writes_nothing(world, plan):
    Output("apply_plan", plan.pk, "--wait")
    assert "was applied by run" in refused(world, plan)
    assert len(world.everyone("ghl")) == 2


def test_a_plan_expires(world, plan):
    Run.objects.filter(pk=plan.pk).update(finished_at=plan.finished_at - timedelta(hours=24))
    assert "has expired. Plan again." in refused(world, plan)


def test_a_newer_plan_replaces_it(world, link, plan):
    newer = sync(link, dry_run=True)
    assert f"was replaced by plan {newer.pk}" in refused(world, plan)


def test_the_schedule_of_a_watched_link_replaces_nobody_s_plan(world, link, plan):
    Link.objects.update(mode="watch")
    sync(link, trigger="schedule")
    Link.objects.update(mode="live")
    assert Output("apply_plan", plan.pk, "--wait").failure == ""


def test_a_run_that_wrote_is_no_plan(world, link):
    assert "is no plan: it wrote" in refused(world, sync(link))


def test_a_run_that_is_not_there_is_said(world, link):
    assert Output("apply_plan", 999).failure == "RUN: There is no run 999."


def test_a_change_of_another_plan_cannot_be_left_out(world, link, plan):
    assert "holds no change 999999" in refused(world, plan, "--exclude", 999999)


def test_a_link_that_only_watches_writes_nothing(world, plan):
    Link.objects.update(mode="watch")
    assert "only watches" in refused(world, plan)


def test_over_the_cap_only_the_digest_says_that_it_was_read(world, plan):
    Link.objects.update(change_cap=1)
    assert "repeat with --digest" in refused(world, plan)
    assert Output("apply_plan", plan.pk, "--digest", digest_of(plan), "--wait").failure == ""
    assert len(world.everyone("ghl")) == 2


def test_what_a_cancelled_run_left_can_still_be_applied(world, link, plan, monkeypatch):
    Output("apply_plan", plan.pk)
    run = Run.objects.latest("pk")
    Run.objects.filter(pk=run.pk).update(cancel_requested=True)
    assert finish(run).status == "cancelled"
    assert Output("apply_plan", plan.pk, "--wait").failure == ""
    assert len(world.everyone("ghl")) == 2


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, and no handler of errors sees it."""


@pytest.mark.parametrize("allow_duplicates", [False, True])
def test_a_kill_between_writing_and_recording_makes_nobody_twice(world, link, plan, monkeypatch, allow_duplicates):
    from integration.runs import write
    from integration.runs.work import work_one_slice

    link.ghl.settings["allow_duplicates"] = allow_duplicates
    link.ghl.save()
    Output("apply_plan", plan.pk)
    run, real = Run.objects.latest("pk"), write._record

    def kill_once(context, entries):
        if any(entry.person.created for entry in entries):
            monkeypatch.setattr(write, "_record", real)
            raise Killed
        real(context, entries)

    monkeypatch.setattr(write, "_record", kill_once)
    with pytest.raises(Killed):
        work_one_slice(run.pk, "a-worker", 20)
    run = finish(run)
    assert (run.status, run.created, run.examined) == ("succeeded", 2, 2)
    assert world.emails("ghl") == ["bo@example.test", "cy@example.test"]
    assert {one.state for one in run.changes.all()} == {"applied"}
