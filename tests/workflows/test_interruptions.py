"""An interruption between any two actions, and at any of them: in the end every action was done exactly once."""

import pytest

from integration.models import Execution, LogEntry
from integration.related import write
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from integration.workflows import executions

ACTIONS = [
    {"do": "task.create", "values": {"title": "First"}},
    {"do": "note.create", "values": {"body": "Second"}},
    {"do": "ghl.tags.add", "values": {"tags": "third"}},
    {"do": "task.create", "values": {"title": "Fourth"}},
]


def begin(stage):
    stage.workflow("welcome_new_contact", {"triggers": [{"on": "gist.contact_created"}], "actions": ACTIONS})
    stage.world.gist_contact(email="ann@example.test", name="Ann Lee")
    stage.world.control("POST", "deliver", {"ahead": 60})


class Killed(BaseException):
    """The process ended here."""


def killed_at(monkeypatch, link, name, number):
    """Work until `executions.name` is called for the `number`th time, and end there."""
    real, left = getattr(executions, name), iter(range(number))

    def dies(*args, **kwargs):
        if next(left, None) is None:
            raise Killed
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(executions, name, dies)
        with pytest.raises(Killed):
            process_link(link.pk, process_name(), 20)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("at", ["advance", "carry_out_action"])
def test_a_kill_before_or_after_any_action_repeats_none(stage, monkeypatch, at, number):
    """`advance` puts an action on record after it was sent; `carry_out_action` begins one."""
    begin(stage)
    killed_at(monkeypatch, stage.link, at, number)
    stage.settle()
    (ann,) = stage.world.everyone("ghl")
    assert sorted(task["title"] for task in stage.tasks(ann["id"])) == ["First", "Fourth"]
    assert [note["body"] for note in stage.notes(ann["id"])] == ["Second"]
    assert stage.world.ghl("GET", f"/contacts/{ann['id']}")["contact"]["tags"] == ["third"]
    assert Execution.objects.get().state == "done"
    assert LogEntry.objects.exclude(execution=None).count() == 4


@pytest.mark.parametrize("kind", ["reset_after", "500"])
def test_a_lost_answer_to_a_create_is_looked_for_and_not_sent_twice(stage, kind):
    begin(stage)
    stage.world.fault({"side": "ghl", "kind": kind, "path": "/contacts/[^/]+/(tasks|notes)$", "rate": 0.5})
    stage.settle()
    stage.world.fault()
    stage.settle()
    (ann,) = stage.world.everyone("ghl")
    assert sorted(task["title"] for task in stage.tasks(ann["id"])) == ["First", "Fourth"]
    assert [note["body"] for note in stage.notes(ann["id"])] == ["Second"]


def test_a_failing_action_does_not_repeat_those_before_it(stage, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(write, "LONGEST_NOTE", 3)
        begin(stage)
        stage.settle()
    failed = Execution.objects.get()
    assert (failed.state, failed.step) == ("failed", 1)
    executions.retry_execution(failed)
    stage.settle()
    (ann,) = stage.world.everyone("ghl")
    assert sorted(task["title"] for task in stage.tasks(ann["id"])) == ["First", "Fourth"]
    assert not LogEntry.objects.filter(outcome="failed", resolved_at=None).exists()


def test_an_event_whose_sending_was_cut_off_is_not_repeated_and_said_so(stage, monkeypatch):
    actions = [{"do": "gist.event", "values": {"name": "Welcomed"}}]
    stage.workflow("welcome_new_contact", {"triggers": [{"on": "gist.contact_created"}], "actions": actions})
    stage.world.gist_contact(email="ann@example.test", name="Ann Lee")
    stage.world.control("POST", "deliver", {"ahead": 60})
    killed_at(monkeypatch, stage.link, "advance", 0)
    stage.settle()
    assert stage.count("gist", "POST /events") == 1
    assert LogEntry.objects.get(kind="event").reason == "unsure"
