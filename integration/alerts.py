"""Mails to the people who can reconnect a login that broke: one each per break, sent by a worker.

status becomes "reconnect" ─► notify_people: a row per person, in that transaction ─► send ─► the row goes
                                                                              └─ no mail server: due again later
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db.models import Q
from django.utils import timezone

from integration.models import Alert, Connection, ConnectionStatus, Link
from integration.queue import enqueue
from integration.retry_schedule import ALERTS, pause_before

# The roles that dashboard/permissions.py lets reconnect.
MAY_RECONNECT = ("operator", "owner")
# After so long without its end, the last try is taken for one whose worker was killed, and the alert is given up.
LAST_TRY_TAKES = timedelta(hours=4)

logger = logging.getLogger(__name__)


def notify_people(connection: Connection) -> None:
    """Have everyone told who may reconnect it: to be called in the transaction that notes the broken login."""
    if not settings.SENDS_EMAIL:
        # The pages say that nobody is written to: dashboard/connections, doctor.
        return
    people = get_user_model().objects.filter(is_active=True, role__in=MAY_RECONNECT)
    for person in people.only("pk"):
        alert = Alert.objects.create(connection=connection, user=person, since=connection.status_since)
        enqueue("send_alert", alert.pk)


def send_due() -> int:
    """For the watchdog: alerts whose next try has come, or whose job was lost. Returns how many."""
    due = list(Alert.objects.filter(due_at__lte=timezone.now()).values_list("pk", flat=True))
    for pk in due:
        enqueue("send_alert", pk)
    return len(due)


def send_alert(alert_id: int) -> None:
    """One try, if it is due: the job may come twice. An alert that is sent, no longer true or given up is deleted."""
    alert = Alert.objects.select_related("connection", "user").filter(pk=alert_id).first()
    if alert is None or not _claim_try(alert):
        return
    if not _still_holds(alert):
        alert.delete()
        return
    try:
        send_mail(mail_subject(alert.connection), mail_text(alert), settings.DEFAULT_FROM_EMAIL, [alert.user.email])
    except Exception as problem:
        # What a mail server says may name the person: only the kind of trouble is logged.
        logger.warning("alert %s: try %s to send it failed: %s", alert.pk, alert.tries, type(problem).__name__)
        if pause_before(alert.tries, ALERTS) is None:
            logger.error("alert %s is given up; EMAIL_URL says where mails go", alert.pk)
            alert.delete()
    else:
        alert.delete()


def _claim_try(alert: Alert) -> bool:
    """Count a try and put off the next one before anything is sent; False when it is another worker's turn."""
    now, tries = timezone.now(), alert.tries
    pause = pause_before(tries + 1, ALERTS) or LAST_TRY_TAKES
    due = Alert.objects.filter(pk=alert.pk, tries=tries, due_at__lte=now)
    alert.tries = tries + 1
    return due.update(tries=alert.tries, due_at=now + pause) == 1


def _still_holds(alert: Alert) -> bool:
    """The login is still broken, and was not repaired meanwhile; the person may still do something about it."""
    found, person = alert.connection, alert.user
    is_so = found.status == ConnectionStatus.RECONNECT and found.status_since == alert.since
    return is_so and person.is_active and getattr(person, "role", "") in MAY_RECONNECT


# Words --------------------------------------------------------------------------------------------------


def mail_subject(connection: Connection) -> str:
    return f"Gistline: “{_one_line(connection.name)}” needs a new login"


def mail_text(alert: Alert) -> str:
    """Only our own words: what a provider said about the login stands on the page."""
    connection, at = alert.connection, timezone.localtime(alert.since)
    return f"""\
{connection.get_provider_display()} no longer accepts the login of “{_one_line(connection.name)}”, since \
{at.day} {at:%B %Y, %H:%M %Z}.

{_affected_links(connection)}

Reconnect it here; mappings and history stay:
{settings.PUBLIC_URL}/connections/{connection.key}/

You get this mail once, because you may reconnect it.
"""


def _affected_links(connection: Connection) -> str:
    links = Link.objects.filter(Q(gist=connection) | Q(ghl=connection)).values_list("name", flat=True)
    if not links:
        return "No link uses it at the moment, so nothing waits."
    names = ", ".join(f"“{_one_line(name)}”" for name in links)
    return f"{names} cannot sync until then. Nothing is lost: the next run catches up on what changes meanwhile."


def _one_line(name: str) -> str:
    return " ".join(name.split())
