"""A message is stored, sent once, tried again, and given up in words; quiet hours hold it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from integration import jobs
from integration.alerts import deliver
from integration.alerts.lifecycle import Condition, end_alert, open_alert
from integration.alerts.quiet import quiet_until
from integration.models import Alert, AlertDelivery, AlertRules

pytestmark = pytest.mark.django_db
SINCE = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


def alert(number: int = 1, event: str = "problem_new") -> Alert:
    return open_alert(Condition(event, f"problem:{number}", SINCE, f"Problem {number}", "It is new."))


def states() -> list[str]:
    return [str(one.state) for one in AlertDelivery.objects.order_by("pk")]


# Once -----------------------------------------------------------------------------------------------------


def test_killed_between_storing_and_sending_it_is_sent_once(channel, sent, minute):
    """The job never ran: the watchdog finds the message, and what comes twice sends nothing more."""
    known = alert().deliveries.get()
    assert sent == []
    assert deliver.send_due() == 1
    for _ in range(3):
        jobs.send_alert(known.pk)
    assert (sent.titles, states()) == (["Problem 1"], ["sent"])


def test_killed_after_the_claim_it_is_sent_by_the_next_try(channel, sent, clock, monkeypatch):
    known = alert().deliveries.get()
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "_send", lambda claimed: None)
        patch.setattr(deliver, "_claim", once(deliver._claim))
        jobs.send_alert(known.pk)
    jobs.send_alert(known.pk)
    assert sent == []
    clock.shift(timedelta(minutes=2))
    jobs.send_alert(known.pk)
    assert (sent.titles, states()) == (["Problem 1"], ["sent"])


def once(function):
    results = []

    def call(*args):
        return [] if results else results.append(1) or function(*args)

    return call


def test_the_same_beginning_is_one_alert_however_often_it_is_seen(channel, sent):
    assert alert() is not None
    assert [alert(), alert()] == [None, None]
    assert AlertDelivery.objects.count() == 1


def test_what_is_due_to_a_channel_at_the_same_time_is_one_message(channel, sent, clock):
    first = alert(1).deliveries.get()
    alert(2)
    jobs.send_alert(first.pk)
    assert (sent.titles, states()) == (["2 messages, 2 still open"], ["sent", "sent"])
    assert len(sent[0].alerts) == 2


# Again ----------------------------------------------------------------------------------------------------


def test_each_try_has_the_same_id_and_the_last_one_is_given_up_in_words(channel, sent, clock, caplog):
    sent.down = True
    known = alert().deliveries.get()
    ids = set()
    for minutes in (0, 2, 10, 60, 240):
        clock.shift(timedelta(minutes=minutes))
        jobs.send_alert(known.pk)
        known.refresh_from_db()
        ids.add(known.batch)
    assert (known.state, known.answer, len(ids)) == ("given_up", "Slack answers 503.", 1)
    channel.refresh_from_db()
    assert (channel.works, channel.answer) == (False, "Slack answers 503.")


def test_what_was_given_up_is_sent_when_a_person_asks_for_it(channel, sent, clock):
    known = alert().deliveries.get()
    AlertDelivery.objects.update(state="given_up", tries=5)
    assert deliver.send_again(channel) == 1
    jobs.send_alert(known.pk)
    assert states() == ["sent"]


def test_over_before_the_first_try_nobody_is_written_to(channel, sent, clock):
    known = alert()
    end_alert(known, "Nothing fails.")
    jobs.send_alert(known.deliveries.get().pk)
    assert (sent, states()) == ([], ["dropped"])


def test_over_while_the_channel_was_down_it_comes_late_and_says_so(channel, sent, clock):
    known, sent.down = alert(), True
    jobs.send_alert(known.deliveries.get().pk)
    end_alert(known, "Nothing of it fails any more.")
    sent.down = False
    clock.shift(timedelta(minutes=2))
    jobs.send_alert(known.deliveries.get().pk)
    assert sent.titles == ["Problem 1 (over again)"]
    assert "Over since 23 November 2026, 14:00 UTC. Nothing of it fails" in sent[0].text


def test_a_channel_gets_what_is_ticked_and_nothing_else(channel, sent):
    channel.events = ["login"]
    channel.save()
    alert()
    assert states() == []


def test_a_channel_that_is_off_gets_nothing(channel, sent):
    known = alert().deliveries.get()
    channel.enabled = False
    channel.save()
    jobs.send_alert(known.pk)
    alert(2)
    assert (sent, states()) == ([], ["dropped"])


# Quiet hours ----------------------------------------------------------------------------------------------


@pytest.fixture
def berlin(db) -> AlertRules:
    """Quiet from 22:00 to 07:00 in Berlin, an hour before UTC in winter."""
    rules = AlertRules.load()
    rules.quiet_from, rules.quiet_to, rules.zone = time(22), time(7), "Europe/Berlin"
    rules.save()
    return rules


@pytest.mark.parametrize(
    ("now", "until"),
    [("2026-11-23T20:59", None), ("2026-11-23T21:00", "2026-11-24T06:00"), ("2026-11-24T05:59", "2026-11-24T06:00"),
     ("2026-11-24T06:00", None), ("2026-07-01T20:00", "2026-07-02T05:00")],
)  # fmt: skip
def test_quiet_hours_go_over_midnight_and_follow_their_zone(now, until, berlin):
    moment = datetime.fromisoformat(f"{now}+00:00")
    assert quiet_until(berlin, moment) == (until and datetime.fromisoformat(f"{until}+00:00"))


def test_quiet_hours_within_a_day(berlin):
    berlin.quiet_from, berlin.quiet_to = time(12), time(13)
    assert quiet_until(berlin, datetime(2026, 11, 23, 11, 30, tzinfo=UTC)) == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert quiet_until(berlin, datetime(2026, 11, 23, 12, 30, tzinfo=UTC)) is None


def test_what_falls_into_quiet_hours_comes_as_one_summary_after_them(channel, sent, berlin, clock):
    clock.move_to("2026-11-23T23:00:00+00:00")
    first, second = alert(1), alert(2)
    end_alert(second, "Nothing of it fails any more.")
    clock.move_to("2026-11-24T05:59:00+00:00")
    assert deliver.send_due() == 0
    clock.move_to("2026-11-24T06:00:00+00:00")
    jobs.send_alert(first.deliveries.get().pk)
    assert sent.titles == ["2 messages, 1 still open"]
    assert "From the quiet hours:" in sent[0].text
    assert "Over since" in sent[0].text


def test_what_needs_a_person_now_comes_in_quiet_hours_unless_that_is_unticked(channel, sent, berlin, clock):
    clock.move_to("2026-11-23T23:00:00+00:00")
    assert alert(1, "silence").deliveries.get().due_at == timezone.now()
    AlertRules.objects.update(urgent_passes=False)
    assert alert(2, "silence").deliveries.get().held
