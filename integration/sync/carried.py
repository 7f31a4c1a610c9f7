"""The one place that says: what Gist shows of these contacts' tasks, notes or appointments may be out of date.

A notice is a pending read of all records of one kind that a contact has, however many of them changed. It is made in
the transaction that stores what changed, whoever changed it, and is gone once Gist was looked at (runs/carried.py).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import cast

from django.db.models import F
from django.utils import timezone

from integration.mapping.carried import carried_names, kinds_of
from integration.models import Link, PendingRead, Related
from integration.queue import call_worker
from integration.records import RelatedType
from integration.trace import current_trace

# What a pending read is called that stands for all records of a kind, and the kind.
LISTS: dict[str, RelatedType] = {"tasks": "task", "notes": "note", "appointments": "appointment"}
_NAMES = {kind: name for name, kind in LISTS.items()}


def note_stale(link: Link, changed: Iterable[tuple[str, str]]) -> None:
    """`changed` are kinds of records and the GHL contacts that have them; what the link does not carry is left out."""
    found = {(kind, contact_id) for kind, contact_id in changed if contact_id}
    on = kinds_of(carried_names(link) or ()) if found else ()
    contacts: dict[str, set[str]] = defaultdict(set)
    for kind, contact_id in found:
        if kind in on:
            contacts[_NAMES[cast(RelatedType, kind)]].add(contact_id)
    if not contacts:
        return
    # Due at once: the events that it follows from have waited to be merged, and the run that read them goes on with it.
    now = timezone.now()
    for name, ids in contacts.items():
        known = PendingRead.objects.filter(link=link, kind=name, side="ghl", external_id__in=ids)
        # As another event would: who reads the list just now may have read it before this change.
        known.update(event_count=F("event_count") + 1, claimed_by_run=0)
        # One that failed before waits for its next try: there is news of it, so that is now.
        known.filter(due_at__gt=now).update(due_at=now)
        PendingRead.objects.bulk_create(
            (
                PendingRead(
                    link=link, kind=name, side="ghl", external_id=one, first_at=now, due_at=now, trace=current_trace()
                )
                for one in sorted(ids)
            ),
            ignore_conflicts=True,
        )
    call_worker(Link.objects.filter(pk=link.pk))


def note_known(link: Link, ghl_ids: Iterable[str]) -> None:
    """Contacts that have a Gist contact from now on: what is known to belong to them is to be shown there."""
    known = Related.objects.filter(link=link, contact_id__in=list(ghl_ids), deleted_at=None)
    note_stale(link, known.values_list("kind", "contact_id").distinct())
