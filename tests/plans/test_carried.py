"""What Gist shows of tasks, notes and appointments stands in the plan, and is written exactly as it stands there."""

import pytest

from integration.errors import Malformed
from integration.mapping.carried import NAMES
from integration.models import PendingRead
from integration.plans.report import report_of
from integration.plans.size import people_in
from integration.plans.start import apply_plan, start_undo
from integration.sync.undo import why_not_taken_back
from tests.plans.test_applying import contents
from tests.workflows.conftest import stage
from tests.world import finish, sync

__all__ = ["stage"]
OPEN = "custom_properties.ghl_open_tasks"


@pytest.fixture(autouse=True)
def _carries(link):
    """As a link does that was made on the page."""
    link.mapping_versions.update(carried=list(NAMES))


@pytest.fixture
def ann(stage):
    """Ann has a task in GHL, and no webhook told of it."""
    person = stage.person("Ann Lee")
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    stage.task(person[1])
    return person


def planned(stage, kind="full"):
    return sync(stage.link, kind, dry_run=True)


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_what_is_planned_is_written_and_nothing_else(stage, ann, kind):
    plan = planned(stage, kind)
    assert {(one.rule, one.after) for one in plan.changes.filter(field=OPEN)} == {("carried:ghl_open_tasks", 1)}
    assert (people_in(plan), stage.carried(ann[0]).get("ghl_open_tasks")) == (1, None)
    run = finish(apply_plan(plan))
    assert contents(run) == contents(plan, "planned")
    assert (run.status, stage.carried(ann[0])["ghl_open_tasks"]) == ("succeeded", 1)
    again = planned(stage, kind)
    assert (again.changes.count(), again.total) == (0, again.examined)


def test_a_run_writes_what_a_plan_of_the_same_moment_lists(stage, ann):
    plan = planned(stage)
    run = sync(stage.link)
    stage.settle()
    written = stage.link.changes.filter(run__pk__gte=run.pk, state="applied")
    assert sorted(written.values_list("field", "after")) == sorted(plan.changes.values_list("field", "after"))


def test_its_price_is_the_calls_made(stage, ann):
    plan = planned(stage)
    price = report_of(plan)["estimated_calls"]
    run = finish(apply_plan(plan))
    assert abs(price["gist"] - run.api_calls["gist"]) <= 1
    assert abs(price["ghl"] - run.api_calls["ghl"]) <= 1


def test_what_somebody_wrote_in_gist_meanwhile_is_held(stage, ann):
    plan = planned(stage)
    stage.write_in_gist(ann[0], ghl_open_tasks=7)
    run = finish(apply_plan(plan))
    held = run.changes.get(state="held")
    assert (held.field, str(held.found), held.entry.kind) == (OPEN, "7", "carried")
    assert run.changes.filter(state="applied").exists()


def test_who_was_unlinked_meanwhile_is_not_written(stage, ann):
    plan = planned(stage)
    stage.link.pairs.update(state="held")
    run = finish(apply_plan(plan))
    assert set(run.changes.values_list("state", flat=True)) == {"held"}
    assert stage.carried(ann[0]).get("ghl_open_tasks") is None


def test_what_is_left_out_is_not_written(stage, ann):
    plan = planned(stage)
    finish(apply_plan(plan, exclude=[plan.changes.get(field=OPEN).pk]))
    shown = stage.carried(ann[0])
    assert (shown.get("ghl_open_tasks"), shown["ghl_next_task"]) == (None, "Call back")


def test_of_who_is_created_in_gist_it_says_how_many_follow(stage, ann):
    made = stage.world.ghl_contact(firstName="Eve", lastName="Sun", email="eve@example.test")
    stage.task(made["id"])
    plan = planned(stage)
    assert plan.entries.get(reason="carried_later").message.startswith("1 person whom this plan creates in Gist")
    assert not PendingRead.objects.exists()


def test_plans_of_the_schedule_look_nobody_up(stage, ann):
    plan = sync(stage.link, "incremental", dry_run=True, trigger="schedule")
    assert not plan.changes.exists()


def test_who_cannot_be_looked_up_is_named_in_the_plan(stage, ann, monkeypatch):
    def refuse(*arguments):
        raise Malformed("GHL gave no list of tasks.", provider="ghl")
        yield

    monkeypatch.setattr("integration.runs.plan_carried.read_wanted", refuse)
    plan = planned(stage)
    failed = plan.entries.get(kind="carried")
    assert (plan.status, failed.outcome, failed.gist_id, failed.problem) == ("partial", "failed", ann[0], None)
    assert not plan.changes.exists()


def test_an_undo_leaves_it_to_what_stands_in_ghl(stage, ann):
    run = finish(apply_plan(planned(stage)))
    undone = finish(start_undo(stage.link, {"run": run.pk}))
    assert set(undone.changes.values_list("state", flat=True)) == {"excluded"}
    assert "follows that by itself" in why_not_taken_back(run.changes.first())
    assert stage.carried(ann[0])["ghl_open_tasks"] == 1
