"""Runs: the list, and one run with its progress, its balance, cancel and retry."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Link, Run
from integration.runs.start import start_run
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.world import finish, sync

POLLING = 'hx-trigger="every 2s"'


@pytest.mark.parametrize("status", ["queued", "running", "waiting", "paused"])
def test_an_active_run_is_asked_anew_every_two_seconds(as_viewer, link, status):
    run = Run.objects.create(link=link, status=status)
    assert POLLING in html(as_viewer.get("run", run.pk))


@pytest.mark.parametrize("status", ["succeeded", "partial", "failed", "cancelled"])
def test_a_finished_run_is_not_asked_again(as_viewer, link, status):
    run = things.finished_run(link, status=status)
    assert POLLING not in html(as_viewer.get("run", run.pk))


def test_updates_can_be_paused(as_viewer, link):
    run = Run.objects.create(link=link, status="running")
    page = as_viewer.get("run", run.pk, live="off")
    assert POLLING not in html(page)
    assert "Resume updates" in words(page)


def test_while_it_runs_only_the_moving_part_is_sent(as_viewer, link):
    run = Run.objects.create(link=link, status="running", created=3, total=10)
    part = as_viewer.get("run", run.pk, part="live")
    assert "3 of 10 contacts examined" in words(part)
    assert "<html" not in html(part)
    assert "HX-Refresh" not in part


def test_the_end_of_the_run_loads_the_page_anew(as_viewer, run):
    assert as_viewer.get("run", run.pk, part="live")["HX-Refresh"] == "true"


def test_the_counts_of_a_run_balance_on_the_page(as_viewer, link):
    run = things.finished_run(link, created=4, updated=3, unchanged=1_200, skipped=2, failed=1, total=1_210)
    page = words(as_viewer.get("run", run.pk))
    assert "Balances: 1,210 people are there, 1,210 decided" in page
    assert "Created 4 Updated 3 Unchanged 1,200 Skipped 2 Failed 1" in page


def test_a_run_that_waits_says_for_what_and_how_long(as_viewer, link):
    soon = timezone.now() + timedelta(seconds=30)
    run = Run.objects.create(link=link, status="waiting", wait_until=soon, wait_reason="GHL takes no more calls")
    page = words(as_viewer.get("run", run.pk))
    assert "GHL takes no more calls, goes on in" in page
    assert "Nothing is lost." in page


def test_a_run_that_failed_says_why(as_viewer, link):
    run = things.finished_run(link, status="failed", error="Alder GHL: the private token was refused.")
    assert "Alder GHL: the private token was refused." in words(as_viewer.get("run", run.pk))


def test_a_run_shows_the_rules_it_was_frozen_with(as_viewer, world, link):
    run = sync(link)
    page = words(as_viewer.get("run", run.pk))
    assert "Phone, international" in page
    assert "matched by email, then phone" in page


def test_entries_of_a_run_are_filtered_like_the_log(as_viewer, run):
    things.entry(run, "Ann")
    things.failure(run, "Bob")
    page = words(as_viewer.get("run", run.pk, outcome="failed"))
    assert ("Bob" in page, "Ann" in page) == (True, False)


def test_another_run_s_entries_are_not_shown(as_viewer, link, run):
    things.entry(things.finished_run(link), "Zoe")
    assert "Zoe" not in words(as_viewer.get("run", run.pk))


# Cancel --------------------------------------------------------------------------------------------------


def test_a_run_that_nobody_works_on_is_cancelled_at_once(as_operator, link):
    run = start_run(link)
    page = as_operator.go(as_operator.post("run_cancel", run.pk))
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert "What was written stays." in words(page)


def test_a_run_under_way_is_asked_to_stop(as_operator, link):
    run = start_run(link)
    link.take_lease("elsewhere:1:1", 60)
    page = as_operator.go(as_operator.post("run_cancel", run.pk))
    run.refresh_from_db()
    assert (run.is_active, run.cancel_requested) == (True, True)
    assert "Stopping" in words(page)


def test_cancelling_a_finished_run_changes_nothing(as_operator, run):
    page = as_operator.go(as_operator.post("run_cancel", run.pk))
    run.refresh_from_db()
    assert (run.status, run.cancel_requested) == ("succeeded", False)
    assert "This run had ended already: nothing was cancelled." in words(page)


def test_cancel_is_offered_while_the_run_is_active_and_to_operators_only(as_operator, as_viewer, link, run):
    active = Run.objects.create(link=link, status="running")
    assert "Cancel the run" in words(as_operator.get("run", active.pk))
    assert "Cancel the run" not in words(as_operator.get("run", run.pk))
    assert "Cancel the run" not in words(as_viewer.get("run", active.pk))


# Retry ---------------------------------------------------------------------------------------------------


def test_retry_failed_starts_one_run_for_all_that_is_open(as_operator, world, link):
    wrong = world.gist_contact(email="not an address", name="Wrong")
    run = sync(link)
    assert "Retry 1 failed" in words(as_operator.get("run", run.pk))
    world.gist("POST", "/contacts", json={"id": wrong["id"], "email": "right@example.test"})
    answer = as_operator.post("run_retry", run.pk)
    again = finish(Run.objects.get(kind="retry"))
    assert (answer["Location"], again.created) == (f"/runs/{again.pk}/", 1)
    assert "Retry 1 failed" not in words(as_operator.get("run", run.pk))


def test_retrying_a_run_without_open_failures_says_so(as_operator, run):
    page = as_operator.go(as_operator.post("run_retry", run.pk))
    assert "Nothing to retry: every failure of this run is settled." in words(page)


# The list ------------------------------------------------------------------------------------------------


def test_runs_are_filtered_by_link_status_and_kind(as_viewer, link):
    (other,) = things.links(1)
    things.finished_run(link, status="failed", kind="full")
    things.finished_run(other, status="succeeded", kind="incremental")
    for query in ({"link": "alder"}, {"status": "failed"}, {"kind": "full"}, {"q": "status:failed alder"}):
        assert "1 run" in words(as_viewer.get("runs", **query)), query


def test_the_list_says_who_started_a_run(as_viewer, owner, link):
    things.finished_run(link, started_by=owner)
    things.finished_run(link, trigger="schedule")
    page = words(as_viewer.get("runs"))
    assert owner.email in page
    assert "schedule" in page


# Starting ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "kind", "dry_run"),
    [
        ({"kind": "full"}, "full", False),
        ({"kind": "incremental"}, "incremental", False),
        ({"dry_run": "1"}, "incremental", True),
    ],
    ids=["full", "incremental", "dry run"],
)
def test_sync_begins_a_run_and_shows_it(as_operator, operator, link, form, kind, dry_run):
    Link.objects.update(full_run_at=timezone.now())
    answer = as_operator.post("link_sync", "alder", **form)
    run = Run.objects.get()
    assert answer["Location"] == f"/runs/{run.pk}/"
    assert (run.kind, run.dry_run, run.started_by) == (kind, dry_run, operator)


def test_a_link_that_is_busy_leads_to_its_run(as_operator, link):
    busy = start_run(link)
    page = as_operator.go(as_operator.post("link_sync", "alder"))
    assert Run.objects.count() == 1
    assert f"Run {busy.pk} of Alder is still going on" in words(page)


def test_a_link_that_cannot_sync_says_why(as_operator, link):
    link.mapping_versions.all().delete()
    page = as_operator.go(as_operator.post("link_sync", "alder"))
    assert "Alder has no mapping yet" in words(page)
    assert not Run.objects.exists()
