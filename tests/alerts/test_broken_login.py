"""A login that breaks is told to those who can reconnect it: by mail, once, whatever the mail server does."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.db.models import F

from integration import jobs
from integration.alerts import deliver
from integration.connections.check import verify_connection
from integration.connections.session import note_broken_login
from integration.errors import ReconnectRequired
from integration.models import Alert, AlertDelivery, Connection
from tests.dashboard.browser import Browser, words

pytestmark = pytest.mark.django_db
REFUSED = ReconnectRequired("Alder GHL: secret-token of ann@example.test refused.", provider="ghl", status=401)
BOTH = ["operator@gistline.example", "owner@gistline.example"]


@pytest.fixture(autouse=True)
def people(request, settings) -> None:
    """Three have an account, two of them may reconnect."""
    settings.SENDS_EMAIL = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for role in ("owner", "operator", "viewer"):
        request.getfixturevalue(role)


@pytest.fixture
def down(monkeypatch):
    """The mail server names whom it does not take."""

    def fails(subject, text, sender, addresses):
        raise SMTPRecipientsRefused({addresses[0]: (451, b"try again")})

    monkeypatch.setattr(deliver, "send_mail", fails)


def told() -> list[str]:
    """Who is written to when a worker comes by."""
    mail.outbox.clear()
    for pk in list(AlertDelivery.objects.values_list("pk", flat=True)):
        jobs.send_alert(pk)
    return sorted(address for message in mail.outbox for address in message.to)


def wait(minutes: float) -> None:
    AlertDelivery.objects.update(due_at=F("due_at") - timedelta(minutes=minutes))


def waiting() -> int:
    return AlertDelivery.objects.filter(state="waiting").count()


# When ---------------------------------------------------------------------------------------------------


def test_fifty_workers_that_are_refused_cause_one_mail_to_each_who_may_reconnect(ghl):
    for worker in [Connection.objects.get() for _ in range(50)]:
        note_broken_login(worker, REFUSED)
    assert (told(), told()) == (BOTH, [])


def test_of_fifty_workers_that_still_see_the_old_status_one_makes_the_change(ghl):
    workers = [Connection.objects.get() for _ in range(50)]
    assert sum(worker.set_status("reconnect", "refused") for worker in workers) == 1
    assert len({worker.status_since for worker in workers}) == 1


def test_a_second_refusal_is_not_told(ghl):
    note_broken_login(ghl, REFUSED)
    assert told() == BOTH
    note_broken_login(ghl, REFUSED)
    assert told() == []


def test_a_login_that_breaks_again_after_it_was_well_is_told_again(ghl):
    note_broken_login(ghl, REFUSED)
    told()
    ghl.set_status("ok")
    note_broken_login(ghl, REFUSED)
    assert told() == BOTH


def test_a_login_found_broken_by_its_check_is_told_once(world, gist):
    gist.credentials = {"access_token": "no longer"}
    gist.save()
    verify_connection(gist)
    assert told() == BOTH
    verify_connection(gist)
    assert told() == []


def test_a_disconnected_login_is_told_to_nobody(ghl):
    ghl.set_status("disconnected")
    note_broken_login(ghl, REFUSED)
    assert told() == []


def test_somebody_who_left_is_not_told(ghl, operator):
    operator.is_active = False
    operator.save()
    note_broken_login(ghl, REFUSED)
    assert told() == ["owner@gistline.example"]


def test_a_login_that_was_repaired_before_the_mail_left_is_not_told(ghl):
    note_broken_login(ghl, REFUSED)
    ghl.set_status("ok")
    assert (told(), waiting()) == ([], 0)


def test_nothing_is_sent_where_the_login_breaks(ghl):
    note_broken_login(ghl, REFUSED)
    assert (mail.outbox, waiting()) == ([], 2)


# What ---------------------------------------------------------------------------------------------------


def test_the_mail_says_what_broke_what_it_means_and_where_to_go(link, settings):
    settings.PUBLIC_URL = "https://sync.example.test"
    note_broken_login(link.ghl, REFUSED)
    told()
    text = mail.outbox[0].body
    assert mail.outbox[0].subject == "Gistline: “Alder GHL” needs a new login"
    assert "GHL no longer accepts the login of “Alder GHL”, since " in text
    assert "“Alder” cannot sync until then. Nothing is lost" in text
    assert "https://sync.example.test/connections/alder-ghl/\n" in text


def test_the_address_in_the_mail_is_that_of_the_page(ghl, operator):
    note_broken_login(ghl, REFUSED)
    told()
    assert Browser(operator).get("connection", ghl.key).request["PATH_INFO"] in mail.outbox[0].body


def test_neither_secrets_nor_other_people_stand_in_the_mail(ghl):
    note_broken_login(ghl, REFUSED)
    told()
    for message in mail.outbox:
        assert "secret-token" not in message.body
        assert [name for name in ("ann@", "owner@", "operator@") if name in message.body] == []


def test_a_name_cannot_add_headers(ghl):
    ghl.name = "Alder\r\nBcc: ann@example.test"
    ghl.save()
    note_broken_login(ghl, REFUSED)
    assert told() == BOTH
    assert "\n" not in mail.outbox[0].subject


def test_a_title_that_was_stored_with_lines_makes_one_subject(ghl):
    note_broken_login(ghl, REFUSED)
    Alert.objects.update(title="“Alder\r\nBcc: ann@example.test” needs a new login")
    assert told() == BOTH
    assert mail.outbox[0].subject == "Gistline: “Alder Bcc: ann@example.test” needs a new login"


def test_without_a_mail_server_nobody_is_written_to_and_the_page_says_so(ghl, operator, settings):
    settings.SENDS_EMAIL = False
    note_broken_login(ghl, REFUSED)
    assert (told(), waiting()) == ([], 0)
    assert "Nobody gets a mail when the login breaks" in words(Browser(operator).get("connection", ghl.key))
    settings.SENDS_EMAIL = True
    assert "Nobody gets a mail" not in words(Browser(operator).get("connection", ghl.key))


# The mail server ----------------------------------------------------------------------------------------


def test_a_mail_server_that_is_down_changes_nothing_about_the_login(ghl, down):
    note_broken_login(ghl, REFUSED)
    assert told() == []
    ghl.refresh_from_db()
    assert (ghl.status, waiting()) == ("reconnect", 2)


def test_a_mail_that_did_not_leave_is_tried_again_later_and_not_before(ghl, down, monkeypatch):
    note_broken_login(ghl, REFUSED)
    told()
    monkeypatch.undo()
    assert told() == []
    wait(minutes=2)
    assert (told(), told()) == (BOTH, [])


def test_after_a_few_tries_the_mail_is_given_up(ghl, down):
    note_broken_login(ghl, REFUSED)
    for _ in range(5):
        assert waiting() == 2
        told()
        wait(minutes=240)
    assert waiting() == 0


def test_the_watchdog_calls_a_worker_for_what_is_due(ghl, down, monkeypatch):
    called = []
    monkeypatch.setattr(deliver, "enqueue", lambda job, pk: called.append((job, pk)))
    note_broken_login(ghl, REFUSED)
    told()
    jobs.watch()
    assert called == []
    wait(minutes=2)
    jobs.watch()
    assert called == [("send_alert", pk) for pk in AlertDelivery.objects.order_by("pk").values_list("pk", flat=True)]


def test_the_log_names_nobody(ghl, down, caplog):
    note_broken_login(ghl, REFUSED)
    told()
    assert "SMTPRecipientsRefused" in caplog.text
    assert "@" not in caplog.text
