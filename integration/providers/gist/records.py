"""Gist contacts as records: what the sync reads and writes (docs/gist-api.md#contacts)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from integration.errors import Gone, NotSent, ProviderError
from integration.moments import moment_of, moment_text, seconds_of
from integration.providers.base import fields_named
from integration.providers.exchange import Steps
from integration.providers.gist import contacts, tags, windows
from integration.providers.gist import schemas as s
from integration.providers.gist.fields import BUILT_IN, CUSTOM, all_fields, check_value, custom_property
from integration.providers.listing import read_records
from integration.providers.operations import Json
from integration.records import EMAIL_CONSENT, Contact, ContactPage, Field, Side, Value, Values, is_blank
from integration.values import Unreadable, is_true, member_difference, split_members


@dataclass
class GistContacts:
    """The contacts of one workspace. Custom properties are known after `load_fields`."""

    fields: dict[str, Field] = field(default_factory=lambda: dict(BUILT_IN))
    side: Side = "gist"

    def load_fields(self) -> Steps[dict[str, Field]]:
        """Gist has no list of custom properties: the newest contacts show which are in use."""
        answer = yield contacts.LIST(query={"per_page": windows.LONGEST, "order_by": "updated_at", "order": "desc"})
        self.fields = all_fields(contact.custom_properties for contact in answer.contacts)
        return self.fields

    def know_all_fields(self) -> Steps[None]:
        """Every record names all its properties."""
        yield from ()

    def page(self, cursor: Json | None, since: datetime | None = None) -> Steps[ContactPage]:
        # Gist has no filter by time of change (docs/gist-api.md#contacts): changes are read newest first, back to
        # `since`.
        order = {"order_by": "updated_at", "order": "desc"} if since else {"order_by": "created_at", "order": "asc"}
        cursor = {**windows.FIRST, **(cursor or {})}
        place = {"page": cursor["page"], "per_page": cursor["per_page"]}
        answer = yield contacts.LIST(query={**place, **order})
        ids, length = [contact.id for contact in answer.contacts], len(answer.raw_items)
        # A page of which nothing can be read says nothing about a gap.
        if (ids or not length) and windows.has_gap(cursor, ids) and cursor["page"] > 1:
            return ContactPage((), windows.cursor_before(cursor))
        new = [one for one in answer.contacts if one.id not in cursor["seen"]]
        found, unreadable = read_records(answer, new, self.to_record, "gist")
        last = moment_of(answer.contacts[-1].updated_at or None) if answer.contacts else None
        if not length or not (answer.pages and answer.pages.next) or (since and last and last < since):
            return ContactPage(found, unreadable=unreadable)
        return ContactPage(found, windows.cursor_after(cursor, ids, length), unreadable=unreadable)

    def opted_out_page(self, cursor: Json | None) -> Steps[ContactPage]:
        """Every list of Gist says it of each contact (docs/gist-api.md#contacts)."""
        yield from ()
        return ContactPage(())

    def read(self, contact_id: str) -> Steps[Contact]:
        answer = yield contacts.GET(contact_id=contact_id)
        return self.to_record(answer.contact)

    def find(self, *, email: str = "", phone: str = "", name: str = "", user_id: str = "") -> Steps[Sequence[Contact]]:
        """By e-mail or user id; Gist has no look-up by phone or name (docs/gist-api.md#contacts)."""
        found: dict[str, Contact] = {}
        for query in ({"email": email}, {"user_id": user_id}):
            if not any(query.values()):
                continue
            answer = yield contacts.FIND(query=query)
            if answer.contact:
                found[answer.contact.id] = self.to_record(answer.contact)
        return list(found.values())

    def find_by_address(self, email: str) -> Steps[Sequence[Contact]]:
        return (yield from self.find(email=email))

    def create(self, values: Values) -> Steps[Contact]:
        """Gist finds by e-mail or user id before it creates, so a lost answer may simply be sent again."""
        body = {key: value for key, value in self._request_body(values).items() if not is_blank(value)}
        answer = yield contacts.SAVE(body=body)
        record = self.to_record(answer.contact)
        silent = {k: v for k, v in values.items() if is_blank(record.values.get(k))}
        return record.with_values(silent)

    def update(self, contact_id: str, changes: Values, before: Values) -> Steps[Contact]:
        """Fields and new tags by one call that names id and e-mail; each tag taken off by one more."""
        added, removed = member_difference(changes.get("tags"), before.get("tags")) if "tags" in changes else ([], [])
        body = self._request_body({k: v for k, v in changes.items() if k != "tags"})
        updated = Contact("gist", contact_id, {})
        if body or added:
            body |= {"id": _wire_id(contact_id)} | ({"tags": added} if added else {})
            # Gist is said to want the e-mail beside the id on every update (docs/gist-api.md#contacts).
            email = changes.get("email") or before.get("email")
            user_id = before.get("user_id")
            body |= {"email": email} if email else ({"user_id": user_id} if user_id else {})
            answer = yield contacts.SAVE(body=body)
            updated = self.to_record(answer.contact)
            # What the answer leaves out was still accepted.
            updated = updated.with_values({k: v for k, v in changes.items() if is_blank(updated.values.get(k))})
        # `tags` of a contact only adds; taking one off is a call per tag (docs/gist-api.md#tags).
        for name in removed:
            yield tags.SAVE(body={"name": name, "contacts": [{"id": _wire_id(contact_id), "untag": True}]})
        return (
            updated.with_values({"tags": _tags_left(changes["tags"], updated, removed)})
            if "tags" in changes
            else updated
        )

    def split(self, changes: Values, before: Values) -> list[dict[str, Value]]:
        """Fields and new tags go by one call; where tags are taken off, tags are a group of their own. An opt-out goes
        first, and alone: no other field that is refused holds it up.
        """
        opt_out = {key: value for key, value in changes.items() if key == EMAIL_CONSENT["gist"]}
        rest = {key: value for key, value in changes.items() if key not in opt_out}
        removed = member_difference(rest["tags"], before.get("tags"))[1] if "tags" in rest else []
        fields = {key: value for key, value in rest.items() if key != "tags"}
        groups = [opt_out, fields, {"tags": rest["tags"]}] if removed and fields else [opt_out, rest]
        return [group for group in groups if group]

    def update_cost(self, changes: Values, before: Values) -> int:
        return sum(self._group_cost(group, before) for group in self.split(changes, before))

    @staticmethod
    def _group_cost(group: Values, before: Values) -> int:
        added, removed = member_difference(group["tags"], before.get("tags")) if "tags" in group else ([], [])
        return int(bool(added) or any(key != "tags" for key in group)) + len(removed)

    def refused_fields(self, refusal: ProviderError, sent: Values) -> set[str]:
        return fields_named(refusal, sent, self.fields, {})

    def delete(self, contact_id: str) -> Steps[None]:
        try:
            yield contacts.DELETE(contact_id=contact_id)
        except Gone:
            return

    # To and from the wire -----------------------------------------------------------------------------

    def _request_body(self, values: Values) -> Json:
        body: Json = {}
        custom: Json = {}
        for key, value in values.items():
            outgoing = _value_to_wire(_declared(key), value)
            if key.startswith(CUSTOM):
                _check_length(key, outgoing)
                custom[key.removeprefix(CUSTOM)] = outgoing
            else:
                body[key] = outgoing
        return body | ({"custom_properties": custom} if custom else {})

    def to_record(self, contact: s.Contact) -> Contact:
        raw = contact.model_dump()
        place = raw.get("location_data") or {}
        values: dict[str, Value] = {key: _read_value(raw.get(key), known) for key, known in BUILT_IN.items()}
        values["name"] = _trimmed_text(raw.get("name") or raw.get("full_name"))
        # Lists may leave the parts of the name out; the cut is at the first space (docs/gist-api.md#contacts).
        first, _, last = str(values["name"] or "").partition(" ")
        values["first_name"] = _trimmed_text(raw.get("first_name")) or first or None
        values["last_name"] = _trimmed_text(raw.get("last_name")) or last or None
        values["phone"] = _trimmed_text(raw.get("phone"))
        values["city"], values["country"] = (
            _trimmed_text(place.get("city_name")),
            _trimmed_text(place.get("country_code")),
        )
        values["tags"] = [str(tag.get("name")) for tag in contact.tags if tag.get("name")]
        values["segments"] = [str(one["name"]) for one in raw.get("segments") or () if one.get("name")]
        # Properties that nobody had when the fields were read are values all the same.
        for name, value in contact.custom_properties.items():
            values[CUSTOM + name] = _read_value(value, _declared(CUSTOM + name))
        return Contact(
            "gist", contact.id, values, moment_of(contact.updated_at or None), moment_of(contact.created_at or None)
        )


@cache
def _declared(key: str) -> Field:
    """The field as its key tells it. What was seen of somebody's values is no declaration: others hold other types."""
    return BUILT_IN.get(key) or custom_property(key.removeprefix(CUSTOM))


def _tags_left(wanted: Value, answered: Contact, removed: list[str]) -> Value:
    """The tags as the answer shows them, without those that were taken off after it; as wanted when it shows none."""
    shown = [str(tag) for tag in answered.values.get("tags") or ()]  # type: ignore[union-attr]
    left = split_members(shown).keys() - split_members(removed).keys()
    return [text for name, text in split_members(shown).items() if name in left] or wanted


def _value_to_wire(known: Field, value: Value) -> Any:
    if is_blank(value) and not isinstance(value, list):
        # Whether null clears a field is not known; an empty text is taken to (docs/gist-api.md#contacts).
        return ""
    if known.type == "moment":
        seconds = seconds_of(value)
        return value if seconds is None else seconds
    if known.type == "boolean":
        return is_true(value)
    if known.type == "tags":
        return value
    # Custom properties are scalars (docs/gist-api.md#custom-properties).
    return ", ".join(value) if isinstance(value, list) else value


def _check_length(key: str, value: Any) -> None:
    try:
        check_value(key, value)
    except Unreadable as problem:
        raise NotSent(f"{key}: {problem} Shorten it.", provider="gist") from None


def _read_value(value: Any, known: Field) -> Value:
    if value is None or value == "":
        return None
    if known.type == "moment" and isinstance(value, int | float):
        # 0 stands for "not set" (docs/gist-api.md#dates).
        return (moment_text(value) or value) if value else None
    # Gist sends some booleans as text (docs/gist-api.md#contacts).
    if known.type == "boolean":
        return is_true(value)
    if isinstance(value, str | int | float | bool):
        return value
    return [str(item) for item in value] if isinstance(value, list) else str(value)


def _trimmed_text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _wire_id(contact_id: str) -> int | str:
    # Ids are integers on the wire, and text in records as on the other side.
    return int(contact_id) if contact_id.isdigit() else contact_id
