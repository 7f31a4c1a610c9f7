"""The word and the sentence that say how a link stands, against situations in which a calm word would be untrue."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from integration.mapping.versions import save_version
from integration.models import PendingRead, Run, Snapshot
from integration.runs.control import cancel_run
from integration.runs.start import start_run
from tests.conftest import MAPPING
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.world import sync


@pytest.fixture
def settled(link):
    """Read completely, three people equal on both sides, nothing open."""
    link.full_run_at = timezone.now()
    link.save()
    things.finished_run(link, kind="full", unchanged=3, total=3)
    things.in_step(link, 3)
    return link


def standing(as_viewer):
    """Title, sentence and all that the overview says of its only link."""
    page = as_viewer.get("overview")
    page.content = page.content[page.content.index(b"<article") :]
    return words(page)


def test_a_link_of_which_nothing_is_open_is_in_step(as_viewer, settled):
    assert "In step" in standing(as_viewer)
    assert "3 people hold the same on both sides." in standing(as_viewer)


def test_a_cancelled_run_read_nobody_to_the_end(as_viewer, settled):
    cut = things.finished_run(settled, kind="full", status="cancelled")
    Run.objects.filter(pk=cut.pk - 1).update(started_at=timezone.now() - timedelta(minutes=5))
    said = standing(as_viewer)
    assert "In step" not in said
    assert f"Run {cut.pk:,} was cancelled after 0 people." in said
    assert "Fresh as of 5 min ago" in said


def test_a_first_run_that_was_cancelled_leaves_the_link_unsynced(as_viewer, world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    cancel_run(start_run(link))
    said = standing(as_viewer)
    assert "In step" not in said
    assert "Fresh as of not yet" in said


def test_a_live_run_does_not_hide_that_the_last_sync_failed(as_viewer, settled):
    things.finished_run(settled, kind="incremental", status="failed", error="The disk is full.")
    things.finished_run(settled, kind="live", updated=1)
    said = standing(as_viewer)
    assert "Last run failed" in said
    assert "The disk is full." in said


def open_question(link):
    things.match(link)


def half_of_a_plan(link):
    things.finished_run(link, kind="apply", status="cancelled", updated=2)
    things.finished_run(link, kind="live", updated=1)


def half_of_an_import(link):
    things.finished_run(link, kind="import", status="failed", created=2)
    things.finished_run(link, kind="live", updated=1)


def value_left_out(link):
    left_out = things.entry(link.runs.first(), "Ann Lee", "updated")
    things.problem(left_out)


def nobody_reads(link):
    type(link).objects.update(schedule_minutes=0)
    Run.objects.update(started_at=timezone.now() - timedelta(days=3))


def someone_missing(link):
    things.alone(link, "ghl", 1, reason="rejected")


def someone_different(link):
    things.in_step(link, 1, agrees=False)


def someone_not_compared(link):
    things.in_step(link, 1, agrees=None)


def open_failure(link):
    things.failure(link.runs.first())


def changed_mapping(link):
    save_version(link, MAPPING[:3])


def broken_login(link):
    link.ghl.set_status("reconnect", "The private token was refused.")


def missing_scope(link):
    link.ghl.set_status("scope", "Missing: contacts.write.")


def part_of_the_mapping_left_out(link):
    things.finished_run(link, kind="full", status="partial", error="Part of the mapping cannot work.")


def news_to_decide(link):
    Snapshot.objects.filter(external_id="g0").update(undecided={"name": "Anna"})


def record_to_read(link):
    now = timezone.now()
    PendingRead.objects.create(link=link, side="gist", external_id="g0", first_at=now, due_at=now)


def old_reading(link):
    Run.objects.update(started_at=timezone.now() - timedelta(hours=9))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (open_question, "1 to decide"),
        (someone_missing, "3 of 4 people hold the same on both sides: 1 missing on one side."),
        (someone_different, "3 of 4 people hold the same on both sides: 1 differs."),
        (someone_not_compared, "1 not compared yet"),
        (open_failure, "1 failed"),
        (half_of_a_plan, "Plan applied half done"),
        (half_of_an_import, "CSV import half done"),
        (value_left_out, "1 problem of which something is left open"),
        (nobody_reads, "Not read lately"),
        (changed_mapping, "Mapping changed"),
        (broken_login, "Login broken"),
        (missing_scope, "One scope missing"),
        (part_of_the_mapping_left_out, "Mapping incomplete"),
        (news_to_decide, "1 record to be decided."),
        (record_to_read, "1 changed record to be read."),
        (old_reading, "Overdue"),
    ],
)
def test_a_link_is_not_in_step_while_something_is_open(as_viewer, settled, spoil, said):
    spoil(settled)
    page = standing(as_viewer)
    assert said in page
    assert "In step" not in page


@pytest.mark.parametrize("spoil", [someone_missing, someone_different, open_failure, missing_scope, old_reading])
def test_whatever_asks_for_a_person_stands_among_what_needs_you(as_viewer, settled, spoil):
    assert "Nothing needs you." in words(as_viewer.get("overview"))
    spoil(settled)
    assert "1 thing needs you." in words(as_viewer.get("overview"))


def test_a_reading_of_everyone_after_half_a_plan_says_how_it_stands(as_viewer, settled):
    half_of_a_plan(settled)
    things.finished_run(settled, kind="incremental", unchanged=3)
    assert "In step" in standing(as_viewer)


@pytest.mark.parametrize(
    ("spoil", "leads_to"),
    [
        (open_question, "/problems/person/?link=alder"),
        (open_failure, "/log/?link=alder&amp;open=yes"),
        (value_left_out, "/problems/?link=alder"),
        (someone_missing, "/log/?link=alder"),
        (broken_login, "/connections/alder-ghl/"),
        (changed_mapping, "/links/alder/mapping/"),
        (lambda link: None, "/contacts/?link=alder"),
    ],
)
def test_the_sentence_leads_to_what_it_names(as_viewer, settled, spoil, leads_to):
    spoil(settled)
    (href,) = re.findall(r'class="quiet-link" href="([^"]+)"', html(as_viewer.get("overview")))
    assert href == leads_to


def test_in_step_says_how_old_the_claim_is(as_viewer, settled):
    Run.objects.update(started_at=timezone.now() - timedelta(minutes=7))
    assert "Both were read 7 min ago." in standing(as_viewer)


def test_what_needs_you_is_counted_anew_with_the_rest_of_the_page(as_viewer, settled):
    open_failure(settled)
    assert "1 thing needs you." in words(as_viewer.get("overview", part="live"))


def test_a_dry_run_leaves_freshness_and_counts_alone_and_its_calls_are_counted(as_viewer, settled):
    Run.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    things.finished_run(settled, kind="full", dry_run=True, created=9, api_calls={"gist": 3, "ghl": 7})
    said = standing(as_viewer)
    assert "Fresh as of 5 min ago" in said
    assert "Run calls today 3 Gist, 7 GHL" in said
    assert "No contact created or updated by a run today" in said


def test_pairs_that_are_no_longer_together_are_not_counted_as_pairs(as_viewer, settled):
    things.in_step(settled, 1, state="deleted")
    things.in_step(settled, 1, state="unlinked")
    assert "1 link, 3 pairs." in words(as_viewer.get("overview"))


def test_people_whom_a_first_run_could_not_pair_keep_a_link_from_being_in_step(as_viewer, world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    world.gist_contact(user_id="u1", name="Bob Lee", phone="+14155552671")
    world.gist_contact(user_id="u2", name="Bob L", phone="+14155552671")
    world.ghl_contact(firstName="Bob", lastName="Lee", phone="+14155552671")
    sync(link)
    said = standing(as_viewer)
    assert "1 to decide" in said  # The three are one question.
    assert "1 of 4 people hold the same on both sides: 3 missing on one side." in said
    assert "Parity 25.00 %" in said
