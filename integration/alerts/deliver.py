"""Sending: what is due to one recipient goes as one message, claimed before it is sent and tried again if it fails.

    waiting ─► claimed: tries + 1, due_at put off ─► sent
                  └─ not taken, or the worker dies: due again later ─► after the last try given up, in words

A message that a worker sent and did not live to note is sent once more, with the same id: a signed webhook's receiver
and mail programs know it by that. Everything else is sent once.
"""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integration.alerts.channels import NotDelivered, send_by
from integration.alerts.logins import is_for, mail_text
from integration.alerts.messages import Message, compose_message, one_line
from integration.models import AlertChannel, AlertDelivery, AlertState, DeliveryState
from integration.queue import enqueue
from integration.retry_schedule import ALERTS, pause_before

# After so long without its end, the last try is taken for one whose worker was killed, and the message is given up.
LAST_TRY_TAKES = timedelta(hours=4)
# Of one message; more than anybody reads.
MOST_AT_ONCE = 50

logger = logging.getLogger(__name__)


def send_due() -> int:
    """For the watchdog: recipients of whom a message is due, or whose job was lost. Returns how many."""
    due = _due().order_by("pk").values_list("pk", "channel", "user")
    first = {(channel, user): pk for pk, channel, user in reversed(due)}
    for pk in sorted(first.values()):
        enqueue("send_alert", pk)
    return len(first)


def send_alert(delivery_id: int) -> None:
    """Everything that is due to the recipient of this message. The job may come twice, or late."""
    asked = AlertDelivery.objects.filter(pk=delivery_id).first()
    if asked is None:
        return
    while claimed := _claim(asked):
        _send(claimed)


def _due() -> QuerySet[AlertDelivery]:
    return AlertDelivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=timezone.now())


@transaction.atomic
def _claim(asked: AlertDelivery) -> list[AlertDelivery]:
    """Count a try of each and put off the next one before anything is sent; none where another worker has them.

    What was sent together is tried together, and by the same id.
    """
    due = (
        _due()
        .filter(channel=asked.channel_id, user=asked.user_id)
        .select_related("alert__link", "alert__connection", "channel", "user")
    )
    waiting = list(due.order_by("pk")[:MOST_AT_ONCE])
    batch = waiting[0].batch if waiting else ""
    return [one for one in waiting if one.batch == batch and _claim_try(one, batch or _batch_of(waiting))]


def _batch_of(waiting: list[AlertDelivery]) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"gistline:{settings.PUBLIC_URL}:{waiting[0].pk}").hex


def _claim_try(one: AlertDelivery, batch: str) -> bool:
    pause = pause_before(one.tries + 1, ALERTS) or LAST_TRY_TAKES
    now, tries = timezone.now(), one.tries
    mine = AlertDelivery.objects.filter(pk=one.pk, tries=tries, state=DeliveryState.WAITING, due_at__lte=now)
    one.tries, one.batch = tries + 1, batch
    return mine.update(tries=one.tries, batch=batch, due_at=now + pause) == 1


def _send(claimed: list[AlertDelivery]) -> None:
    needed = [one for one in claimed if _is_needed(one)]
    dropped = [one.pk for one in claimed if one not in needed]
    AlertDelivery.objects.filter(pk__in=dropped).update(
        state=DeliveryState.DROPPED, answer="Over before it was sent, or the recipient may do nothing about it."
    )
    if not needed:
        return
    channel = needed[0].channel
    try:
        answer = send_by(channel, compose_message(needed[0].batch, needed)) if channel else _mail_person(needed)
    except NotDelivered as problem:
        _note_failure(needed, str(problem))
    except Exception as problem:
        # What a server says may name the person or hold the address: only the kind of trouble is logged.
        _note_failure(needed, f"It could not be sent: {type(problem).__name__}.")
    else:
        _note_success(needed, answer)


def _is_needed(one: AlertDelivery) -> bool:
    if one.user is not None:
        return is_for(one.alert, one.user)
    if one.channel is None or not one.channel.enabled:
        return False
    is_over = one.alert.state == AlertState.OVER and one.alert.event != "digest"
    # What passed before the first try is nobody's news; what was held or could not be sent is told as over.
    return one.news == AlertDelivery.News.RECOVERY or not is_over or one.held or one.tries > 1


def _mail_person(needed: list[AlertDelivery]) -> str:
    """One mail per login, to somebody who may reconnect it."""
    for one in needed:
        assert one.user is not None, "without a channel it is for a person"
        send_mail(
            f"Gistline: {one_line(one.alert.title)}",
            mail_text(one.alert),
            settings.DEFAULT_FROM_EMAIL,
            [one.user.email],
        )
        AlertDelivery.objects.filter(pk=one.pk).update(state=DeliveryState.SENT, sent_at=timezone.now())
    return "The mail server took it."


def _note_success(needed: list[AlertDelivery], answer: str) -> None:
    now = timezone.now()
    sent = AlertDelivery.objects.filter(pk__in=[one.pk for one in needed])
    sent.update(state=DeliveryState.SENT, sent_at=now, answer=answer[:300])
    note_answer(needed[0].channel, answer, works=True)


def _note_failure(needed: list[AlertDelivery], sentence: str) -> None:
    first = needed[0]
    logger.warning("message %s: try %s failed: %s", first.batch, first.tries, sentence)
    waiting = AlertDelivery.objects.filter(pk__in=[one.pk for one in needed], state=DeliveryState.WAITING)
    waiting.update(answer=sentence[:300])
    last = [one.pk for one in needed if pause_before(one.tries, ALERTS) is None]
    if last:
        logger.error("message %s is given up; Settings, Alerts shows why", first.batch)
        waiting.filter(pk__in=last).update(state=DeliveryState.GIVEN_UP)
    note_answer(first.channel, sentence, works=False)


def note_answer(channel: AlertChannel | None, answer: str, *, works: bool) -> None:
    """What the channel's card shows."""
    if channel is not None:
        shown = {"answer": answer[:300], "works": works, "answered_at": timezone.now()}
        AlertChannel.objects.filter(pk=channel.pk).update(**shown)


def send_again(channel: AlertChannel) -> int:
    """What was given up is due once more, from the first try; how many."""
    given_up = Q(channel=channel, state=DeliveryState.GIVEN_UP)
    with transaction.atomic():
        keys = list(AlertDelivery.objects.filter(given_up).values_list("pk", flat=True))
        AlertDelivery.objects.filter(pk__in=keys).update(state=DeliveryState.WAITING, tries=1, due_at=timezone.now())
        if keys:
            enqueue("send_alert", keys[0])
    return len(keys)


def send_test(channel: AlertChannel) -> tuple[bool, str]:
    """Send a message that says it is a test, now; whether it was taken, and the answer in words."""
    test = {"event": "test", "news": "alert", "state": "over", "title": "A test", "url": settings.PUBLIC_URL}
    text = f"A test from {settings.PUBLIC_URL}: alerts come here.\nNothing is wrong."
    try:
        works, answer = True, send_by(channel, Message(uuid.uuid4().hex, "Gistline: a test", text, [test]))
    except NotDelivered as problem:
        works, answer = False, str(problem)
    except Exception as problem:
        logger.warning("a test of channel %s failed: %s", channel.pk, type(problem).__name__)
        works, answer = False, f"It could not be sent: {type(problem).__name__}."
    note_answer(channel, answer, works=works)
    return works, answer
