"""The overview: the way to the first sync, then every link with its health and what needs a person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Run
from tests.dashboard import things
from tests.dashboard.browser import html, words


def test_without_the_demo_an_empty_installation_has_two_doors_and_the_steps(as_operator, settings):
    settings.DEMO = False
    page = html(as_operator.get("overview"))
    assert page.count('class="door"') == 2
    assert "/connections/new/gist/" in page
    assert "/connections/new/ghl/" in page
    assert "an app has to be made first" in page
    assert "Read the plan" in page


def test_the_first_visit_shows_the_steps(as_operator):
    page = words(as_operator.get("overview"))
    assert "From here to live" in page
    assert "Connect Gist" in page
    assert "Create the link" not in page


def test_each_step_that_is_done_leads_to_the_next(as_operator, gist, ghl):
    page = words(as_operator.get("overview"))
    assert "Create the link" in page


def test_a_viewer_is_told_who_may_connect(as_viewer):
    assert "Connecting needs the role operator." in words(as_viewer.get("overview"))


def test_links_stand_with_what_they_did_today(as_viewer, link):
    things.in_step(link, 10)
    things.finished_run(link, created=3, updated=2, unchanged=5, api_calls={"gist": 4, "ghl": 1_234})
    page = words(as_viewer.get("overview"))
    assert "Nothing needs you." in page
    assert "Synced today: 3 created, 2 updated" in page
    assert "4 Gist, 1,234 GHL" in page
    assert "In step" in page


def test_dry_runs_and_yesterday_do_not_count_as_written(as_viewer, link):
    things.finished_run(link, created=3, dry_run=True)
    things.finished_run(link, created=3, created_at=timezone.now() - timedelta(days=2))
    assert "No contact created or updated by a run today" in words(as_viewer.get("overview"))


def test_a_broken_login_stands_first_with_its_remedy(as_operator, link):
    things.links(1)
    link.ghl.set_status("reconnect", "GHL refused to renew the login.")
    page = as_operator.get("overview")
    assert "GHL login broken" in words(page)
    assert "GHL refused to renew the login." in words(page)
    assert f"/connections/{link.ghl.key}/reconnect/" in html(page)
    assert words(page).rindex("Alder") < words(page).rindex("Link ")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"enabled": False}, "Nothing runs by itself until it is switched on."),
        ({"mode": "watch"}, "Shows what it would do, writes nothing."),
        ({}, "Start the first sync when the mapping is right."),
    ],
)
def test_a_link_that_writes_nothing_says_why(as_viewer, link, facts, said):
    type(link).objects.update(**facts)
    assert said in words(as_viewer.get("overview"))


def test_open_failures_lead_to_the_log(as_viewer, link):
    things.failure(things.finished_run(link, status="partial", failed=1))
    page = as_viewer.get("overview")
    assert "1 failed" in words(page)
    assert "/log/?link=alder&amp;open=yes" in html(page)


def test_a_run_that_failed_needs_a_person_until_the_next_is_under_way(as_viewer, link):
    things.finished_run(link, status="failed", error="The disk is full.")
    assert "Alder: The disk is full." in words(as_viewer.get("overview"))
    Run.objects.create(link=link, status="running", created=7, total=10)
    page = words(as_viewer.get("overview"))
    assert "The last run failed" not in page
    assert "7 of 10 people." in page


def test_it_is_asked_anew_more_often_while_something_runs(as_viewer, link):
    assert 'hx-trigger="every 15s, refresh"' in html(as_viewer.get("overview"))
    Run.objects.create(link=link, status="running")
    assert 'hx-trigger="every 2s, refresh"' in html(as_viewer.get("overview"))
    assert 'hx-trigger="every 2s, refresh"' not in html(as_viewer.get("overview", live="off"))


def test_updates_send_the_moving_part_only(as_viewer, link):
    part = html(as_viewer.get("overview", part="live"))
    assert 'id="live"' in part
    assert "<html" not in part


def test_the_rail_says_when_no_worker_runs(as_viewer):
    assert "No worker is running" in words(as_viewer.get("rail_health"))
