"""Webhooks about somebody who was erased: that one came is kept, so that a repeat is known; what it says is not."""

import time

from django.utils import timezone

from integration import erased
from integration.models import EventState, InboxEvent
from integration.webhooks.memory import memory
from integration.webhooks.subject import subject_of

# So long a process may not know yet that somebody was erased here for the first time; erasing waits for it.
NEWS_SECONDS = 1.0
MESSAGE = "It was about somebody who was erased: nothing of it is kept."


def contact_of(event: InboxEvent) -> str:
    """The id of the contact that an event is about; "" where it names none."""
    subject = subject_of(event)
    if subject is None:
        return ""
    return subject.external_id if subject.kind == "contact" else subject.contact_id


def forget_if_erased(event: InboxEvent) -> InboxEvent:
    """The event as it may be stored."""
    if _was_anybody_erased() and _is_about_erased(event):
        forget(event)
    return event


def _was_anybody_erased() -> bool:
    """Not asked again for a moment while nobody was: a webhook costs one statement then."""
    now = time.monotonic()
    if now < memory().nobody_erased_until:
        return False
    if erased.anybody():
        return True
    memory().nobody_erased_until = now + NEWS_SECONDS
    return False


def _is_about_erased(event: InboxEvent) -> bool:
    account = erased.account_of(event.connection_id or 0)
    return erased.is_body_about_erased(account, contact_of(event), event.payload)


def forget(event: InboxEvent) -> None:
    """Keep that it came. It is worked off by that, unless it was refused, which it stays."""
    event.body, event.headers, event.reason, event.message = b"", {}, event.reason or "erased", MESSAGE
    if event.state != EventState.REFUSED:
        event.state, event.reason, event.handled_at = EventState.DONE, "erased", timezone.now()
