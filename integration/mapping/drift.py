"""What an account changed about its fields since somebody last agreed to them: renamed, retyped, deleted, added.

Only custom fields change. GHL lists them with their ids (docs/ghl-api.md#custom-fields), so a row whose field changed
there stops until a person agrees to it. Gist lists none, a property is known by being seen on a contact
(docs/gist-api.md#custom-properties): new ones and other types are told, and stop nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.mapping.types import NAMES
from integration.models import AcceptedFields, Link, MappingVersion, Provider
from integration.models import Mapping as MappingRow
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.records import SIDES, Field, Side

RENAMED, RETYPED, DELETED, ADDED = "renamed", "retyped", "deleted", "added"
_CUSTOM = {"gist": GIST_CUSTOM, "ghl": GHL_CUSTOM}
Fields = Mapping[str, Field]
Kept = dict[str, dict[str, str]]


@dataclass(frozen=True)
class FieldDrift:
    """One field that is not as it was agreed to. `key` is its key then, or now for one that was added."""

    side: Side
    kind: str
    key: str
    before: str
    after: str

    @property
    def place(self) -> tuple[str, str]:
        return self.side, self.key

    @property
    def stops(self) -> bool:
        """Whether rows of this field carry nothing until somebody agrees."""
        return self.side == "ghl" and self.kind != ADDED

    @property
    def sentence(self) -> str:
        name = Provider(self.side).label
        return {
            RENAMED: f"{name}'s field “{self.before}” is called “{self.after}” now.",
            RETYPED: f"{name}'s field “{self.after}” was {self.before}.",
            DELETED: f"{name}'s field “{self.before}” was deleted.",
            ADDED: f"{name} has a new field “{self.after}”.",
        }[self.kind]


def note_fields(link: Link, fields: Mapping[str, Fields]) -> AcceptedFields:
    """What was agreed to, beginning with `fields`, by side, where nothing was yet. Leave out a side never read."""
    agreed = AcceptedFields.objects.filter(link=link).first()
    missing = [side for side in fields if agreed is None or getattr(agreed, side) is None]
    if agreed is None or missing:
        agreed, _ = AcceptedFields.objects.get_or_create(link=link)
        for side in missing:
            setattr(agreed, side, _kept(side, fields[side]))
        agreed.save(update_fields=missing)
    return agreed


def find_drift(agreed: AcceptedFields | None, fields: Mapping[str, Fields]) -> list[FieldDrift]:
    """What differs between what was agreed to and `fields`, by side; of a side that is left out nothing is known."""
    if agreed is None:
        return []
    return [
        one
        for side in SIDES
        if side in fields and getattr(agreed, side) is not None
        for one in _compare(side, getattr(agreed, side), _kept(side, fields[side]))
    ]


def note_time(agreed: AcceptedFields, drift: list[FieldDrift]) -> datetime | None:
    """Since when there is something to agree to; None when there is nothing."""
    if bool(drift) != bool(agreed.changed_at):
        agreed.changed_at = timezone.now() if drift else None
        AcceptedFields.objects.filter(pk=agreed.pk).update(changed_at=agreed.changed_at)
    return agreed.changed_at


def agree_to(link: Link, side: str, fields: Fields, key: str = "") -> None:
    """Take `fields` of a side as they are now: the one that was agreed to as `key`, or all of them."""
    with transaction.atomic():
        agreed = AcceptedFields.objects.select_for_update().get(link=link)
        kept, now = dict(getattr(agreed, side) or {}), _kept(side, fields)
        if not key:
            kept = {**kept, **now} if side == "gist" else now
        else:
            as_now = _find_again(key, kept.pop(key, {}), now)
            kept |= {as_now: now[as_now]} if as_now else {}
        setattr(agreed, side, kept)
        agreed.save(update_fields=[side])


def stopped_rows(
    link: Link, version: MappingVersion | None, ghl_fields: Fields, agreed: AcceptedFields | None = None
) -> dict[int, FieldDrift]:
    """By their keys, the rows of `version` that carry nothing because their GHL field changed. `agreed` saves a query
    for it.
    """
    rows = [row for row in (version.rows.all() if version else ()) if row.ghl_field.startswith(GHL_CUSTOM)]
    # Fields that were not read are no deleted ones.
    if not rows or not any(one.custom_id for one in ghl_fields.values()):
        return {}
    agreed = agreed or AcceptedFields.objects.filter(link=link).first()
    by_key = {one.key: one for one in find_drift(agreed, {"ghl": ghl_fields}) if one.stops}
    found = {row.pk: _drift_of(row, by_key, ghl_fields) for row in rows}
    return {pk: one for pk, one in found.items() if one}


def _drift_of(row: MappingRow, by_key: Mapping[str, FieldDrift], ghl_fields: Fields) -> FieldDrift | None:
    known = resolve_ghl(row.ghl_field, ghl_fields)
    return by_key.get(known.key if known else row.ghl_field)


def _kept(side: str, fields: Fields) -> Kept:
    custom = (one for one in fields.values() if one.key.startswith(_CUSTOM[side]))
    return {one.key: {"label": one.label, "type": one.type, "id": one.custom_id} for one in custom}


def _compare(side: Side, before: Kept, now: Kept) -> Iterator[FieldDrift]:
    again = {key: _find_again(key, facts, now) for key, facts in before.items()}
    for key, facts in before.items():
        as_now = again[key]
        if as_now is None:
            # A property of Gist that nobody shows at the moment may well be there.
            if side == "ghl":
                yield FieldDrift(side, DELETED, key, facts["label"], "")
        elif now[as_now]["type"] != facts["type"]:
            yield FieldDrift(side, RETYPED, key, _type_in_words(facts, now[as_now]), now[as_now]["label"])
        elif now[as_now]["label"] != facts["label"]:
            yield FieldDrift(side, RENAMED, key, facts["label"], now[as_now]["label"])
    known = set(again.values())
    for key, facts in now.items():
        if key not in known:
            yield FieldDrift(side, ADDED, key, "", facts["label"])


def _type_in_words(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    return f"{NAMES[before['type']]} and is {NAMES[now['type']]} now"


def _find_again(key: str, facts: Mapping[str, str], now: Kept) -> str | None:
    """The key under which the same field stands now: its id stays when it is renamed, its key when it is made anew."""
    same_id = (other for other, one in now.items() if facts.get("id") and one["id"] == facts["id"])
    return next(same_id, key if key in now else None)
