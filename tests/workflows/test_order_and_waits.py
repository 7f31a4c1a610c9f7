"""One person's executions keep their order; links that watch or are paused, logins that end and people who are not
there yet make them wait, and lose or double none.
"""

import pytest

from integration.errors import SetupError
from integration.models import Connection, Execution, InboxEvent, Link, LogEntry, Run, Snapshot
from integration.people import pair_commands
from integration.people.find import find_by_id
from integration.runs.recover import process_name
from integration.runs.schedule import start_due_retries
from integration.webhooks.process import process_link
from integration.webhooks.unpack import unpack_events
from integration.workflows import executions, gist_events
from integration.workflows.start import LOOP_RUNS


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


def flow(stage, *actions, action="go"):
    return stage.workflow(
        "contact_opened", {"triggers": [{"on": "gist.webhook", "action": action}], "actions": list(actions)}
    )


def note(body):
    return {"do": "note.create", "values": {"body": body}}


def ask(stage, gist_id, action="go", **more):
    stage.trigger("workflow", gist_id, action=action, **more)


def bodies(stage, ghl_id):
    return sorted(one["body"] for one in stage.notes(ghl_id))


MEETING = {"id": 77, "title": "Check-up"}


def failing_once(stage, path, work):
    """Work while GHL fails for good at `path`, then no longer."""
    stage.world.fault({"side": "ghl", "kind": "500", "path": path})
    work()
    stage.world.fault()


@pytest.fixture
def quick(monkeypatch):
    """Tries come at once."""
    monkeypatch.setattr("integration.providers.exchange.random.uniform", lambda low, high: 0.001)


def listen(stage):
    """Take in what came, without moving on what waits for its next try."""
    stage.world.control("POST", "deliver", {"ahead": 60})
    process_link(stage.link.pk, process_name(), 20)


def test_a_meeting_moved_while_its_booking_waits_for_another_try_ends_where_it_was_moved(stage, ann, quick):
    stage.workflow("meeting_booked")
    stage.trigger("meeting_scheduled", ann[0], meeting={**MEETING, "scheduled_at": "2030-03-01T10:00:00Z"})
    failing_once(stage, "/calendars/", lambda: listen(stage))
    assert Execution.objects.get().state == "waiting"
    stage.trigger("meeting_rescheduled", ann[0], meeting={**MEETING, "scheduled_at": "2030-03-02T10:00:00Z"})
    listen(stage)
    stage.settle()
    (booked,) = stage.appointments(ann[1])
    assert booked["startTime"].startswith("2030-03-02")


def test_a_meeting_cancelled_while_its_booking_waits_is_not_booked_in_the_end(stage, ann, quick):
    stage.workflow("meeting_booked")
    stage.trigger("meeting_scheduled", ann[0], meeting={**MEETING, "scheduled_at": "2030-03-01T10:00:00Z"})
    failing_once(stage, "/calendars/", lambda: listen(stage))
    stage.trigger("meeting_cancelled", ann[0], meeting=MEETING)
    listen(stage)
    stage.settle()
    assert [one["appointmentStatus"] for one in stage.appointments(ann[1])] == ["cancelled"]


def test_a_meeting_whose_appointment_was_deleted_is_booked_again_once(stage, ann):
    stage.workflow("meeting_booked")
    stage.trigger("meeting_scheduled", ann[0], meeting={**MEETING, "scheduled_at": "2030-03-01T10:00:00Z"})
    stage.settle()
    (booked,) = stage.appointments(ann[1])
    stage.world.ghl("DELETE", f"/calendars/events/{booked['id']}", json={})
    stage.settle()
    stage.trigger("meeting_rescheduled", ann[0], meeting={**MEETING, "scheduled_at": "2030-03-02T10:00:00Z"})
    stage.settle()
    (again,) = stage.appointments(ann[1])
    assert again["startTime"].startswith("2030-03-02")
    assert not Execution.objects.exclude(state="done").exists()


def test_a_backlog_of_one_person_is_worked_on_in_order_and_holds_up_nobody(stage, ann):
    _, bob = stage.person("Bob Ray")
    flow(stage, {"do": "gist.contact.set", "values": {"field": "custom_properties.last", "value": "{{ event.title }}"}})
    for number in range(20):
        ask(stage, ann[0], title=str(number))
    flow(stage, note("Bob's"), action="bob")
    ask(stage, str(next(one["id"] for one in stage.world.everyone("gist") if one["name"] == "Bob Ray")), "bob")
    stage.settle()
    assert Execution.objects.exclude(state="done").count() == 0
    assert stage.carried(ann[0])["last"] == "19"
    assert bodies(stage, bob) == ["Bob's"]


def test_two_workflows_of_one_person_do_not_wait_for_each_other_s_next_try(stage, ann, quick):
    flow(stage, note("Fails"), action="one")
    flow(stage, {"do": "ghl.tags.add", "values": {"tags": "works"}}, action="two")
    ask(stage, ann[0], "one")
    ask(stage, ann[0], "two")
    failing_once(stage, "/notes", lambda: listen(stage))
    assert "works" in stage.world.ghl("GET", f"/contacts/{ann[1]}")["contact"]["tags"]
    stage.settle()
    assert bodies(stage, ann[1]) == ["Fails"]


def test_two_workflows_of_one_person_take_turns(stage, ann):
    flow(stage, note("One"))
    flow(stage, note("Two"))
    ask(stage, ann[0])
    stage.world.control("POST", "deliver", {"ahead": 60})
    unpack_events(stage.link)
    assert Execution.objects.filter(state="waiting").count() == 2
    (first,) = executions.take_due(stage.link)
    assert first == Execution.objects.order_by("pk").first()
    stage.settle()
    assert bodies(stage, ann[1]) == ["One", "Two"]


# Waiting -------------------------------------------------------------------------------------------------


def test_a_link_that_only_watches_begins_and_carries_on_nothing_and_does_not_spin(stage, ann):
    flow(stage, note("Later"))
    ask(stage, ann[0])
    stage.world.control("POST", "deliver", {"ahead": 60})
    unpack_events(stage.link)
    Link.objects.update(mode="watch")
    before = Run.objects.count()
    process_link(stage.link.pk, process_name(), 2)
    assert Run.objects.count() - before <= 1
    assert bodies(stage, ann[1]) == []
    Link.objects.update(mode="live")
    stage.settle()
    assert bodies(stage, ann[1]) == ["Later"]


def test_nothing_begins_while_a_link_only_watches(stage, ann):
    flow(stage, note("Never"))
    Link.objects.update(mode="watch")
    ask(stage, ann[0])
    stage.world.control("POST", "deliver", {"ahead": 60})
    stage.link.refresh_from_db()
    unpack_events(stage.link)
    assert InboxEvent.objects.filter(topic="workflow", state="done").exists()
    assert not Execution.objects.exists()


def test_a_run_under_way_takes_up_no_workflow_once_its_link_only_watches(stage, ann):
    flow(stage, note("Later"))
    ask(stage, ann[0])
    stage.world.control("POST", "deliver", {"ahead": 60})
    unpack_events(stage.link)
    assert executions.take_due(stage.link)
    Link.objects.update(mode="watch")
    assert (executions.take_due(stage.link), executions.next_due(stage.link)) == ([], None)


def test_a_paused_link_goes_on_where_it_was(stage, ann):
    flow(stage, note("One"), note("Two"))
    ask(stage, ann[0])
    stage.world.control("POST", "deliver", {"ahead": 60})
    unpack_events(stage.link)
    Link.objects.update(enabled=False)
    process_link(stage.link.pk, process_name(), 2)
    assert (bodies(stage, ann[1]), Execution.objects.get().state) == ([], "waiting")
    Link.objects.update(enabled=True)
    stage.settle()
    assert bodies(stage, ann[1]) == ["One", "Two"]


def broken(stage):
    """GHL refuses the login from here on."""
    kept = Connection.objects.get(pk=stage.link.ghl_id).credentials
    Connection.objects.filter(pk=stage.link.ghl_id).update(credentials={"private_token": "pit-gone"})
    return kept


def mended(stage, kept):
    Connection.objects.filter(pk=stage.link.ghl_id).update(credentials=kept, status="ok", status_reason="")


def test_executions_wait_for_a_new_login_and_go_on_once(stage, ann):
    flow(stage, note("One"), {"do": "task.create", "values": {"title": "Two"}}, note("Three"))
    ask(stage, ann[0])
    kept, before = broken(stage), Run.objects.count()
    listen(stage)
    assert Run.objects.count() - before <= 1
    assert Connection.objects.get(pk=stage.link.ghl_id).status == "reconnect"
    assert Execution.objects.get().state in ("waiting", "running")
    mended(stage, kept)
    stage.settle()
    assert Execution.objects.get().state == "done"
    assert bodies(stage, ann[1]) == ["One", "Three"]
    assert [task["title"] for task in stage.tasks(ann[1])] == ["Two"]


@pytest.mark.parametrize("kind", ["429", "expired_token"])
def test_an_event_that_was_refused_for_now_is_sent_later(stage, ann, kind, quick, monkeypatch):
    """It cannot be read back: what was certainly not carried out must not be taken for what may have been."""
    monkeypatch.setattr("integration.providers.exchange.LIMIT_TRIES", 2)
    flow(stage, {"do": "gist.event", "values": {"name": "Asked"}})
    ask(stage, ann[0])
    stage.world.fault({"side": "gist", "kind": kind, "path": "/events$", "retry_after": 0.01})
    listen(stage)
    stage.world.fault()
    Connection.objects.filter(pk=stage.link.gist_id).update(status="ok", status_reason="")
    stage.settle()
    assert LogEntry.objects.filter(kind="event", outcome="created").count() == 1


def test_someone_whose_contact_ghl_cannot_take_for_now_is_waited_for(stage, quick):
    flow(stage, note("Welcome"))
    stage.world.fault({"side": "ghl", "kind": "500", "method": "POST", "path": "/contacts/$"})
    made = stage.world.gist_contact(email="new@example.test", name="New Person")
    ask(stage, str(made["id"]))
    listen(stage)
    Execution.objects.update(created_at="2020-01-01T00:00:00Z")
    stage.settle()
    assert Execution.objects.get().state == "waiting"
    stage.world.fault()
    retried(stage)
    for _ in range(2):
        stage.settle()
    (there,) = stage.world.everyone("ghl")
    assert bodies(stage, there["id"]) == ["Welcome"]


def retried(stage):
    Snapshot.objects.exclude(retry_at=None).update(retry_at="2020-01-01T00:00:00Z")
    start_due_retries()


def test_someone_nobody_syncs_is_refused_in_words(stage):
    flow(stage, note("Welcome"))
    Link.objects.update(direction="ghl_to_gist")
    made = stage.world.gist_contact(email="new@example.test", name="New Person")
    ask(stage, str(made["id"]))
    stage.settle()
    refused = Execution.objects.get()
    assert (refused.state, refused.reason) == ("failed", "not_sent")
    assert "not in GHL yet" in refused.message
    assert refused.entries.get().run.status == "partial"


# A person's word -----------------------------------------------------------------------------------------


def test_what_is_stopped_while_an_action_is_under_way_stays_stopped(stage, ann, monkeypatch):
    flow(stage, note("One"), note("Two"))
    ask(stage, ann[0])
    real = executions.advance

    def stopped_meanwhile(run, execution, *more):
        executions.stop_execution(execution, "Olga")
        real(run, execution, *more)

    with monkeypatch.context() as patch:
        patch.setattr(executions, "advance", stopped_meanwhile)
        listen(stage)
    stage.settle()
    one = Execution.objects.get()
    assert (one.state, one.message, one.step) == ("skipped", "Stopped by Olga.", 1)
    assert bodies(stage, ann[1]) == ["One"]
    assert LogEntry.objects.filter(execution=one, outcome="created").count() == 1


def test_what_came_to_its_end_can_neither_be_stopped_nor_retried(stage, ann):
    flow(stage, note("One"))
    ask(stage, ann[0])
    stage.settle()
    for act in (executions.stop_execution, executions.retry_execution):
        with pytest.raises(SetupError):
            act(Execution.objects.get())


def test_somebody_on_hold_is_left_alone_until_released(stage, ann, operator):
    pair_commands.hold_person(find_by_id(stage.link, "gist", ann[0]), operator)
    flow(stage, note("Hello"))
    ask(stage, ann[0])
    stage.settle()
    assert bodies(stage, ann[1]) == []
    pair_commands.release_person(find_by_id(stage.link, "gist", ann[0]), operator)
    stage.settle()
    assert bodies(stage, ann[1]) == ["Hello"]


def test_who_was_unlinked_is_not_written_by_a_workflow(stage, ann, operator):
    pair_commands.unlink_records(find_by_id(stage.link, "gist", ann[0]), operator)
    flow(stage, note("Hello"))
    ask(stage, ann[0])
    stage.settle()
    assert bodies(stage, ann[1]) == []
    assert "not in GHL" in Execution.objects.get().message


def test_an_event_that_breaks_the_workflows_holds_up_nobody(stage, ann, monkeypatch):
    flow(stage, note("Hello"))
    real = gist_events.facts_of

    def facts_of(topic, body, *rest):
        return real(topic, body, *rest) if body["action"] == "go" else 1 / ""

    monkeypatch.setattr(gist_events, "facts_of", facts_of)
    ask(stage, ann[0], action="odd")
    ask(stage, ann[0])
    stage.settle()
    assert InboxEvent.objects.get(reason="internal").state == "parked"
    assert bodies(stage, ann[1]) == ["Hello"]


def test_many_webhooks_of_one_person_are_no_loop(stage, ann):
    flow(stage, note("Hello"))
    for number in range(LOOP_RUNS + 2):
        ask(stage, ann[0], number=number)
    stage.settle()
    assert len(bodies(stage, ann[1])) == LOOP_RUNS + 2
