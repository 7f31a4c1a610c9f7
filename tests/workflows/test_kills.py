"""Workers that are killed at random, several times per execution, with webhooks heard in between: every create is done
exactly once.
"""

import random

import pytest

from integration.models import ACTIVE_RUNS, Execution, Run
from integration.providers.exchange import Exchange
from integration.runs import context as run_context
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from integration.webhooks.unpack import unpack_events
from integration.workflows import executions
from tests.world import finish

KINDS = (
    lambda number: {"do": "task.create", "values": {"title": f"Task {number}"}},
    lambda number: {"do": "task.create", "values": {"title": "The same"}},
    lambda number: {"do": "note.create", "values": {"body": f"Note {number}"}},
    lambda number: {"do": "ghl.tags.add", "values": {"tags": f"tag-{number}"}},
    lambda number: {"do": "gist.contact.set", "values": {"field": "custom_properties.step", "value": str(number)}},
    lambda number: {"do": "carry", "values": {}},
    lambda number: {"do": "gist.event", "values": {"name": f"Event {number}"}},
)


class Killed(BaseException):
    """The process ended here."""


class Killer:
    """Ends the process before or after one of these, each with a small chance, until it has done so often enough."""

    def __init__(self, seed, kills, monkeypatch):
        self.random, self.left = random.Random(seed), kills
        for owner, name in (
            (Exchange, "_submit_call"),
            (Exchange, "_handle_answer"),
            (executions, "advance"),
            (run_context, "note_call_sent"),
            (executions, "carry_out_action"),
        ):
            monkeypatch.setattr(owner, name, self.around(getattr(owner, name)))

    def around(self, real):
        def dies(*args, **kwargs):
            self.perhaps()
            done = real(*args, **kwargs)
            if hasattr(done, "result"):
                done.result()  # What was sent arrives.
            self.perhaps()
            return done

        return dies

    def perhaps(self):
        if self.left and self.random.random() < 0.12:
            self.left -= 1
            raise Killed


def work_on(stage):
    """As the worker and the watchdog do, in either order, with the webhooks of the moment."""
    stage.world.control("POST", "deliver", {"ahead": 60})
    unpack_events(stage.link)
    Execution.objects.exclude(due_at=None).update(due_at="2020-01-01T00:00:00Z")
    for lost in Run.objects.filter(status__in=ACTIVE_RUNS):
        finish(lost)
    process_link(stage.link.pk, process_name(), 20)


def expected(actions):
    tasks = sorted(one["values"]["title"] for one in actions if one["do"] == "task.create")
    notes = sorted(one["values"]["body"] for one in actions if one["do"] == "note.create")
    return tasks, notes


@pytest.mark.parametrize("seed", range(8))
def test_random_kills_lose_and_double_nothing(stage, monkeypatch, seed):
    draw = random.Random(seed)
    actions = [draw.choice(KINDS)(number) for number in range(draw.randint(1, 6))]
    stage.workflow("welcome_new_contact", {"triggers": [{"on": "gist.contact_created"}], "actions": actions})
    stage.workflow("contact_opened", {"triggers": [{"on": "ghl.task_created"}], "actions": [KINDS[3](99)]})
    stage.world.gist_contact(email="ann@example.test", name="Ann Lee")
    with monkeypatch.context() as patch:
        killer = Killer(seed, 6, patch)
        for _ in range(40):
            try:
                work_on(stage)
            except Killed:
                continue
        killer.left = 0
    stage.settle()
    (ann,) = stage.world.everyone("ghl")
    tasks, notes = expected(actions)
    assert sorted(task["title"] for task in stage.tasks(ann["id"])) == tasks
    assert sorted(note["body"] for note in stage.notes(ann["id"])) == notes
    greeted = Execution.objects.get(trigger="gist.contact_created")
    assert (greeted.state, greeted.step) == ("done", len(actions))
    assert Execution.objects.filter(trigger="ghl.task_created").count() == len(tasks)
    assert stage.count("gist", "POST /events") <= sum(one["do"] == "gist.event" for one in actions)
