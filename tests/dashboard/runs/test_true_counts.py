"""What the page of a run says in numbers and green words, where the naive number would be wrong."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.mapping.versions import save_version
from integration.models import Run
from integration.runs.control import cancel_run, confirm_run
from integration.runs.recover import process_name
from integration.runs.start import start_run
from integration.runs.work import work_one_slice
from tests.conftest import MAPPING
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.world import finish, sync

CANNOT_WORK = {"gist": "custom_properties.odd", "ghl": "customFields.nobody_made_this"}


@pytest.fixture
def capped(world, link):
    """A run over six people that stopped at a cap of 2, with a mapping row that cannot work."""
    link.change_cap = 2
    link.save()
    save_version(link, [*MAPPING, CANNOT_WORK])
    for number in range(6):
        world.gist_contact(email=f"p{number}@example.test", name=f"P {number}")
    run = start_run(link)
    work_one_slice(run.pk, process_name(), 10)
    run.refresh_from_db()
    return run


def test_the_banner_of_the_cap_counts_what_the_outcomes_beside_it_count(as_viewer, capped):
    page = words(as_viewer.get("run", capped.pk))
    assert f"This run has changed {capped.created + capped.updated} contacts" in page
    assert (capped.created, f"Created {capped.created} Updated 0" in page) == (2, True)
    assert "2 of 6 contacts examined" in page
    assert "a second" not in page


def test_a_run_that_was_allowed_to_go_on_still_says_what_the_mapping_leaves_out(as_viewer, capped):
    confirm_run(capped)
    assert finish(capped).status == "partial"
    page = words(as_viewer.get("run", capped.pk))
    assert "Part of the mapping cannot work." in page
    assert "could not finish" not in page
    assert "Mapping incomplete" in words(as_viewer.get("overview"))


def test_a_run_that_was_cancelled_at_the_cap_asks_nobody_to_confirm_it(as_viewer, capped):
    cancel_run(capped)
    page = words(as_viewer.get("run", capped.pk))
    assert "before a person confirms" not in page
    assert "could not finish" not in page


def test_people_decided_twice_are_people_once(as_viewer, link):
    run = Run.objects.create(link=link, status="running", updated=211, met_again=2, total=209)
    assert "209 of 209 contacts examined" in words(as_viewer.get("run", run.pk))
    assert "209 of 209 people." in words(as_viewer.get("overview"))


def test_people_who_come_while_it_runs_make_no_fraction_above_one(as_viewer, link):
    run = Run.objects.create(link=link, status="running", updated=211, total=209)
    page = words(as_viewer.get("run", run.pk))
    assert "211 contacts examined" in page
    assert "of 209" not in page


@pytest.mark.parametrize(
    ("facts", "said", "unsaid"),
    [
        ({"updated": 50, "total": 100, "active_seconds": 10}, "5.0 a second, about 10 s left", "under"),
        ({"updated": 999, "total": 1000, "active_seconds": 10}, "99.9 a second", "left"),
        ({"updated": 50, "total": 100, "active_seconds": 10, "status": "waiting"}, "50 of 100", "a second"),
        ({"updated": 50, "total": 100, "active_seconds": 10, "status": "paused"}, "50 of 100", "left"),
        ({"updated": 100, "total": 100, "active_seconds": 10, "status": "succeeded"}, "100 of 100", "a second"),
    ],
)
def test_speed_and_time_left_are_said_only_while_it_works(as_viewer, link, facts, said, unsaid):
    run = Run.objects.create(link=link, **{"status": "running", "started_at": timezone.now(), **facts})
    head = html(as_viewer.get("run", run.pk, part="live")).partition('id="h-progress"')[2].partition("<nav")[0]
    assert said in head
    assert unsaid not in head


def test_the_first_failure_does_not_speak_of_five_tries(world, link, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.fault({"side": "ghl", "kind": "500", "rate": 1})
    run = start_run(link)
    work_one_slice(run.pk, process_name(), 10)
    run.refresh_from_db()
    assert run.status == "waiting"
    assert "Tried 5 times" not in run.wait_reason


def test_a_count_that_was_lost_is_said_and_not_called_balanced(as_viewer, world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    run = sync(link)
    assert "Balances: 1 person is there, 1 decided" in words(as_viewer.get("run", run.pk))
    Run.objects.update(created=2)
    page = words(as_viewer.get("run", run.pk))
    assert "Does not balance 1 person is there, but 2 were decided." in page


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_a_run_that_did_not_come_to_its_end_claims_no_balance(as_viewer, link, status):
    run = things.finished_run(link, status=status, kind="full", updated=2, total=9)
    page = words(as_viewer.get("run", run.pk))
    assert "Balances" not in page
    assert "2 examined" in page


def test_runs_under_way_are_counted_beside_their_entry_of_the_menu(as_viewer, link):
    assert "active" not in words(as_viewer.get("runs")).partition("Log")[0]
    Run.objects.create(link=link, status="paused", alive_at=timezone.now() - timedelta(hours=1))
    assert "Runs1 active" in words(as_viewer.get("runs"))
