"""What goes wrong is told in words, costs nobody else, and nothing is lost or doubled by it."""

from datetime import timedelta
from threading import Event

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django_q.models import OrmQ

from integration import jobs
from integration.errors import SetupError
from integration.mapping.versions import save_version
from integration.models import Connection, Link, LogEntry, Pair, Run, Snapshot
from integration.runs import phases as slices
from integration.runs.control import cancel_run
from integration.runs.recover import process_name, recover_lost_runs
from integration.runs.schedule import start_due_runs
from integration.runs.start import AlreadyRunning, retry_entry, retry_failed, start_run
from integration.runs.work import work_one_slice
from integration.sync.record import Recorder
from integration.webhooks.process import process_link
from tests.conftest import MAPPING
from tests.world import finish, sync


def people(world, count):
    for number in range(count):
        world.gist_contact(email=f"p{number:03}@example.test", name=f"Person {number}", tags=["a"])


def assert_everyone_once(world, count):
    assert world.emails("ghl") == [f"p{number:03}@example.test" for number in range(count)]
    assert world.emails("gist") == world.emails("ghl")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "429", "rate": 0.3, "retry_after": 0.01},
        {"kind": "500", "rate": 0.2},
        {"kind": "broken_json", "rate": 0.1},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_failing_ghl_loses_and_doubles_nobody(world, link, fault, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.random.uniform", lambda low, high: 0.001)
    people(world, 40)
    world.fault({"side": "ghl", **fault})
    run = sync(link)
    world.fault()
    if run.failed:
        sync(link)
    assert_everyone_once(world, 40)


def test_a_refused_record_is_told_and_the_others_go_on(world, link):
    people(world, 3)
    world.gist_contact(email="not an address", name="Wrong")
    run = sync(link)
    assert (run.status, run.created, run.failed) == ("partial", 3, 1)
    entry = run.entries.get(outcome="failed")
    assert entry.reason == "rejected"
    assert "GHL" in entry.message
    assert entry.calls


def test_a_failure_that_stays_is_told_once(world, link):
    world.gist_contact(email="not an address", name="Wrong")
    assert sync(link).failed == 1
    assert sync(link).failed == 1
    assert LogEntry.objects.get(outcome="failed").attempt == 2


def test_retrying_one_person_links_the_attempts_and_settles_the_failure(world, link):
    wrong = world.gist_contact(email="not an address", name="Wrong")
    entry = sync(link).entries.get(outcome="failed")
    world.gist("POST", "/contacts", json={"id": wrong["id"], "email": "right@example.test"})
    again = finish(retry_entry(entry))
    assert (again.kind, again.created, again.examined) == ("retry", 1, 1)
    entry.refresh_from_db()
    assert entry.resolved_at
    assert again.entries.get().parent == entry
    assert world.emails("ghl") == ["right@example.test"]


def test_retrying_someone_who_was_deleted_settles_the_failure(world, link):
    wrong = world.gist_contact(email="not an address", name="Wrong")
    entry = sync(link).entries.get(outcome="failed")
    world.gist("DELETE", f"/contacts/{wrong['id']}")
    again = finish(retry_entry(entry))
    assert (again.status, again.skipped, again.entries.get().reason) == ("succeeded", 1, "gone")
    entry.refresh_from_db()
    assert entry.resolved_at
    assert not Snapshot.objects.exists()


def test_retry_failed_takes_only_what_is_still_open(world, link):
    people(world, 2)
    world.gist_contact(email="not an address", name="Wrong")
    first = sync(link)
    assert finish(retry_failed(first)).examined == 1
    assert retry_failed(first) is None


def test_a_broken_login_stops_the_run_and_marks_the_connection(world, link):
    people(world, 2)
    link.gist.credentials = {"access_token": "wrong"}
    link.gist.save()
    run = sync(link)
    link.gist.refresh_from_db()
    assert (run.status, run.error_code, run.failed) == ("failed", "reconnect", 0)
    assert (link.gist.status, "API key" in run.error) == ("reconnect", True)


def first_run_broken_off(world, link, **options):
    """The login is well again since, and the time of the schedule has come."""
    people(world, 2)
    login, link.gist.credentials = link.gist.credentials, {"access_token": "wrong"}
    link.gist.save()
    assert sync(link, **options).error_code == "reconnect"
    link.gist.refresh_from_db()
    link.gist.credentials = login
    link.gist.save()
    Run.objects.update(finished_at=timezone.now() - timedelta(hours=1))


def test_a_first_run_that_a_broken_login_ended_is_started_again_after_that(world, link):
    first_run_broken_off(world, link)
    assert start_due_runs() == 1
    assert finish(Run.objects.first()).created == 2


def test_a_dry_run_that_a_broken_login_ended_does_not_become_a_first_run(world, link):
    first_run_broken_off(world, link, dry_run=True)
    assert start_due_runs() == 0


def test_without_a_new_login_a_first_run_is_not_started_again(world, link):
    first_run_broken_off(world, link)
    Connection.objects.filter(pk=link.gist.pk).update(credentials={"access_token": "wrong"})
    assert (start_due_runs(), Run.objects.count()) == (0, 1)
    with pytest.raises(SetupError, match="needs a new login"):
        start_run(Link.objects.get(pk=link.pk))


def test_a_mapping_row_to_a_field_that_does_not_exist_is_named_and_the_rest_goes_on(world, link):
    save_version(link, [*MAPPING[:2], {"gist": "custom_properties.plan", "ghl": "customFields.nowhere"}])
    people(world, 1)
    run = sync(link)
    assert (run.status, run.created) == ("partial", 1)
    assert "Row 3: GHL has no field “customFields.nowhere”" in run.error
    assert run.entries.get(kind="mapping").reason == "mapping_row"


def test_a_row_that_cannot_work_is_still_the_reason_when_the_run_takes_several_slices(world, link, monkeypatch):
    save_version(link, [*MAPPING[:2], {"gist": "custom_properties.plan", "ghl": "customFields.nowhere"}])
    people(world, 130)
    run = start_run(link)
    killed_after(monkeypatch, slices, "read_page", 2, run)
    run = finish(run)
    assert (run.status, run.error_code) == ("partial", "mapping_row")


def test_a_run_killed_between_its_pages_goes_on_where_it_was(world, link, monkeypatch):
    people(world, 130)
    run = start_run(link)
    killed_after(monkeypatch, slices, "read_page", 2, run)
    run.refresh_from_db()
    assert run.checkpoint.cursor["page"] == 2
    assert finish(run).created == 130
    assert_everyone_once(world, 130)


def test_people_created_right_before_a_kill_are_found_and_not_created_again(world, link, monkeypatch):
    people(world, 240)  # More than can be on their way at once.
    run = start_run(link)
    killed_after(monkeypatch, Recorder, "record", 1, run)
    assert 0 < len(world.everyone("ghl")) < 240
    assert Snapshot.objects.filter(create_sent=True).exists()
    assert not Pair.objects.exists()
    assert finish(run).created == 240
    assert_everyone_once(world, 240)
    assert run.entries.filter(reason="recovered").exists()


def test_an_update_written_right_before_a_kill_is_not_taken_for_an_edit(world, link, monkeypatch):
    """Gist's values win here, and what stands in Gist after the kill is not Gist's but our own."""
    Link.objects.update(conflict="gist")
    people(world, 1)
    sync(link)
    rename_in_ghl(world, "First")
    run = start_run(link)
    killed_after(monkeypatch, Recorder, "record", 1, run)
    assert world.everyone("gist")[0]["name"].startswith("First")
    rename_in_ghl(world, "Second")
    cancel_run(run)
    sync(link)
    assert world.everyone("gist")[0]["name"].startswith("Second")


def test_someone_created_right_before_a_kill_is_not_taken_for_an_edit_of_the_other_side(world, link, monkeypatch):
    Link.objects.update(conflict="ghl")
    people(world, 1)
    run = start_run(link)
    killed_after(monkeypatch, Recorder, "record", 1, run)
    (here,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": here["id"], "email": here["email"], "name": "Second Name"})
    cancel_run(run)
    sync(link)
    assert [one["lastName"] for one in world.everyone("ghl")] == ["Name"]


def rename_in_ghl(world, first_name):
    (there,) = world.everyone("ghl")
    world.ghl("PUT", f"/contacts/{there['id']}", json={"firstName": first_name})


def killed_after(monkeypatch, owner, name, times, run):
    """Work on the run until `owner.name` is called once more than `times`, as if the process ended there."""
    real, left = getattr(owner, name), iter(range(times))

    def dies(*args, **kwargs):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(KeyboardInterrupt):
            work_one_slice(run.pk, process_name(), 60)


def test_news_of_somebody_whom_the_run_decided_before_is_not_left_for_another_run(world, link):
    people(world, 1)
    sync(link)
    rename_in_ghl(world, "Second")
    run = start_run(link)
    Snapshot.objects.update(decided_run=run.pk)
    assert finish(run).updated == 1
    assert world.everyone("gist")[0]["name"].startswith("Second")


def test_a_cancelled_run_stops_and_leaves_the_rest_for_the_next(world, link):
    people(world, 3)
    run = start_run(link)
    cancel_run(run)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert world.everyone("ghl") == []
    assert sync(link).created == 3


def test_a_link_has_one_run_at_a_time(world, link):
    first = start_run(link)
    with pytest.raises(AlreadyRunning) as busy:
        start_run(link)
    assert busy.value.run == first


def test_a_start_that_met_a_run_that_ended_at_that_moment_goes_through(world, link, monkeypatch):
    save = Run.save

    def refused_once(run, **options):
        monkeypatch.setattr(Run, "save", save)
        raise IntegrityError("UNIQUE constraint failed: integration_run.link_id")

    monkeypatch.setattr(Run, "save", refused_once)
    assert finish(start_run(link)).status == "succeeded"


def test_nobody_else_writes_while_a_worker_holds_the_link(world, link):
    people(world, 1)
    run = start_run(link)
    assert link.take_lease("another-host:1:1", 60)
    assert work_one_slice(run.pk, "me", 5) is False
    assert world.everyone("ghl") == []


def test_a_dead_worker_s_run_is_given_back_to_the_queue(world, link):
    run = start_run(link)
    OrmQ.objects.all().delete()
    Run.objects.filter(pk=run.pk).update(status="running")
    link.take_lease(f"{process_name().partition(':')[0]}:99999999:1", 600)
    assert recover_lost_runs() == 1
    assert OrmQ.objects.count() == 1 or settings.REDIS_URL


def test_a_worker_that_is_to_stop_hands_its_slice_and_its_jobs_back(world, link, monkeypatch):
    people(world, 40)
    run, stopping = start_run(link), Event()
    monkeypatch.setattr("integration.queue.stopping", stopping)
    match = slices.PHASES["match"]
    monkeypatch.setitem(slices.PHASES, "match", lambda context: stopping.set() or match(context))
    queued: list[tuple[str, int]] = []
    for module in ("jobs", "runs.turns", "webhooks.process"):
        monkeypatch.setattr(f"integration.{module}.enqueue", lambda job, pk, *seen: queued.append((job, pk)))
    jobs.work_on_run(run.pk)
    run.refresh_from_db()
    link.refresh_from_db()
    assert (run.status, link.lease_owner, len(world.everyone("ghl")) < 40) == ("running", "", True)
    calls = world.calls()
    jobs.work_on_run(run.pk)
    jobs.live(link.pk)
    process_link(link.pk, "me", 5)
    assert (queued, world.calls()) == ([("work_on_run", run.pk)] * 2 + [("live", link.pk)] * 2, calls)
    stopping.clear()
    finish(run)
    assert_everyone_once(world, 40)
