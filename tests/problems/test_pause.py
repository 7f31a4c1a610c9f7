"""One thing rests while the rest of the link goes on, and what it would have done is caught up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.errors import SetupError
from integration.models import Execution, Pause
from integration.problems.pause import describe_pause, pause, pause_failing_workflows, resume
from integration.workflows.executions import due_of_link
from tests.dashboard import things


@pytest.fixture
def workflow(link):
    return things.workflow(link, enabled=True)


def failed(workflow, count):
    return things.executions(workflow, count, state="failed", finished_at=timezone.now(), due_at=None)


def test_a_workflow_that_rests_waits_and_is_caught_up(link, workflow):
    execution = things.execution(workflow, state="waiting")
    pause(link, Pause.What.WORKFLOW, str(workflow.pk))
    assert not due_of_link(link).exists()
    resume(link, Pause.What.WORKFLOW, str(workflow.pk))
    assert due_of_link(link).get() == execution


def test_another_workflow_goes_on_meanwhile(link, workflow):
    other = things.execution(things.workflow(link, enabled=True), gist_id="2002", state="waiting")
    pause(link, Pause.What.WORKFLOW, str(workflow.pk))
    assert due_of_link(link).get() == other


def test_a_workflow_of_which_almost_everything_fails_rests_by_itself(link, workflow):
    failed(workflow, 19)
    things.executions(workflow, 2, state="done", finished_at=timezone.now(), due_at=None)
    assert pause_failing_workflows() == 0
    failed(workflow, 1)
    assert pause_failing_workflows() == 1
    found = Pause.objects.get()
    assert (found.automatic, found.reason) == (True, "20 of 22 failed within an hour")
    assert describe_pause(found) == f"Workflow “{workflow.name}”"


def test_what_failed_before_somebody_had_it_go_on_counts_no_more(link, workflow):
    failed(workflow, 25)
    pause_failing_workflows()
    resume(link, Pause.What.WORKFLOW, str(workflow.pk))
    assert pause_failing_workflows() == 0


def test_failures_of_long_ago_have_nothing_rest(link, workflow):
    failed(workflow, 25)
    Execution.objects.update(finished_at=timezone.now() - timedelta(hours=2))
    assert pause_failing_workflows() == 0


@pytest.mark.parametrize(("what", "key"), [("mapping", "nowhere=city"), ("workflow", "99"), ("kind", "planet")])
def test_only_what_there_is_can_rest(link, what, key):
    with pytest.raises(SetupError, match="no such thing"):
        pause(link, what, key)
