"""One trace leads from a webhook to its event, run, entry, calls and workflow, and to the lines of the log."""

import io
import json
import logging

import pytest
from django.utils import timezone

from dashboard.log_format import JsonFormatter, MaskingFormatter
from dashboard.traces.family import family_of
from dashboard.traces.story import read_story
from integration.models import Execution, InboxEvent, LogEntry, PendingRead, Run, Snapshot
from integration.runs.recover import process_name
from integration.runs.schedule import start_due_retries
from integration.runs.start import start_run, sync_person
from integration.trace import begin_trace, current_trace, follow, new_trace, read_trace
from integration.webhooks.addresses import webhook_token
from integration.webhooks.process import process_link
from integration.webhooks.unpack import unpack_events
from tests.dashboard import things
from tests.webhooks.senders import Ghl, Gist, pem
from tests.world import finish, sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(link):
    link.merge_seconds = 0
    link.save()
    return link


@pytest.fixture
def ghl_sender(ghl, settings, tmp_path) -> Ghl:
    made = Ghl(ghl.account_id)
    file = tmp_path / "keys.pem"
    file.write_bytes(pem(made.first) + pem(made.second))
    settings.GHL_WEBHOOK_PUBLIC_KEYS = str(file)
    return made


@pytest.fixture
def gist_sender(gist) -> Gist:
    return Gist(webhook_token(gist))


@pytest.fixture
def lines():
    """What the processes log meanwhile, as JSON."""
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda trace: [one for one in map(json.loads, stream.getvalue().splitlines()) if one.get("trace") == trace]
    root.removeHandler(handler)


def go(link):
    process_link(link.pk, process_name(), 10)


def kinds(trace):
    return [step.kind for step in read_story(trace).steps]


def operations(found):
    return [line["operation"] for line in found if "operation" in line]


# From a webhook to what it brought about -----------------------------------------------------------------


def test_a_webhook_of_ghl_is_followed_to_its_entry_its_calls_and_the_log(world, link, ann, ghl_sender, lines):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    answer = ghl_sender.send(id=ann.ghl_id)
    trace = answer["X-Request-ID"]
    assert InboxEvent.objects.get().trace == trace == read_trace(trace)
    go(link)
    entry = LogEntry.objects.get(trace=trace)
    assert (entry.outcome, entry.own_trace, entry.run.trace not in ("", trace)) == ("updated", trace, True)
    assert kinds(trace) == ["webhook", "run", "entry"]
    found = lines(trace)
    assert operations(found) == ["ghl.contacts.get", "gist.contacts.get", *[one["operation"] for one in entry.calls]]
    assert [(one["entry"], one["run"]) for one in found if "entry" in one] == [(entry.pk, entry.run_id)]
    assert {one["verdict"] for one in found if "verdict" in one} == {"stored"}
    assert all(one["time"].endswith("+00:00") and one["level"] == "info" for one in found)
    # The run's own trace finds all that the run did, whatever it comes from.
    assert [step.entry for step in read_story(entry.run.trace).steps if step.entry] == [entry]
    assert any(one["message"].startswith(f"run {entry.run_id} ended") for one in lines(entry.run.trace))


def test_a_webhook_of_gist_is_followed_to_its_entry(world, link, gist_sender, lines):
    sync(link)
    bea = world.gist_contact(email="bea@example.test", name="Bea")
    answer = gist_sender.post("contact_created", json.dumps({"contact": {"id": bea["id"]}}).encode())
    trace = answer["X-Request-ID"]
    go(link)
    assert kinds(trace) == ["webhook", "run", "entry"]
    entry = LogEntry.objects.get(trace=trace)
    assert (entry.label, entry.outcome) == ("Bea", "created")
    assert "ghl.contacts.create" in operations(lines(trace))


def test_nobody_is_named_by_the_lines_of_a_trace(world, link, ann, ghl_sender, lines):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    trace = ghl_sender.send(id=ann.ghl_id)["X-Request-ID"]
    go(link)
    said = json.dumps(lines(trace))
    assert said.count(trace) > 4
    for value in (ann.ghl_id, "Anna", "Lee", "ann@", world.location, world.private_token, world.api_key):
        assert value not in said


def test_a_workflow_that_an_event_starts_has_its_trace_with_all_its_actions(world, link, ann, gist, ghl_sender):
    note = {"do": "note.create", "values": {"body": "Renamed"}}
    renamed = {"triggers": [{"on": "ghl.contact_changed"}], "actions": [note, note]}
    flow = things.workflow(link, definition=renamed, enabled=True)
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    trace = ghl_sender.send(id=ann.ghl_id)["X-Request-ID"]
    go(link)
    execution = Execution.objects.get(workflow=flow)
    assert (execution.trace, execution.state) == (trace, "done")
    assert {entry.own_trace for entry in execution.entries.all()} == {trace}
    assert {"webhook", "run", "entry", "workflow"} == set(kinds(trace))


def test_of_two_merged_webhooks_each_finds_what_both_brought_about(world, link, ann, ghl_sender):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    first, second, third = (ghl_sender.send(id=ann.ghl_id, webhookId=name)["X-Request-ID"] for name in "abc")
    unpack_events(link)
    fourth = ghl_sender.send(id=ann.ghl_id, webhookId="d")["X-Request-ID"]
    go(link)
    entry = LogEntry.objects.get(trace=first)
    for trace in (first, second, third, fourth):
        story = read_story(trace)
        assert [step.kind for step in story.steps].count("webhook") == 4
        assert [step.entry for step in story.steps if step.entry] == [entry]


def test_edits_that_cross_on_both_sides_are_one_story(world, link, ann, ghl_sender, gist_sender):
    (there,) = world.everyone("gist")
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    world.gist("POST", "/contacts", json={"id": there["id"], "phone": "+14155550101"})
    of_ghl = ghl_sender.send(id=ann.ghl_id)["X-Request-ID"]
    body = json.dumps({"contact": {"id": there["id"]}}).encode()
    of_gist = gist_sender.post("custom_property_value_updated", body)["X-Request-ID"]
    go(link)
    entries = LogEntry.objects.exclude(trace="")
    assert entries.count() == 1
    for trace in (of_ghl, of_gist):
        assert [step.entry for step in read_story(trace).steps if step.entry] == list(entries)


def test_what_failed_and_is_tried_again_goes_on_under_the_trace_of_its_webhook(world, link, ann, ghl_sender):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    trace = ghl_sender.send(id=ann.ghl_id)["X-Request-ID"]
    world.fault({"side": "gist", "method": "POST", "path": "/contacts", "kind": "500"})
    go(link)
    assert [one.outcome for one in LogEntry.objects.filter(trace=trace)] == ["failed"]
    world.fault()
    Snapshot.objects.filter(retry_at__isnull=False).update(retry_at=timezone.now())
    assert start_due_retries() == 1
    again = finish(Run.objects.get(kind="retry"))
    assert [one.outcome for one in LogEntry.objects.filter(trace=trace).order_by("pk")] == ["failed", "updated"]
    assert again.trace != trace
    assert kinds(trace).count("run") == 2


def test_work_that_a_killed_worker_left_keeps_its_trace(world, link, ann, ghl_sender, monkeypatch):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna"})
    trace = ghl_sender.send(id=ann.ghl_id)["X-Request-ID"]

    def dies(*args):
        raise KeyboardInterrupt

    # Read and known as work, and not written yet: the pending read is gone by then.
    with monkeypatch.context() as patch:
        patch.setattr("integration.runs.listen.write_entries", dies)
        with pytest.raises(KeyboardInterrupt):
            go(link)
    assert not PendingRead.objects.exists()
    Run.objects.filter(finished_at=None).update(status="cancelled", finished_at=timezone.now())
    sync(link, "incremental")
    assert [one.outcome for one in LogEntry.objects.filter(trace=trace)] == ["updated"]


def test_a_webhook_that_is_sent_again_brings_nothing_about(world, link, ann, ghl_sender, lines):
    first, again = ghl_sender.send(id=ann.ghl_id), ghl_sender.send(id=ann.ghl_id)
    assert InboxEvent.objects.get().trace == first["X-Request-ID"]
    assert [one["verdict"] for one in lines(again["X-Request-ID"])] == ["duplicate"]


def test_a_webhook_that_waited_on_disk_keeps_its_trace(link, ghl, ghl_sender, monkeypatch):
    from integration.webhooks.memory import memory
    from integration.webhooks.spool import drain_spool

    memory().note_database(up=False)
    trace = ghl_sender.send(id="c1")["X-Request-ID"]
    memory().note_database(up=True)
    assert not InboxEvent.objects.exists()
    drain_spool()
    assert InboxEvent.objects.get().trace == trace


def test_a_webhook_that_was_refused_is_found_by_its_trace(link, ghl_sender):
    answer = ghl_sender.post(ghl_sender.event(), {"X-GHL-Signature": "AA=="})
    assert answer.status_code == 401
    assert kinds(answer["X-Request-ID"]) == ["webhook"]


# From a run, and from a click ----------------------------------------------------------------------------


def test_each_run_that_begins_by_itself_has_a_trace_and_its_entries_need_none(world, link):
    world.gist_contact(email="ann@example.test", name="Ann")
    first, second = sync(link), sync(link)
    assert {read_trace(first.trace), read_trace(second.trace)} == {first.trace, second.trace}
    entry = first.entries.get()
    assert (entry.trace, entry.own_trace) == ("", first.trace)
    assert kinds(first.trace) == ["run", "entry"]


def test_what_a_person_asks_for_while_a_run_is_under_way_is_found_by_the_request(world, link, ann, ghl_sender):
    event = ghl_sender.send(id=ann.ghl_id)["X-Request-ID"]
    unpack_events(link)
    busy = start_run(link)
    with follow(click := new_trace()):
        assert sync_person(link, {"ghl": ann.ghl_id}).pk == busy.pk
    finish(busy)
    assert LogEntry.objects.filter(trace=click, run=busy).count() == 1
    assert family_of(event) == {event, click}


def test_a_backfill_does_not_say_each_of_its_calls(world, link, lines):
    world.gist_contact(email="ann@example.test", name="Ann")
    run = sync(link)
    assert operations(lines(run.trace)) == []
    world.fault({"side": "gist", "kind": "500", "times": 1})
    run = sync(link)
    assert [one["outcome"] for one in lines(run.trace) if "operation" in one] == ["server_fault"]


# What is no trace ----------------------------------------------------------------------------------------


def test_only_sixteen_digits_are_a_trace():
    assert read_trace(" 0123456789ABCDEF\n") == "0123456789abcdef"
    for text in ("", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg", "'" * 16, "０" * 16, "\0" * 16):
        assert read_trace(text) == ""


def test_what_is_followed_ends_with_it_and_another_within_ends_first():
    with follow("a" * 16, job="x"):
        with follow("b" * 16):
            assert current_trace() == begin_trace() == "b" * 16
        with follow(""):
            assert current_trace() == "a" * 16
    assert current_trace() == "" != begin_trace()


def test_a_line_for_people_ends_with_the_trace_and_secret_addresses_are_masked_in_both_forms():
    record = logging.LogRecord("x", 20, "x.py", 1, "refused %s", ("/webhooks/gist/s3cret/contact_created/",), None)
    with follow("a" * 16, run=7):
        text, line = MaskingFormatter().format(record), json.loads(JsonFormatter().format(record))
    assert text.endswith(f"[run=7 trace={'a' * 16}]")
    assert (line["run"], line["trace"], line["message"]) == (7, "a" * 16, "refused /webhooks/gist/…/contact_created/")
