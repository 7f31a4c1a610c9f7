"""The word "planned" stands beside what would be written, and beside nothing else."""

import pytest

from integration.models import Change
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.dashboard.contacts.page import look
from tests.world import sync

CHANGE = {"side": "ghl", "field": "city", "before": "", "after": "Bonn"}


def shown_words(as_viewer, entry):
    return words(as_viewer.get("log")) + words(as_viewer.get("log_entry", entry.pk))


def test_what_a_dry_run_would_write_is_planned(as_viewer, run):
    entry = things.entry(run, planned=True, changes=[CHANGE])
    assert "Ann Lee planned" in words(as_viewer.get("log"))
    assert "Before and after, as planned" in shown_words(as_viewer, entry)


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_what_failed_or_was_left_out_in_a_dry_run_is_no_plan(as_viewer, run, outcome):
    entry = things.entry(run, outcome=outcome, planned=True, changes=[CHANGE])
    assert "planned" not in shown_words(as_viewer, entry)


def test_what_was_carried_out_is_no_plan_whatever_its_run_was(as_viewer, run):
    entry = things.entry(run, planned=True, changes=[CHANGE])
    Change.objects.update(state="applied")
    page = shown_words(as_viewer, entry)
    assert "planned" not in page
    assert "Written" in page


def test_a_plan_on_the_timeline_is_not_told_as_done(as_viewer, world, ann):
    (there,) = world.everyone("gist")
    world.gist("POST", "/contacts", json={"id": there["id"], "name": "Anna Lee"})
    sync(ann.link, "incremental", dry_run=True)
    page = words(look(as_viewer, ann)).partition("Timeline")[2]
    assert "Would be updated in GHL planned" in page
    assert "Name written to GHL" not in page


@pytest.mark.parametrize(("outcome", "ticks"), [("skipped", 0), ("created", 1)])
def test_an_attempt_that_wrote_nothing_has_no_tick(as_viewer, run, outcome, ticks):
    first = things.failure(run)
    later = things.entry(run, outcome=outcome, parent=first)
    assert html(as_viewer.get("log_entry", later.pk)).count("check is-ok") == ticks


def test_a_failure_that_a_skip_settled_is_not_told_as_success(as_viewer, run):
    page = words(as_viewer.get("log_entry", things.failure(run, resolved_at=run.finished_at).pk))
    assert "Nothing of it is open since" in page
    assert "succeeded" not in page.lower()
