"""What takes back what was written: the inverse of changes that stand, one for each field or record.

Several changes of one field, one on the other, are taken back at once, down to the value before the first of them. An
inverse looks at the record before it writes (planned.py): what somebody edited since is left as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from integration.models import Change, ChangeAction, ChangeState, Link
from integration.records import CONSENT_FIELDS, EMAIL_CONSENT, PersonRef, is_opt_out
from integration.sync.plan import CARRIED_RULE
from integration.values import same_as_written

RELATED = ("task", "note", "appointment")
RECORDS = ("contact", *RELATED)


def undoable_since() -> datetime:
    """What was written before can be taken back no more."""
    return timezone.now() - timedelta(days=settings.UNDO_DAYS)


def changes_to_undo(link: Link, wanted: Mapping[str, Any]) -> QuerySet[Change]:
    """The changes of the link that stand and are asked for: of a `run`, of the contact with these ids (`gist`, `ghl`),
    or of a `rule` since a moment (`since`, ISO); newest first.
    """
    found = Change.objects.filter(link=link, state=ChangeState.APPLIED, applied_at__gte=undoable_since())
    if run := wanted.get("run"):
        found = found.filter(run=run)
        return found.order_by("-pk")
    # An undo is taken back as the run that it is; among everything else it would only toggle.
    found = found.filter(undoes=None)
    if rule := wanted.get("rule"):
        found = found.filter(Q(rule=rule) | Q(rule__startswith=f"{rule}:"))
        found = found.filter(applied_at__gte=wanted["since"]) if wanted.get("since") else found
    else:
        ids = Q(pk=None)
        for side in ("gist", "ghl"):
            ids |= Q(**{f"entry__{side}_id": wanted[side]}) if wanted.get(side) else Q(pk=None)
        found = found.filter(ids)
    return found.order_by("-pk")


@dataclass(frozen=True)
class UndoGroup:
    """Keys of the changes to take back together, newest first: of one person's contacts, or of one task, note or
    appointment.
    """

    kind: str
    ref: PersonRef
    keys: tuple[int, ...]


def group_changes(changes: QuerySet[Change]) -> list[UndoGroup]:
    """Tasks, notes and appointments first, newest first: they go before the contact that they belong to."""
    rows = list(changes.values_list("pk", "kind", "external_id", "entry__gist_id", "entry__ghl_id", "entry__label"))
    ghl_of = {gist: ghl for _, _, _, gist, ghl, _ in rows if gist and ghl}
    groups: dict[tuple[str, str], list[int]] = {}
    people: dict[tuple[str, str], PersonRef] = {}
    for pk, kind, external_id, gist, ghl, label in rows:
        ghl = ghl or ghl_of.get(gist, "")
        key = (kind, external_id) if kind in RELATED else ("contact", ghl or gist or str(pk))
        groups.setdefault(key, []).append(pk)
        known = people.get(key, PersonRef())
        people[key] = PersonRef(known.gist_id or gist, known.ghl_id or ghl, known.label or label)
    found = [UndoGroup(key[0], people[key], tuple(keys)) for key, keys in groups.items()]
    return sorted(found, key=lambda group: group.kind == "contact")


def inverses_of(changes: Sequence[Change]) -> list[Change]:
    """What takes these changes back, newest first as they are given. What nothing takes back is among it, left out."""
    found: list[Change] = []
    records: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        if why_not_taken_back(change):
            found.append(_left_out(change))
        else:
            records.setdefault((change.kind, change.side, change.external_id), []).append(change)
    for of_record in records.values():
        found += _inverses_of_record(of_record)
    return found


def why_not_taken_back(change: Change) -> str:
    """Why nothing takes this change back, in a sentence; "" when something does."""
    if change.action == ChangeAction.SEND or change.kind not in RECORDS:
        return "It was sent, and nothing takes back what somebody may have seen."
    if change.action in (ChangeAction.PAIR, ChangeAction.UNPAIR):
        return "Who belongs together is changed on the contact page: link or unlink there."
    if change.rule.startswith(f"{CARRIED_RULE}:"):
        return "It shows what stands in GHL, and follows that by itself."
    if change.action == ChangeAction.UPDATE and change.field in EMAIL_CONSENT.values():
        return "Whether somebody may be written to is never set back by an undo; a person does it on the contact page."
    return ""


def _left_out(change: Change) -> Change:
    return _inverse(
        change,
        ChangeAction(change.action),
        field=change.field,
        before=change.after,
        after=change.before,
        state=ChangeState.EXCLUDED,
    )


def _inverses_of_record(changes: Sequence[Change]) -> list[Change]:
    """All of one record, newest first."""
    deleted = next((one for one in changes if one.action == ChangeAction.DELETE), None)
    created = next((one for one in changes if one.action == ChangeAction.CREATE), None)
    updates = [one for one in changes if one.action == ChangeAction.UPDATE]
    if deleted and created:
        return [_left_out(deleted), _left_out(created)]  # It came and went: nothing is left to take back.
    if deleted:
        return [_inverse(deleted, ChangeAction.CREATE, after=_whole(deleted, updates))]
    if created:
        written = {one.field: one.after for one in reversed(updates)}
        return [_inverse(created, ChangeAction.DELETE, before={**(created.after or {}), **written})]
    fields = dict.fromkeys(one.field for one in updates)
    return [_inverse_of_field([one for one in updates if one.field == field]) for field in fields]


def _whole(deleted: Change, updates: Sequence[Change]) -> dict[str, Any]:
    """The record as it was, without what would allow e-mails: only a person does that."""
    values = {**(deleted.before or {}), **{one.field: one.before for one in updates}}
    consent = CONSENT_FIELDS[deleted.side] if deleted.kind == "contact" else ()  # type: ignore[index]
    return {key: value for key, value in values.items() if key not in consent or is_opt_out(value)}


def _inverse_of_field(updates: Sequence[Change]) -> Change:
    chain = chain_of(updates)
    return _inverse(
        updates[0], ChangeAction.UPDATE, field=updates[0].field, before=updates[0].after, after=chain[-1].before
    )


def chain_of(updates: Iterable[Change]) -> list[Change]:
    """Of changes of one field, newest first, those of which each began with the value that the next one wrote."""
    chain: list[Change] = []
    for change in updates:
        if chain and not same_as_written(chain[-1].before, change.after):
            break
        chain.append(change)
    return chain


def _inverse(change: Change, action: ChangeAction, **values: Any) -> Change:
    return Change(
        kind=change.kind,
        side=change.side,
        external_id=change.external_id,
        action=action,
        rule=f"undo:{change.pk}",
        undoes_id=change.pk,
        **values,
    )
