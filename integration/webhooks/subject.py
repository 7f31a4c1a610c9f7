"""Which record an event is about. What a body says is read in `providers/<provider>/webhooks.py`."""

from dataclasses import replace

from integration.models import InboxEvent
from integration.providers.base import EventSubject
from integration.providers.ghl import webhooks as ghl
from integration.providers.gist import webhooks as gist

# By kind, side and id of a record: what all its events say together, and the first of these events.
Subjects = dict[tuple[str, str, str], tuple[EventSubject, InboxEvent]]


def subject_of(event: InboxEvent) -> EventSubject | None:
    """The record an event is about; None when it names nothing that can be read."""
    of_provider = ghl.subject_of if event.provider == "ghl" else gist.subject_of
    return of_provider(event.topic, event.payload)


def add_subject(subjects: Subjects, subject: EventSubject, event: InboxEvent) -> InboxEvent:
    """The newest event about a record counts, with the time of the first; what one left out another may name. Returns
    the first.
    """
    before, first = subjects.get(subject.record, (subject, event))
    subjects[subject.record] = (merge_subjects(before, subject), first)
    return first


def merge_subjects(before: EventSubject, after: EventSubject) -> EventSubject:
    return replace(
        after,
        reported_created=after.reported_created or before.reported_created,
        contact_id=after.contact_id or before.contact_id,
        title=after.title or before.title,
    )
