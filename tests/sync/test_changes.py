"""What the log says was written is what was written: each change with its state, its rule and what it replaced."""

import pytest

from integration.models import Change, Execution, Link, LogEntry, Run
from integration.runs.start import retry_failed
from integration.workflows import versions
from tests.sync.hands import edit, fail, states
from tests.world import finish, sync

pytestmark = pytest.mark.usefixtures("one_try")


def test_a_new_contact_is_one_change_with_the_whole_record(world, link, pair):
    made = Change.objects.get(action="create")
    assert (made.side, made.external_id, made.state, made.rule) == ("ghl", pair[1], "applied", "mapping")
    assert made.after["name"] == "Ann Lee"
    assert made.after["tags"] == ["vip"]
    assert (made.before, made.applied_at is not None) == (None, True)


def test_each_field_is_a_change_with_the_row_that_asked_for_it(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    change = sync(link, "incremental").changes.get()
    assert (change.action, change.field, change.before, change.after) == ("update", "name", "Ann Lee", "Anna Lee")
    assert (change.rule, change.external_id, change.state) == ("mapping:name", pair[1], "applied")


def test_with_one_side_failing_one_change_is_applied_and_the_other_is_not(world, link, pair, as_viewer):
    """A name goes to GHL, a phone number to Gist, and Gist answers 500."""
    edit(world, pair, gist={"name": "Anna Lee"}, ghl={"phone": "+15550109876"})
    fail(world, "gist", "POST", "/contacts")
    run = sync(link)
    assert states(run) == {("ghl", "name"): "applied", ("gist", "phone"): "failed"}
    assert (run.status, run.failed, run.updated) == ("partial", 1, 0)
    assert world.everyone("ghl")[0]["firstName"] == "Anna"
    page = as_viewer.get("log_entry", run.entries.get().pk).content.decode()
    assert page.count("Not written") == 1
    assert page.count(">Written<") == 1
    world.fault()
    again = finish(retry_failed(run))
    assert states(again) == {("gist", "phone"): "applied"}
    assert world.everyone("gist")[0]["phone"] == "+15550109876"


def test_a_workflow_waits_for_an_edit_as_long_as_the_edit_does_and_no_longer(world, link, pair):
    """A name that arrived begins its workflow though the phone number failed; the number begins it when it arrives."""
    does = [{"do": "note.create", "values": {"body": "{{ event.fields }}"}}]
    triggers = [{"on": "gist.contact_changed"}, {"on": "ghl.contact_changed"}]
    versions.create_workflow(link, "keep_in_step", definition={"triggers": triggers, "actions": does}, enabled=True)
    edit(world, pair, gist={"name": "Anna Lee"}, ghl={"phone": "+15550109876"})
    fail(world, "gist", "POST", "/contacts")
    run = sync(link)
    assert [one.facts["event"]["fields"] for one in Execution.objects.all()] == [["name"]]
    world.fault()
    finish(retry_failed(run))
    sync(link)
    begun = {(one.trigger, *one.facts["event"]["fields"]) for one in Execution.objects.all()}
    assert begun == {("gist.contact_changed", "name"), ("ghl.contact_changed", "phone")}


def test_half_of_one_side_is_told_apart_too(world, link, pair):
    """The name goes by a PUT, the tag by a call of its own, which fails."""
    edit(world, pair, gist={"name": "Anna Lee", "tags": ["new"]})
    fail(world, "ghl", "POST", "/tags")
    run = sync(link)
    assert states(run) == {("ghl", "name"): "applied", ("ghl", "tags"): "failed"}


def test_a_create_that_fails_is_no_contact(world, link):
    world.gist_contact(email="bo@example.test", name="Bo")
    fail(world, "ghl", "POST", "/contacts/$")
    run = sync(link)
    assert (run.failed, run.created) == (1, 0)
    assert [(one.action, one.state, one.external_id) for one in run.changes.all()] == [("create", "failed", "")]


def test_a_dry_run_plans_changes_and_applies_none(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    world.gist_contact(email="bo@example.test", name="Bo")
    plan = sync(link, dry_run=True)
    assert sorted((one.action, one.state) for one in plan.changes.all()) == [
        ("create", "planned"), ("update", "planned"),
    ]  # fmt: skip
    assert not plan.changes.exclude(applied_at=None).exists()
    assert sync(link).changes.filter(state="applied").count() == 2


def test_a_deletion_by_rule_keeps_the_whole_record(world, link, pair):
    Link.objects.update(deletes="propagate")
    world.gist("POST", "/contacts", json={"id": pair[0], "custom_properties": {"shoe_size": "38"}})
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    sync(link)
    deleted = Change.objects.get(action="delete")
    assert (deleted.side, deleted.external_id, deleted.rule) == ("gist", str(pair[0]), "deletes:propagate")
    assert deleted.state == "applied"
    # What nobody maps is part of what would have to come back.
    assert deleted.before["custom_properties.shoe_size"] == "38"
    assert deleted.before["email"] == "ann@example.test"
    assert world.everyone("gist") == []


def test_what_a_workflow_writes_names_its_step(world, link, pair):
    does = [{"do": "ghl.tags.add", "values": {"tags": "new"}}, {"do": "note.create", "values": {"body": "Hello"}}]
    definition = {"triggers": [{"on": "gist.contact_changed"}], "actions": does}
    flow = versions.create_workflow(link, "keep_in_step", definition=definition, enabled=True)
    edit(world, pair, gist={"name": "Anna Lee"})
    sync(link, "incremental")
    written = {one.rule: (one.kind, one.action, one.state) for one in Change.objects.exclude(rule__startswith="map")}
    assert written == {
        f"workflow:{flow.pk}:0": ("contact", "update", "applied"),
        f"workflow:{flow.pk}:1": ("note", "create", "applied"),
    }


def test_an_action_that_fails_half_way_says_what_it_wrote(world, link, pair):
    for title in ("One", "Two"):
        due = "2030-01-02T15:00:00Z"
        world.ghl("POST", f"/contacts/{pair[1]}/tasks", json={"title": title, "dueDate": due, "completed": False})
    does = [{"do": "tasks.update_open", "values": {"title": "Call"}}]
    definition = {"triggers": [{"on": "gist.contact_changed"}], "actions": does}
    versions.create_workflow(link, "keep_in_step", definition=definition, enabled=True)
    edit(world, pair, gist={"name": "Anna Lee"})
    second = world.ghl("GET", f"/contacts/{pair[1]}/tasks")["tasks"][1]["id"]
    fail(world, "ghl", "PUT", f"/tasks/{second}")
    sync(link, "incremental")
    failed = LogEntry.objects.get(kind="task", outcome="failed")
    assert {(one.external_id == second, one.state) for one in failed.changes.all()} == {
        (False, "applied"), (True, "failed"),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["full", "sweep"])
def test_a_run_balances_what_is_there_with_what_was_decided(world, link, pair, kind):
    for number in range(4):
        world.gist_contact(email=f"p{number}@example.test", name=f"Person {number}")
    world.ghl_contact(firstName="Gil", email="gil@example.test")
    world.gist_contact(user_id="u-7")
    run = sync(link, kind)
    assert (run.has_balance, run.is_balanced, run.people, run.examined) == (True, True, 7, 7)


def test_somebody_decided_twice_in_one_run_is_counted_as_such(world, link, pair, monkeypatch):
    """While a run works, an event about somebody it has decided comes in."""
    from integration.models import PendingRead
    from integration.runs import phases

    def reported(context, real=phases.write_tasks, done=[]):  # noqa: B006
        real(*context)
        if not done:
            done.append(True)
            edit(world, pair, gist={"name": "Twice Lee"})
            now = Run.objects.latest("pk").created_at
            PendingRead.objects.create(link=link, side="gist", external_id=pair[0], first_at=now, due_at=now)

    monkeypatch.setattr(phases, "write_tasks", lambda *context: reported(context))
    edit(world, pair, gist={"name": "Once Lee"})
    run = sync(link)
    assert (run.updated, run.met_again, run.people, run.is_balanced) == (2, 1, 1, True)


def test_a_run_that_does_not_balance_says_so(world, link, pair, as_viewer):
    run = sync(link)
    assert "Balances: 1 person is there, 1 decided" in " ".join(as_viewer.get("run", run.pk).content.decode().split())
    Run.objects.filter(pk=run.pk).update(unchanged=3)
    assert "Does not balance" in as_viewer.get("run", run.pk).content.decode()
