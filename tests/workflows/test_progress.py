"""An execution's progress and its log entry are one; somebody is new once; who runs too often is stopped with words."""

import pytest

from integration.models import Execution, LogEntry, Workflow, WorkflowVersion
from integration.records import PersonRef
from integration.related.write_result import WriteResult, run_of_person
from integration.sync.news import ContactNews
from integration.workflows import executions, start, versions

NOTE = {"triggers": [{"on": "gist.contact_created"}], "actions": [{"do": "note.create", "values": {"body": "Hello"}}]}


@pytest.fixture
def workflow(link):
    return versions.create_workflow(link, "welcome_new_contact", definition=NOTE, enabled=True)


def news_of(number, workflow, before=None, **after):
    made_at = (workflow.enabled_at,)
    return ContactNews("gist", before, {"name": "Ann", **after}, made_at, PersonRef(str(number), "", "Ann"))


def test_somebody_is_new_once_however_often_they_are_read_for_the_first_time(link, workflow):
    for _ in range(3):
        start.begin_for_contacts(link, [news_of(1, workflow)])
    start.begin_for_contacts(link, [news_of(2, workflow)])
    assert sorted(Execution.objects.values_list("gist_id", flat=True)) == ["1", "2"]


def test_somebody_known_is_not_new(link, workflow):
    start.begin_for_contacts(link, [news_of(1, workflow, before={"name": "Ann"})])
    assert not Execution.objects.exists()


@pytest.mark.parametrize("runs", [start.LOOP_RUNS - 1, start.LOOP_RUNS])
def test_who_runs_too_often_for_one_person_is_stopped_with_words(link, workflow, runs):
    version = WorkflowVersion.objects.get(workflow=workflow)
    of_ann = {"link": link, "workflow": workflow, "version": version, "trigger": "gist.tag_added", "state": "done"}
    Execution.objects.bulk_create(Execution(**of_ann, gist_id="1", cause=f"before {n}") for n in range(runs))
    start.begin_for_contacts(link, [news_of(1, workflow), news_of(2, workflow)])
    ann, other = (Execution.objects.get(gist_id=one, trigger="gist.contact_created") for one in ("1", "2"))
    stopped = runs == start.LOOP_RUNS
    assert (ann.state, ann.reason) == (("skipped", "loop") if stopped else ("waiting", ""))
    assert other.state == "waiting"


@pytest.mark.parametrize("place", ["_move_on", "_resolve_failures"])
def test_the_log_entry_and_the_progress_are_one(link, workflow, monkeypatch, place):
    start.begin_for_contacts(link, [news_of(1, workflow)])
    execution = Execution.objects.get()
    done = WriteResult("note", "Note “Hello”", did="created")

    def dies(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(executions, place, dies)
        with pytest.raises(KeyboardInterrupt):
            executions.advance(run_of_person(link, None), execution, done, None, [])
    assert not LogEntry.objects.exists()
    execution.refresh_from_db()
    assert execution.step == 0
    executions.advance(run_of_person(link, None), execution, done, None, [])
    execution.refresh_from_db()
    assert (LogEntry.objects.count(), execution.step, execution.state) == (1, 1, "done")


def test_switched_off_it_begins_nothing(link, workflow):
    Workflow.objects.update(enabled=False)
    start.begin_for_contacts(link, [news_of(1, workflow)])
    assert not Execution.objects.exists()
