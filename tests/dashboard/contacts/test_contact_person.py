"""The contact page: what is done with the person as a whole, and their timeline."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Change, Execution, LogEntry, Pair, Run
from integration.people import pair_commands
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.dashboard.contacts.page import look, send
from tests.world import sync

# The person as a whole -----------------------------------------------------------------------------------


def test_sync_now_starts_a_run_and_the_page_waits_for_it(as_operator, ann):
    page = as_operator.go(send(as_operator, ann, "act", do="sync"))
    run = Run.objects.get(kind="single")
    assert f"Run {run.pk:,} compares Ann Lee now." in words(page)
    assert "Syncing this person now." in words(page)
    part = as_operator.get("contact_working", "alder", "ghl", ann.ghl_id, part="working")
    assert ("Syncing" in words(part), part.get("HX-Refresh")) == (True, None)
    Run.objects.update(status="succeeded")
    assert as_operator.get("contact_working", "alder", "ghl", ann.ghl_id, part="working")["HX-Refresh"] == "true"


@pytest.mark.parametrize("side", ["gist", "ghl"])
def test_a_pull_starts_a_run_that_knows_whose_values_stand(as_operator, ann, side):
    send(as_operator, ann, "act", do=f"pull_{side}")
    assert Run.objects.get(kind="single").target.owner == side


def test_hold_release_and_unlink_say_what_they_did(as_operator, ann):
    assert "Ann Lee On hold" in words(as_operator.go(send(as_operator, ann, "act", do="hold")))
    assert "Ann Lee Paired" in words(as_operator.go(send(as_operator, ann, "act", do="release")))
    page = words(as_operator.go(send(as_operator, ann, "act", do="unlink")))
    assert "Ann Lee Unlinked" in page
    assert "Unlinked, so nothing is written." in page
    assert "Link to another record" in page


def test_an_unlinked_person_is_linked_again(as_operator, operator, ann):
    pair_commands.unlink_records(ann.known, operator)
    page = words(as_operator.go(send(as_operator, ann, "link", side="gist", typed=ann.ghl_id)))
    assert "are one person now." in page
    assert Pair.objects.get().state == "linked"


def test_deleting_needs_the_words_typed(as_owner, world, ann):
    page = words(as_owner.go(send(as_owner, ann, "delete", side="ghl", confirm="yes")))
    assert "Nothing was deleted: what was typed is not “ann@example.test”." in page
    page = words(as_owner.go(send(as_owner, ann, "delete", side="ghl", confirm="ann@example.test")))
    assert "Ann Lee was deleted in GHL." in page
    assert "Deleted on one side" in page
    assert world.everyone("ghl") == []


def test_an_act_on_a_paused_link_says_so(as_operator, ann):
    type(ann.link).objects.update(enabled=False)
    assert "Alder is paused." in words(as_operator.go(send(as_operator, ann, "act", do="sync")))


def test_a_likely_counterpart_is_offered(as_operator, world, link):
    type(link).objects.update(direction="ghl_to_gist")
    made = world.gist_contact(email="bea@example.test", name="Bea")
    sync(link)
    other = world.ghl_contact(firstName="Beatrice", email="bea@example.test")
    page = as_operator.get("contact", "alder", "gist", str(made["id"]), read="now")
    assert "GHL has 1 contact with the same address or number: Beatrice." in words(page)
    assert f'name="other" value="{other["id"]}"' in html(page)


# The timeline --------------------------------------------------------------------------------------------


def test_the_timeline_is_filtered_without_asking_anybody(as_viewer, world, ann):
    things.failure(things.finished_run(ann.link), ghl_id=ann.ghl_id)
    world.forget_calls()
    part = as_viewer.get("contact_timeline", "alder", "ghl", ann.ghl_id, part="timeline", show="errors")
    assert "Could not be written: refused" in words(part)
    assert "Created in GHL" not in words(part)
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_without_htmx_the_timeline_is_the_page(as_viewer, ann):
    answer = as_viewer.get("contact_timeline", "alder", "ghl", ann.ghl_id, show="skips")
    assert answer["Location"].endswith("/?show=skips#h-time")
    assert "Nothing of this kind happened." in words(look(as_viewer, ann, show="skips"))


def test_older_entries_stand_on_further_pages(as_viewer, ann):
    things.entries(things.finished_run(ann.link), 30, ghl_id=ann.ghl_id, kind="task", message="Done")
    older = re.search(r"before=(\d+)", html(look(as_viewer, ann)))[1]
    page = words(look(as_viewer, ann, before=older))
    assert "Created in GHL" in page
    assert "Newest" in page


@pytest.mark.parametrize("before", ["", "x", "-1", "²", "9" * 40])
def test_a_place_that_cannot_be_is_the_first_page(as_viewer, ann, before):
    assert "Created in GHL" in words(look(as_viewer, ann, before=before))


def test_every_kind_of_event_is_put_into_words(as_viewer, operator, ann):
    run = things.finished_run(ann.link, started_by=operator)
    who = {"gist_id": ann.known.gist_id, "ghl_id": ann.ghl_id}
    change = {"side": "ghl", "field": "customFields.plan", "before": "A", "after": "B"}
    things.entry(run, outcome="updated", side="ghl", changes=[change], **who)
    things.entry(run, outcome="skipped", reason="blank_kept", **who)
    things.entry(run, outcome="skipped", reason="ambiguous", **who)
    things.failure(run, ghl_id=ann.ghl_id)
    page = words(look(as_viewer, ann))
    for text in (
        "Plan written to GHL", f"Run {run.pk:,}, started by operator@gistline.example.", "Plan A B",
        "Blank does not overwrite: nothing was written", "More than one match: nothing was written",
        "Could not be written: refused",
    ):  # fmt: skip
        assert text in page


def test_days_are_named_and_in_the_location_s_time(as_viewer, ann):
    LogEntry.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert "Yesterday" in words(look(as_viewer, ann))


def test_a_workflow_that_did_nothing_says_why(as_viewer, ann):
    flow = ann.link.workflows.create(template="task_done", name="Task done")
    version = flow.versions.create(number=1, definition={})
    Execution.objects.create(
        link=ann.link, workflow=flow, version=version, cause="c", trigger="ghl.task_completed", state="skipped",
        ghl_id=ann.ghl_id, message="The condition does not hold.",
    )  # fmt: skip
    assert "Workflow “Task done” did nothing The condition does not hold." in words(look(as_viewer, ann))


def test_what_was_written_in_part_says_which_part(as_viewer, ann):
    """A failure is not told as if nothing had arrived, nor as if everything had."""
    run = things.finished_run(ann.link, failed=1)
    found = things.entry(run, "Ann Lee", "failed", reason="temporary", gist_id=ann.known.gist_id, ghl_id=ann.ghl_id)
    for side, field, state in (("ghl", "name", "applied"), ("gist", "phone", "failed")):
        Change.objects.create(
            link=ann.link, run=run, entry=found, side=side, field=field, action="update", state=state,
            before="old", after="new",
        )  # fmt: skip
    assert "Name written, Phone not: failed for now" in words(look(as_viewer, ann))


def test_a_pair_that_only_a_plan_matched_does_not_claim_to_be_paired_since(as_viewer, ann):
    Pair.objects.update(synced_at=None)
    page = look(as_viewer, ann).content.decode()
    assert "Paired since" not in page
    assert "never synced" in page


# E-mail consent --------------------------------------------------------------------------------------------


@pytest.fixture
def opted_out(world, link, ann):
    world.gist("POST", "/contacts", json={"email": "ann@example.test", "unsubscribed_from_emails": True})
    sync(link, "incremental")
    return ann


def test_the_page_says_who_stopped_e_mails_and_the_timeline_when(as_operator, opted_out):
    page = words(look(as_operator, opted_out))
    assert "E-mail consent Unsubscribed Do not disturb by e-mail Stopped on both sides" in page
    assert "Unsubscribed from e-mail in GHL" in page


def test_e_mails_are_allowed_again_by_an_operator_who_confirms_it(as_operator, world, opted_out):
    page = words(as_operator.go(send(as_operator, opted_out, "act", do="allow_emails")))
    assert "Nothing was changed: say first that this person asked to get e-mails again." in page
    page = words(as_operator.go(send(as_operator, opted_out, "act", do="allow_emails", confirm="asked")))
    assert "operator@gistline.example said that Ann Lee asked for e-mails again: allowed in GHL and Gist." in page
    assert world.everyone("gist")[0]["unsubscribed_from_emails"] == "false"


def test_a_viewer_is_neither_offered_nor_allowed_to_allow_e_mails(as_viewer, opted_out):
    assert "Allow e-mails again" not in words(look(as_viewer, opted_out))
    assert send(as_viewer, opted_out, "act", do="allow_emails", confirm="asked").status_code == 403


def test_the_log_calls_an_opt_out_by_its_name(as_operator, opted_out):
    entry = LogEntry.objects.get(changes__field="dndSettings.Email")
    page = words(as_operator.get("log_entry", entry.pk))
    assert "Opt-out carried." in page
    assert "Unsubscribed from e-mail GHL allowed stopped" in page
