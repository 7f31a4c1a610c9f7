"""Logins, long runs, pauses, questions and the day in numbers, by the channels that want them."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from integration.alerts import watch
from integration.connections.session import note_broken_login
from integration.errors import ReconnectRequired
from integration.models import Alert, AlertDelivery, AlertRules, Pause, Question, Run

pytestmark = pytest.mark.django_db
REFUSED = ReconnectRequired("refused", provider="ghl", status=401)


def test_a_broken_login_goes_to_the_channels_at_once_and_its_end_too(link, channel, sent, minute):
    note_broken_login(link.ghl, REFUSED)
    assert AlertDelivery.objects.get().channel == channel
    minute(3)
    link.ghl.set_status("ok")
    minute(3)
    assert sent.titles == ["“Alder GHL” needs a new login", "well again: “Alder GHL” needs a new login"]


def test_a_person_who_gets_it_by_a_channel_gets_no_second_mail(ghl, operator, owner, channel, settings):
    settings.SENDS_EMAIL = True
    channel.kind, channel.address = "email", {"to": [operator.email.upper()]}
    channel.save()
    note_broken_login(ghl, REFUSED)
    assert {one.user for one in AlertDelivery.objects.filter(user__isnull=False)} == {owner}


def test_a_login_that_a_person_disconnects_is_no_recovery(ghl, channel, sent, minute):
    note_broken_login(ghl, REFUSED)
    minute()
    ghl.set_status("disconnected")
    minute(2)
    assert (len(sent), Alert.objects.get().state) == (1, "over")


# Runs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def history(link, clock):
    """Ten full runs that took four minutes each."""
    now = timezone.now()
    for day in range(1, 11):
        start = now - timedelta(days=day)
        Run.objects.create(
            link=link, status="succeeded", started_at=start, finished_at=start + timedelta(minutes=4), created_at=start
        )


def test_a_run_much_longer_than_its_history_is_told_once_and_its_end_too(history, link, channel, sent, minute):
    run = Run.objects.create(link=link, status="running", started_at=timezone.now())
    minute(12, each=4)
    assert sent == []
    minute(30, each=5)
    assert sent.titles == [f"Alder: run {run.pk} takes much longer than usual"]
    assert "full sync runs of this link usually take 4 min" in sent[0].text
    Run.objects.filter(pk=run.pk).update(status="succeeded", finished_at=timezone.now())
    minute()
    assert "It ended after" in sent[-1].text


def test_a_kind_of_run_without_a_history_is_never_too_long(history, link, channel, sent, minute):
    Run.objects.create(link=link, kind="sweep", status="running", started_at=timezone.now())
    minute(60, each=5)
    assert sent == []


# Pauses and questions -------------------------------------------------------------------------------------


def test_what_paused_itself_is_told_and_what_a_person_paused_is_not(link, channel, sent, minute):
    Pause.objects.create(link=link, what="kind", key="note")
    own = Pause.objects.create(link=link, what="kind", key="task", automatic=True, reason="20 of 20 failed")
    minute(3)
    assert sent.titles == ["Alder: kind of record was paused by itself"]
    Pause.objects.filter(pk=own.pk).update(resumed_at=timezone.now())
    minute()
    assert sent.titles[-1].startswith("well again")


def test_a_run_over_its_cap_waits_for_a_yes_and_says_so(link, channel, sent, minute):
    run = Run.objects.create(link=link, status="paused", error_code="change_cap")
    minute()
    assert sent.titles == [f"Alder: run {run.pk} waits for a yes"]


def test_questions_are_told_at_most_once_a_day_and_their_end_is_nobodys_news(link, channel, sent, minute, clock):
    for number in range(3):
        Question.objects.create(link=link, kind="match", about=f"gist:{number}")
        minute()
        Question.objects.update(closed_at=timezone.now())
        minute()
    assert sent.titles == ["Alder: 1 question waits"]
    clock.shift(timedelta(days=1))
    Question.objects.create(link=link, kind="match", about="gist:9")
    minute()
    assert len(sent) == 2


# The day in numbers ---------------------------------------------------------------------------------------


def test_the_day_in_numbers_comes_once_a_day_at_its_time_where_it_is_ticked(link, channel, sent, minute, clock):
    rules = AlertRules.load()
    rules.digest_at, rules.zone = time(16), "Europe/Berlin"
    rules.save()
    Run.objects.create(link=link, status="partial", created=3, updated=4, failed=2, created_at=timezone.now())
    channel.events = ["digest"]
    channel.save()
    minute(58, each=29)
    assert sent == []
    minute(90, each=10)
    clock.shift(timedelta(days=1))
    minute()
    assert sent.titles == ["The day in numbers, 23 November 2026", "The day in numbers, 24 November 2026"]
    assert "3 created, 4 updated, 2 failed on 1 link." in sent[0].text


def test_one_kind_that_cannot_be_looked_at_keeps_no_other_from_it(ghl, channel, sent, minute, monkeypatch, caplog):
    def fails():
        raise ValueError

    broken = watch.Watch(("silence",), fails, lambda alert: None)
    monkeypatch.setattr(watch, "WATCHES", (broken, watch.WATCHES[0]))
    ghl.set_status("reconnect", "refused")
    minute()
    assert (len(sent), "silence could not be looked for" in caplog.text) == (1, True)
