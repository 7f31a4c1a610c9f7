"""How a link stands: parity, backlog, open questions, runs stopped by the cap, and where webhooks are to be sent."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.links import counts
from integration.models import Link, Pair, PendingRead, Run
from integration.sync.parity import Parity
from integration.webhooks.addresses import GIST_TOPICS
from tests.dashboard import things
from tests.dashboard.browser import html, words


def everyone_read(link, hours=3):
    type(link).objects.update(full_run_at=timezone.now() - timedelta(hours=hours, minutes=1))


def test_parity_is_what_the_database_holds_with_the_age_of_the_last_reading(as_viewer, link):
    everyone_read(link)
    things.in_step(link, 8)
    things.in_step(link, 1, agrees=False)
    things.in_step(link, 1, agrees=None)
    things.alone(link, "ghl", 2, reason="ambiguous")
    page = words(as_viewer.get("link", "alder"))
    assert "Parity 66.66 % Equal by value 8 of 12, everyone was last read 3 h ago" in page
    assert "1 differs, 2 missing on one side, 1 not compared yet" in page
    assert "66.66 %" in words(as_viewer.get("overview"))


def test_whoever_is_not_meant_for_both_sides_is_left_out_and_said(as_viewer, link):
    everyone_read(link)
    things.in_step(link, 4)
    things.in_step(link, 1, state="held", agrees=False)
    things.in_step(link, 2, state="one_gone", agrees=False)
    things.in_step(link, 1, state="deleted")
    things.alone(link, "gist", 3, reason="no_identity")
    page = words(as_viewer.get("link", "alder"))
    assert "Parity 100 % Equal by value 4 of 4" in page
    assert "Left out: 1 on hold, 2 unlinked or deleted on one side, 3 not meant for the other side" in page


def test_parity_is_never_rounded_up_to_all():
    assert Parity(equal=99_999_999, missing=1).share == "99.99 %"


def test_before_everyone_was_read_no_parity_is_claimed(as_viewer, link):
    started = timezone.now().isoformat()
    type(link).objects.update(sweep={"started_at": started, "read": {"gist": 150, "ghl": 1_200}})
    things.in_step(link, 3)
    page = words(as_viewer.get("link", "alder"))
    assert "Parity not yet Not everyone was read yet" in page
    assert "150 Gist, 1,200 GHL read" in page
    assert "Parity not yet" in words(as_viewer.get("overview"))


@pytest.mark.parametrize(("enabled", "said"), [(True, "2 records wait"), (False, "Paused: 2 records wait.")])
def test_a_link_says_how_much_waits(as_viewer, link, enabled, said):
    since = timezone.now() - timedelta(seconds=90)
    for number in ("1", "2"):
        PendingRead.objects.create(link=link, side="gist", external_id=number, first_at=since, due_at=since)
    type(link).objects.update(enabled=enabled)
    page = words(as_viewer.get("link", "alder"))
    assert said in page
    assert "the oldest for 90 s" in page


def test_settle_window_and_change_cap_are_rules_of_the_link(as_operator, link):
    rules = {"name": "Alder", "direction": "two_way", "conflict": "ask", "deletes": "ignore", "match": "email"}
    rules |= {"default_country": "US", "schedule_minutes": "15", "mode": "live", "enabled": "on"}
    as_operator.post("link", "alder", **rules, merge_seconds="2.5", change_cap="500")
    link.refresh_from_db()
    assert (link.merge_seconds, link.change_cap) == (2.5, 500)
    page = as_operator.post("link", "alder", **rules, merge_seconds="301", change_cap="-1")
    assert page.status_code == 422


def test_the_overview_leads_to_the_questions(as_viewer, link):
    things.conflict(link), things.match(link)
    page = as_viewer.get("overview")
    assert "2 questions wait for you" in words(page)
    assert "2 need a person" in words(page)
    assert "/problems/person/?link=alder" in html(page)


@pytest.fixture
def capped(link):
    sentence = "This run has changed 500 contacts and is not done; the link allows 500 before a person confirms."
    return Run.objects.create(link=link, status="paused", error_code="change_cap", error=sentence)


def test_a_run_stopped_by_the_cap_waits_for_a_yes(as_operator, as_viewer, capped):
    page = words(as_operator.get("run", capped.pk))
    assert "Waits for your yes. This run has changed 500 contacts" in page
    assert "Confirm, let it go on" in page
    assert "could not finish" not in page
    assert "Confirm, let it go on" not in words(as_viewer.get("run", capped.pk))
    assert "A run waits for your yes" in words(as_viewer.get("overview"))


def test_confirming_lets_the_run_go_on(as_operator, operator, capped, monkeypatch):
    confirmed = []
    monkeypatch.setattr("dashboard.runs.views.confirm_run", lambda run, user: confirmed.append((run, user)))
    page = as_operator.go(as_operator.post("run_confirm", capped.pk))
    assert confirmed == [(capped, operator)]
    assert "Confirmed. The run goes on." in words(page)


def test_raising_the_cap_lets_this_run_and_the_next_ones_of_its_size_go_on(as_operator, link, capped):
    Link.objects.update(change_cap=500)
    Run.objects.filter(pk=capped.pk).update(created=130, updated=370)
    assert "Raise the cap to 1,000 and go on" in words(as_operator.get("run", capped.pk))
    page = as_operator.go(as_operator.post("run_confirm", capped.pk, do="raise"))
    link.refresh_from_db()
    capped.refresh_from_db()
    assert (link.change_cap, capped.status) == (1000, "queued")
    assert "The cap of Alder is 1,000 now" in words(page)


def test_a_cap_is_raised_only_by_whoever_may_change_rules(as_operator, operator, link, capped):
    Link.objects.update(change_cap=500)
    operator.may_change_rules = False
    operator.save()
    assert "Raise the cap" not in words(as_operator.get("run", capped.pk))
    assert as_operator.post("run_confirm", capped.pk, do="raise").status_code == 403
    link.refresh_from_db()
    assert link.change_cap == 500
    assert as_operator.post("run_confirm", capped.pk).status_code == 302


def test_a_run_that_asks_nothing_cannot_be_confirmed(as_operator, run):
    page = as_operator.go(as_operator.post("run_confirm", run.pk))
    assert "waits for no confirmation" in words(page)


def test_a_silent_run_is_shown_as_such(as_viewer, link):
    since = timezone.now() - timedelta(minutes=3)
    run = Run.objects.create(link=link, status="running", alive_at=since)
    assert "No sign of life for 3 min." in words(as_viewer.get("run", run.pk))


def test_a_gist_connection_lists_one_address_per_topic_to_copy(as_operator, link):
    page = html(as_operator.get("connection", "alder-gist"))
    assert page.count("data-copy=") == len(GIST_TOPICS)
    assert "/contact_tagged/</code>" in page
    assert "Not heard from yet" in page


def test_a_ghl_connection_has_one_address_and_says_when_it_was_heard(as_operator, link):
    things.event(link, topic="ContactCreate", state="done")
    page = as_operator.get("connection", "alder-ghl")
    assert "/webhooks/ghl/</code>" in html(page)
    assert "Last event received: ContactCreate, now" in words(page)


def test_viewers_do_not_learn_the_secret_addresses(as_viewer, link):
    page = as_viewer.get("connection", "alder-gist")
    assert "/webhooks/" not in html(page)
    assert "Operators see the addresses here." in words(page)


def test_looking_at_a_disconnected_account_makes_no_address(as_operator, link):
    link.gist.set_status("disconnected")
    assert "/webhooks/" not in html(as_operator.get("connection", "alder-gist"))


def test_very_many_are_counted_now_and_then_and_anew_after_a_run(as_viewer, link, monkeypatch):
    monkeypatch.setattr(counts, "MANY", 0)
    monkeypatch.setattr(counts, "_kept", {})
    everyone_read(link)
    things.in_step(link, 4)
    assert "Equal by value 4 of 4, everyone was last read 3 h ago " in words(as_viewer.get("link", "alder"))
    Pair.objects.filter(pk=Pair.objects.first().pk).update(agrees=False)
    kept = words(as_viewer.get("link", "alder"))
    assert re.search(r"Equal by value 4 of 4, everyone was last read 3 h ago, counted (now|\d+ s ago)", kept)
    assert re.search(r"As everyone was last read, 3 h ago, counted (now|\d+ s ago)", words(as_viewer.get("overview")))
    # A plan compares everybody, too, and nothing is called in step because it was before.
    things.finished_run(link, dry_run=True)
    assert "Equal by value 3 of 4, everyone was last read 3 h ago 1 differs" in words(as_viewer.get("link", "alder"))
    Run.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    counts._kept[link.pk] = replace(counts._kept[link.pk], at=timezone.now() - counts.KEPT_FOR)
    Pair.objects.update(agrees=True)
    assert "Equal by value 4 of 4" in words(as_viewer.get("link", "alder"))
