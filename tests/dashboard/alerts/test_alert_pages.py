"""The list of alerts, and Settings, Alerts."""

import pytest
from django.core import mail
from django.utils import timezone

from dashboard.alerts.context import PLACES, AlertRow
from integration.alerts.events import EVENTS, usual_events
from integration.alerts.messages import PATHS
from integration.models import Alert, AlertChannel, AlertDelivery, AlertRules, AuditEntry
from tests.dashboard.browser import Browser, words

pytestmark = [pytest.mark.one_engine, pytest.mark.django_db]


@pytest.fixture
def alert(link) -> Alert:
    return Alert.objects.create(
        event="problem_new", subject="problem:1", since=timezone.now(), title="Alder: GHL refuses", link=link,
        reason="It is new.", remedy="Repair it there.", place="problem", key="1",
    )  # fmt: skip


# The list -------------------------------------------------------------------------------------------------


def test_the_list_says_what_why_what_to_do_and_what_came_of_each_message(alert, channel, as_viewer):
    facts = {"alert": alert, "channel": channel, "tries": 5, "answer": "Slack answers 503."}
    AlertDelivery.objects.create(state="given_up", **facts)
    shown = words(as_viewer.get("alerts"))
    for part in (
        "Alder: GHL refuses",
        "It is new.",
        "Repair it there.",
        "Team: given up after 5 tries. Slack answers 503",
    ):
        assert part in shown
    assert "Alerts1 open" in shown


@pytest.mark.parametrize(
    ("query", "expected"), [({}, "Nothing has alerted"), ({"event": "silence"}, "No alert fits these filters")]
)
def test_an_empty_list_says_why(query, expected, as_viewer):
    assert expected in words(as_viewer.get("alerts", **query))


def test_without_a_channel_the_list_says_that_nobody_is_alerted(as_viewer, as_owner, db):
    assert "Nobody is alerted" in words(as_viewer.get("alerts"))
    assert "Set up a channel" in words(as_owner.get("alerts"))


def test_alerts_of_links_that_are_not_seen_are_not_there(alert, ghl, viewer):
    Alert.objects.create(event="login", subject="x", since=timezone.now(), title="Of the connection", connection=ghl)
    viewer.all_links = False
    viewer.save()
    shown = words(Browser(viewer).get("alerts"))
    assert ("Alder: GHL refuses" in shown, "Of the connection" in shown) == (False, False)
    viewer.links.add(alert.link)
    shown = words(Browser(viewer).get("alerts"))
    assert ("Alder: GHL refuses" in shown, "Of the connection" in shown) == (True, True)


def test_the_list_asks_as_often_for_many_as_for_few(alert, channel, as_viewer, django_assert_max_num_queries):
    for number in range(20):
        made = Alert.objects.create(event="silence", subject=str(number), since=timezone.now(), title="Silent")
        AlertDelivery.objects.create(alert=made, channel=channel)
    as_viewer.get("alerts")
    with django_assert_max_num_queries(11):
        as_viewer.get("alerts")


def test_messages_lead_to_the_pages_that_there_are():
    for place, name in PLACES.items():
        key = "" if PATHS[place].format("7") == PATHS[place] else "7"
        assert AlertRow(Alert(place=place, key=key)).href == PATHS[place].format("7"), name


# Settings -------------------------------------------------------------------------------------------------


def test_a_slack_channel_is_added_with_the_usual_events_and_its_address_is_never_shown(as_owner):
    address = "https://hooks.slack.com/services/T0/s3cr"
    as_owner.post("alert_channel_new", "slack", name="Team", address=address, enabled="on")
    made = AlertChannel.objects.get()
    assert (made.address["url"], made.events) == (address, usual_events())
    for page in (as_owner.get("alert_settings"), as_owner.get("alert_channel", made.pk)):
        assert "s3cr" not in page.content.decode()
    assert "s3cr" not in AlertChannel.objects.extra(select={"raw": "address"}).get().raw
    assert AuditEntry.objects.filter(what="alert_channel_new").count() == 1


def test_the_secret_of_a_webhook_is_shown_once(as_owner):
    sent = {"name": "Hook", "address": "https://hooks.example.com/", "enabled": "on"}
    secret = words(as_owner.post("alert_channel_new", "webhook", **sent))
    made = AlertChannel.objects.get()
    assert made.address["secret"] in secret
    assert made.address["secret"] not in words(as_owner.post("alert_channel", made.pk, name="Hook", enabled="on"))
    as_owner.post("alert_channel", made.pk, **sent)
    assert AlertChannel.objects.get().address["secret"] != made.address["secret"]


@pytest.mark.parametrize(("kind", "address"), [("slack", "https://169.254.169.254/"), ("service", "json://10.0.0.1/")])
def test_an_address_inside_is_refused_beside_its_field(kind, address, as_owner, settings):
    settings.DEMO = False
    page = as_owner.post("alert_channel_new", kind, name="Inside", address=address, enabled="on")
    assert (page.status_code, AlertChannel.objects.count()) == (422, 0)
    assert "public address" in words(page)


def test_a_test_says_what_came_of_it(channel, sent, as_owner):
    as_owner.post("alert_channel_test", channel.pk)
    assert "Team: Slack took it (200)." in words(as_owner.get("alert_settings"))
    sent.down = True
    as_owner.post("alert_channel_test", channel.pk)
    page = words(as_owner.get("alert_settings"))
    assert page.count("Slack answers 503.") == 2
    assert "Refused" in page


def test_a_test_by_mail_reaches_the_addresses(channel, as_owner, settings):
    settings.SENDS_EMAIL = True
    channel.kind, channel.address = "email", {"to": ["ops@example.com"]}
    channel.save()
    as_owner.post("alert_channel_test", channel.pk)
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (["ops@example.com"], "Gistline: a test")


def test_the_matrix_and_the_quiet_hours_are_saved(channel, as_owner):
    rules = {"quiet_from": "22:00", "quiet_to": "07:00", "zone": "Europe/Berlin", "digest_at": "18:30"}
    as_owner.post("alert_rules", **rules, **{f"login-{channel.pk}": "on", f"digest-{channel.pk}": "on"})
    assert AlertChannel.objects.get().events == ["login", "digest"]
    stored = AlertRules.load()
    assert (str(stored.quiet_from), stored.zone, stored.urgent_passes) == ("22:00:00", "Europe/Berlin", False)
    page = as_owner.get("alert_settings").content.decode()
    assert f'name="login-{channel.pk}" aria-label="A login ended: Team" checked' in page


@pytest.mark.parametrize("wrong", [{"zone": "Mars/Olympus"}, {"quiet_from": "22:00"}, {"digest_at": "noon"}])
def test_what_cannot_be_a_rule_is_said_and_nothing_is_saved(wrong, channel, as_owner):
    page = as_owner.post("alert_rules", **{"zone": "UTC", "digest_at": "18:00", **wrong})
    assert page.status_code == 422
    assert AlertChannel.objects.get().events == usual_events()


def test_a_channel_is_deleted_with_what_waits_for_it(alert, channel, as_owner):
    AlertDelivery.objects.create(alert=alert, channel=channel)
    as_owner.post("alert_channel_delete", channel.pk)
    assert (AlertChannel.objects.count(), AlertDelivery.objects.count()) == (0, 0)


def test_an_unknown_kind_is_no_page(as_owner):
    assert as_owner.get("alert_channel_new", "pigeon").status_code == 404


def test_every_event_has_a_row_in_the_matrix(channel, as_owner):
    page = words(as_owner.get("alert_settings"))
    assert [event.title for event in EVENTS.values() if event.title not in page] == []
