"""The history of a workflow, and one of its runs with what a person can do about it."""

import pytest

from integration.models import Execution, InboxEvent, LogEntry
from integration.workflows import versions
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.dashboard.things import MARKUP


@pytest.fixture
def workflow(link):
    return things.workflow(link, enabled=True)


@pytest.fixture
def failed(workflow):
    """Its first action is done, its second failed."""
    made = things.execution(workflow, step=1, message="Add a note: GHL refused it.", reason="rejected", due_at=None)
    run = things.finished_run(workflow.link)
    entry = {"run": run, "link": run.link, "execution": made, "label": "Ann Lee"}
    LogEntry.objects.create(step=0, outcome="created", reason="asked", message="Task “Welcome” created.", **entry)
    LogEntry.objects.create(
        step=1, outcome="failed", reason="rejected", message="Add a note: refused", attempt=3, **entry
    )
    return made


# The history ---------------------------------------------------------------------------------------------


def test_it_is_listed_newest_first_with_state_and_cause(as_viewer, workflow):
    for label, state in (("Ann Lee", "done"), ("Bob Ray", "skipped")):
        things.execution(workflow, label, state=state)
    page = words(as_viewer.get("workflow_runs", workflow.pk))
    assert page.index("Bob Ray Skipped Contact created in Gist") < page.index("Ann Lee Done")


@pytest.mark.parametrize("query", [{"state": "failed"}, {"q": "ann"}, {"q": "1001"}, {"q": "state:failed"}])
def test_it_is_filtered(as_viewer, workflow, query):
    things.execution(workflow, "Ann Lee")
    things.execution(workflow, "Bob Ray", state="done", gist_id="2002")
    page = words(as_viewer.get("workflow_runs", workflow.pk, **query))
    assert "Ann Lee" in page
    assert "Bob Ray" not in page


def test_runs_of_other_workflows_stand_elsewhere(as_viewer, workflow):
    things.execution(things.workflow(workflow.link), "Ann Lee")
    assert "Ann Lee" not in words(as_viewer.get("workflow_runs", workflow.pk))


@pytest.mark.parametrize(
    ("on", "said"), [(True, "It starts by itself when its trigger happens."), (False, "It is off.")]
)
def test_without_any_it_says_why(as_viewer, link, on, said):
    flow = things.workflow(link, enabled=on)
    assert said in words(as_viewer.get("workflow_runs", flow.pk))


# One run -------------------------------------------------------------------------------------------------


def test_each_action_tells_what_became_of_it(as_viewer, failed):
    page = words(as_viewer.get("workflow_run", failed.pk))
    assert "Create a task “Welcome {{ contact.name }}”, due in 1 day Created Task “Welcome” created." in page
    assert "Failed Add a note: refused" in page
    assert "3 tries" in page
    assert "It stopped here and waits for you. Add a note: GHL refused it." in page


def test_actions_that_were_not_reached_are_said_to_be(as_viewer, workflow):
    execution = things.execution(workflow, step=0)
    assert "Not reached" in words(as_viewer.get("workflow_run", execution.pk))


def test_it_shows_the_actions_of_the_version_it_began_with(as_viewer, workflow):
    execution = things.execution(workflow)
    versions.save_workflow_version(workflow, {**workflow.definition, "actions": [{"do": "carry", "values": {}}]})
    assert "Create a task" in words(as_viewer.get("workflow_run", execution.pk))


def test_the_webhook_that_started_it_is_shown(as_viewer, workflow):
    event = InboxEvent.objects.create(provider="gist", topic="meeting_scheduled", body=b'{"meeting": {"id": 7}}')
    page = as_viewer.get("workflow_run", things.execution(workflow, event=event).pk)
    assert 'href="#event"' in html(page)
    assert '{ "meeting": { "id": 7 } }' in words(page)


def test_facts_are_shown_as_text_whatever_they_hold(as_viewer, workflow):
    execution = things.execution(workflow, MARKUP, facts={"gist": {"name": MARKUP}}, message=MARKUP)
    page = html(as_viewer.get("workflow_run", execution.pk))
    assert page.count("&lt;script&gt;") >= 3
    assert MARKUP not in page


def test_a_failed_one_is_retried_from_where_it_stood(as_operator, failed):
    page = as_operator.go(as_operator.post("workflow_run_retry", failed.pk))
    failed.refresh_from_db()
    assert (failed.state, failed.step) == ("waiting", 1)
    assert "It goes on from the action whose turn it is" in words(page)


def test_a_failed_one_is_stopped_for_good(as_operator, operator, failed):
    as_operator.post("workflow_run_stop", failed.pk)
    failed.refresh_from_db()
    assert (failed.state, failed.message) == ("skipped", f"Stopped by {operator}.")


@pytest.mark.parametrize(
    ("name", "said"), [("workflow_run_retry", "nothing to retry"), ("workflow_run_stop", "finished already")]
)
def test_one_that_is_done_is_left_alone(as_operator, workflow, name, said):
    done = things.execution(workflow, state="done")
    page = as_operator.go(as_operator.post(name, done.pk))
    assert said in words(page)
    assert Execution.objects.get().state == "done"
    assert not {"Retry", "Stop…"} & set(words(page).split())


def test_viewers_are_offered_nothing(as_viewer, failed):
    assert not {"Retry", "Stop…"} & set(words(as_viewer.get("workflow_run", failed.pk)).split())


@pytest.mark.parametrize(
    ("reason", "said"), [("unsure", "Perhaps done, not repeated"), ("same_value", "Same value"), ("", "Done")]
)
def test_an_action_whose_turn_is_over_is_done_only_if_its_log_says_so(as_viewer, workflow, reason, said):
    made = things.execution(workflow, step=1, state="done")
    run = things.finished_run(workflow.link)
    outcome = "skipped" if reason else "created"
    things.entry(run, outcome=outcome, reason=reason or "asked", execution=made, step=0)
    steps = words(as_viewer.get("workflow_run", made.pk)).partition("in order")[2].partition("What started it")[0]
    assert said in steps
