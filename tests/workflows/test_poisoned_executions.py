"""What our own code fails at in one execution, or in one task of many, holds up none of the others."""

import pytest

from integration.models import Execution, LogEntry, Related
from integration.related import store
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from integration.workflows import executions
from tests.poison import Crash
from tests.world import sync

NOTE = {"triggers": [{"on": "gist.contact_created"}], "actions": [{"do": "note.create", "values": {"body": "Hello"}}]}


def begin(stage):
    stage.workflow("welcome_new_contact", NOTE)
    for name in ("Ann Lee", "Bob Ray", "Cid Orr"):
        stage.world.gist_contact(email=f"{name[:3].lower()}@example.test", name=name)


def notes_of_all(stage):
    return sorted(note["body"] for one in stage.world.everyone("ghl") for note in stage.notes(one["id"]))


@pytest.mark.parametrize("place", ["record_result", "_move_on"])
def test_one_action_that_cannot_be_recorded_is_told_and_the_others_go_on(stage, monkeypatch, place):
    begin(stage)
    real = getattr(executions, place)

    def crashes(*args):
        named = next((one for one in args if isinstance(one, Execution)), None)
        if named is not None and named.label == "Bob Ray":
            raise Crash
        return real(*args)

    with monkeypatch.context() as ill:
        ill.setattr(executions, place, crashes)
        stage.world.control("POST", "deliver", {"ahead": 60})
        stage.settle()
    states = dict(Execution.objects.values_list("label", "state"))
    assert (states["Ann Lee"], states["Cid Orr"]) == ("done", "done")
    bob = Execution.objects.get(label="Bob Ray")
    assert (bob.state, bob.reason) in [("waiting", "internal"), ("failed", "internal")]
    entry = LogEntry.objects.filter(execution=bob, outcome="failed").first()
    assert entry.reason == "internal"
    # Once it is mended it goes on, and looks first: nothing was done twice.
    executions.retry_execution(bob)
    stage.settle()
    assert notes_of_all(stage) == ["Hello", "Hello", "Hello"]
    bob.refresh_from_db()
    assert bob.state == "done"


def test_one_task_that_cannot_be_taken_in_is_told_and_the_others_are_news(stage, monkeypatch):
    _, ghl_id = stage.person()
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    stage.workflow("contact_opened", {
        "triggers": [{"on": "ghl.task_created"}],
        "actions": [{"do": "gist.contact.set", "values": {"field": "custom_properties.seen", "value": "yes"}}],
    })  # fmt: skip
    sync(stage.link, "incremental")
    for title in ("One", "Two", "Three"):
        stage.task(ghl_id, title)
    real = store._take_in

    def crashes(link, records, known):
        if any(one.label == "Two" for one in records):
            raise Crash
        return real(link, records, known)

    monkeypatch.setattr(store, "_take_in", crashes)
    run = sync(stage.link, "incremental")
    assert run.status == "partial"
    assert sorted(row.base["title"] for row in Related.objects.filter(kind="task")) == ["One", "Three"]
    entry = LogEntry.objects.get(kind="task", outcome="failed")
    assert (entry.reason, entry.ghl_id) == ("internal", ghl_id)
    assert entry.message.startswith("Task “Two”: Gistline met a fault of its own (Crash).")
    # Told once, however often it is met.
    sync(stage.link, "incremental")
    assert LogEntry.objects.filter(kind="task", outcome="failed").count() == 1


def test_one_event_about_a_task_that_cannot_be_recorded_does_not_keep_the_others(stage, monkeypatch):
    _, ghl_id = stage.person()
    for title in ("One", "Two"):
        stage.task(ghl_id, title)
    real = store.take_in_reported

    def crashes(link, record, *, reported_created):
        if record.label == "One":
            raise Crash
        return real(link, record, reported_created=reported_created)

    monkeypatch.setattr(store, "take_in_reported", crashes)
    stage.world.control("POST", "deliver", {"ahead": 60})
    process_link(stage.link.pk, process_name(), 5)
    assert [row.base["title"] for row in Related.objects.filter(kind="task")] == ["Two"]
    assert LogEntry.objects.get(kind="task", outcome="failed").reason == "internal"
