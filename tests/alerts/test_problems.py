"""New problems and those that came back alert once, and are well once; chronic noise is silent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.causes.group import assign_problems, close_resolved
from integration.models import Alert, LogEntry, Problem
from integration.runs.start import start_run

pytestmark = pytest.mark.django_db
TITLE = "Alder: GHL refuses the phone number"


@pytest.fixture
def fail(link, clock):
    """So many people fail for the same cause, as a run puts it on record."""
    run = start_run(link)

    def put(number: int, **given) -> None:
        facts = {"run": run, "link": link, "kind": "contact", "side": "ghl", "outcome": "failed", **given}
        facts |= {"reason": "rejected", "message": "GHL answered 422: phone must be a valid phone number"}
        entries = [LogEntry(**facts, gist_id=str(one), created_at=timezone.now()) for one in range(number)]
        for entry in entries:
            entry.unsaved_changes = []
        assign_problems(entries)
        LogEntry.objects.bulk_create(entries)

    return put


@pytest.fixture
def repair(link):
    def succeed() -> None:
        LogEntry.objects.filter(resolved_at=None).update(resolved_at=timezone.now())
        close_resolved(link)

    return succeed


def test_ten_thousand_failures_in_an_hour_are_one_alert_and_one_recovery_note(fail, repair, channel, sent, minute):
    for _ in range(10):
        fail(1000)
        minute(6, each=3)
    assert (LogEntry.objects.count(), Problem.objects.count()) == (10_000, 1)
    assert sent.titles == [TITLE]
    repair()
    minute(30, each=3)
    assert sent.titles == [TITLE, f"well again: {TITLE}"]


def test_the_message_says_what_why_what_to_do_and_where(fail, channel, sent, minute, settings):
    settings.PUBLIC_URL = "https://sync.example.test"
    fail(5)
    minute()
    (message,) = sent
    assert "It is new on this link. 5 records fail." in message.text
    assert "Have numbers written in international form" in message.text
    assert f"https://sync.example.test/problems/{Problem.objects.get().pk}/" in message.text
    assert "422" not in message.text


def test_a_blip_that_the_next_try_cures_is_nobodys_news(fail, repair, channel, sent, minute):
    fail(2)
    minute(3)
    repair()
    minute(30, each=3)
    assert sent == []


def test_a_few_records_alert_when_they_still_fail_after_five_minutes(fail, channel, sent, minute):
    fail(2)
    minute(6)
    assert sent.titles == [TITLE]


def test_one_that_a_person_acknowledged_or_ignores_is_silent(fail, channel, sent, minute):
    fail(5)
    Problem.objects.update(state="acknowledged")
    minute(10, each=5)
    assert sent == []


def test_failing_again_within_the_quiet_day_is_shown_and_not_told(fail, repair, channel, sent, minute):
    fail(5)
    minute(2)
    repair()
    minute(20, each=5)
    assert len(sent) == 2
    fail(5)
    minute(10, each=5)
    repair()
    minute(20, each=5)
    assert (len(sent), Alert.objects.get().returned) == (2, 1)


def test_one_that_comes_back_after_a_quiet_day_is_told_as_that(fail, repair, channel, sent, minute, clock):
    fail(5)
    minute()
    repair()
    minute(15, each=5)
    clock.shift(timedelta(hours=30))
    fail(5)
    minute(2)
    assert "It came back after a quiet day. 5 records fail." in sent[-1].text
    assert Alert.objects.get(state="open").event == "problem_back"


def test_chronic_noise_is_silent_until_it_is_far_above_its_own_rhythm(fail, channel, sent, minute, clock):
    fail(10)
    minute()
    sent.clear()
    for _ in range(24 * 2):
        clock.shift(timedelta(hours=1))
        fail(10)
        minute()
    assert sent == []
    fail(100)
    minute(3)
    assert sent.titles == [f"{TITLE}, far more often than usual"]
    assert "its busiest usual hour had 10" in sent[0].text


def test_a_problem_that_returned_three_times_lately_alerts_no_more(fail, repair, channel, sent, minute, clock):
    for _ in range(5):
        fail(5)
        minute(2)
        repair()
        minute(15, each=5)
        clock.shift(timedelta(hours=30))
    alerts = [title for title in sent.titles if not title.startswith("well again")]
    assert len(alerts) == 3


def test_a_link_that_is_off_alerts_nobody(fail, link, channel, sent, minute):
    link.enabled = False
    link.save()
    fail(5)
    minute(10, each=5)
    assert sent == []
