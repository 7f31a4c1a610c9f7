"""GHL contacts as records: what the sync reads and writes (docs/ghl-api.md#field-semantics)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integration.errors import Gone
from integration.providers.exchange import Steps, look_before_resend
from integration.providers.ghl import contacts, locations
from integration.providers.ghl import schemas as s
from integration.providers.ghl.fields import BUILT_IN, CUSTOM, all_fields, resolve
from integration.providers.operations import Json
from integration.records import Contact, ContactPage, Field, Side, Value, Values, is_blank

PAGE, CHANGES_PAGE = 100, 500
"""Contacts per page; 500 is the most GHL gives (docs/ghl-api.md#search)."""


@dataclass
class GhlContacts:
    """The contacts of one location. Custom fields are known after `load_fields`."""

    location_id: str
    fields: dict[str, Field] = field(default_factory=lambda: dict(BUILT_IN))
    side: Side = "ghl"

    def load_fields(self) -> Steps[dict[str, Field]]:
        answer = yield locations.CUSTOM_FIELDS(location_id=self.location_id, query={"model": "contact"})
        self.fields = all_fields(answer.customFields)
        return self.fields

    def page(self, cursor: Json | None, since: datetime | None = None) -> Steps[ContactPage]:
        field_, direction = ("dateUpdated", "desc") if since else ("dateAdded", "asc")
        size = CHANGES_PAGE if since else PAGE
        body: Json = {
            "locationId": self.location_id,
            "pageLimit": size,
            "sort": [{"field": field_, "direction": direction}],
        }
        if cursor:
            body["searchAfter"] = cursor["searchAfter"]
        answer = yield contacts.SEARCH(body=body)
        found = tuple(self.record(hit) for hit in answer.contacts)
        return ContactPage(found, self._next(answer.contacts, size, cursor, since), answer.total)

    @staticmethod
    def _next(hits: list[s.Contact], size: int, cursor: Json | None, since: datetime | None) -> Json | None:
        """The last hit's own cursor; None when the page was short or `since` is behind us."""
        if len(hits) < size:
            return None
        last = hits[-1].model_dump()
        after = last.get("searchAfter")
        if not after or (cursor and cursor["searchAfter"] == after):
            return None
        changed = moment(last.get("dateUpdated"))
        return None if since and changed and changed < since else {"searchAfter": after}

    def read(self, contact_id: str) -> Steps[Contact]:
        answer = yield contacts.GET(contact_id=contact_id)
        return self.record(answer.contact)

    def find(self, *, email: str = "", phone: str = "", name: str = "", user_id: str = "") -> Steps[Sequence[Contact]]:
        """By e-mail, then phone, through the look-up that is not an index; by full name only without either."""
        found: dict[str, Contact] = {}
        for query in ({"email": email}, {"number": phone}):
            if not any(query.values()):
                continue
            answer = yield contacts.FIND_DUPLICATE(query={"locationId": self.location_id, **query})
            if answer.contact:
                found[answer.contact.id] = self.record(answer.contact)
        if name and not email and not phone:
            answer = yield contacts.SEARCH(body={"locationId": self.location_id, "pageLimit": 20, "query": name[:75]})
            hits = (self.record(hit) for hit in answer.contacts)
            found |= {
                hit.id: hit
                for hit in hits
                if str(hit.values.get("name")).casefold() == name.casefold() and not hit.email and not hit.phone
            }
        return list(found.values())

    def create(self, values: Values) -> Steps[Contact]:
        body = {"locationId": self.location_id, **self._body(values, {}, creating=True)}

        def look() -> Steps[s.ContactAnswer | None]:
            found = yield from self.find(
                email=str(values.get("email") or ""), phone=str(values.get("phone") or ""), name=full_name(values)
            )
            if len(found) != 1:
                return None
            return (yield contacts.GET(contact_id=found[0].id))  # type: ignore[no-any-return]

        answer = yield from look_before_resend(contacts.CREATE(body=body), look)
        return self._as_written(answer.contact, values)

    def update(self, contact_id: str, changes: Values, before: Values) -> Steps[Contact]:
        """Fields by one PUT, tags by difference."""
        body = self._body({k: v for k, v in changes.items() if k != "tags"}, before, creating=False)
        updated = Contact("ghl", contact_id, {})
        if body:
            answer = yield contacts.UPDATE(contact_id=contact_id, body=body)
            updated = self._as_written(answer.contact, changes)
        if "tags" in changes:
            tags = yield from self._change_tags(contact_id, changes["tags"], before.get("tags"))
            updated = updated.changed({"tags": tags})
        return updated.changed({k: v for k, v in changes.items() if k not in updated.values})

    def delete(self, contact_id: str) -> Steps[None]:
        try:
            yield contacts.DELETE(contact_id=contact_id)
        except Gone:
            return

    # Tags ---------------------------------------------------------------------------------------------

    def _change_tags(self, contact_id: str, wanted: Value, held: Value) -> Steps[list[str]]:
        """POST and DELETE name the difference only: a PUT would replace what others added (docs/ghl-api.md#tags)."""
        wanted, held = _texts(wanted), _texts(held)
        result = list(held)
        have, want = {tag.casefold() for tag in held}, {tag.casefold() for tag in wanted}
        if extra := [tag for tag in wanted if tag.casefold() not in have]:
            result = (yield contacts.ADD_TAGS(contact_id=contact_id, body={"tags": extra})).tags
        if surplus := [tag for tag in held if tag.casefold() not in want]:
            result = (yield contacts.REMOVE_TAGS(contact_id=contact_id, body={"tags": surplus})).tags
        return result

    # To and from the wire -----------------------------------------------------------------------------

    def _body(self, values: Values, before: Values, *, creating: bool) -> Json:
        body: Json = {}
        custom: list[Json] = []
        for key, value in values.items():
            if key == "name":
                body |= _split_name(value)
            elif key.startswith(CUSTOM):
                known = resolve(key, self.fields)
                if known:
                    custom.append({"id": known.custom_id, "field_value": _custom(known, value)})
            elif not (creating and is_blank(value)):
                body[key] = _outgoing(key, value)
        # An explicit first or last name wins over the split full name.
        body |= {key: values[key] for key in ("firstName", "lastName") if not is_blank(values.get(key))}
        if creating:
            body = {key: value for key, value in body.items() if not is_blank(value)}
        if custom:
            body["customFields"] = custom
        return body

    def record(self, contact: s.Contact) -> Contact:
        """A contact of any answer: by id, search hit, duplicate look-up."""
        raw = contact.model_dump()
        values: dict[str, Value] = {key: _plain(raw.get(key)) for key in BUILT_IN}
        values["name"] = full_name(raw) or _plain(raw.get("contactName"))
        values["address1"] = _plain(raw.get("address1") or raw.get("address"))
        values["companyName"] = _plain(raw.get("companyName") or raw.get("businessName"))
        values["tags"] = _texts(raw.get("tags"))
        values["dateOfBirth"] = day(raw.get("dateOfBirth"))
        values["dnd"] = bool(raw["dnd"]) if raw.get("dnd") is not None else None
        held = {str(item.get("id")): item for item in contact.customFields}
        for known in self.fields.values():
            if known.custom_id:
                values[known.key] = _read_custom(known, held.get(known.custom_id, {}))
        added = moment(raw.get("dateAdded"))
        return Contact("ghl", contact.id, values, moment(raw.get("dateUpdated")) or added, added)

    def _as_written(self, contact: s.Contact, sent: Values) -> Contact:
        """What an answer to a write tells, completed by what was sent: create and update answer with less than GET."""
        record = self.record(contact)
        silent = {k: v for k, v in sent.items() if is_blank(record.values.get(k)) and k in self.fields}
        return record.changed(silent)


def full_name(raw: Values) -> str:
    if not is_blank(raw.get("name")):
        return str(raw["name"]).strip()
    return " ".join(str(raw[key]).strip() for key in ("firstName", "lastName") if not is_blank(raw.get(key)))


def _split_name(value: Value) -> Json:
    """First and last are sent, never `name`: GHL splits that itself (docs/ghl-api.md#field-semantics)."""
    first, _, last = str(value or "").strip().partition(" ")
    return {"firstName": first or None, "lastName": last.strip() or None}


def _outgoing(key: str, value: Value) -> Any:
    if is_blank(value):
        return "" if key in ("postalCode", "country") else None
    return value


def _custom(known: Field, value: Value) -> Any:
    if known.type == "choices":
        return _texts(value)
    return "" if is_blank(value) else value


def _read_custom(known: Field, item: Json) -> Value:
    value = next((item[name] for name in ("value", "fieldValue", "field_value") if name in item), None)
    if known.type == "date":
        return day(value)
    if known.type == "choices":
        return _texts(value)
    return _plain(value)


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return [str(item) for item in value] if isinstance(value, list) else str(value)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(item) for item in value or ()]


def moment(value: Any) -> datetime | None:
    """ISO text, with or without fractions, or epoch milliseconds."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000, UTC)
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def day(value: Any) -> str | None:
    """`YYYY-MM-DD` out of a date, a moment or epoch milliseconds; other text is kept as it is."""
    if is_blank(value):
        return None
    read = moment(value)
    return read.date().isoformat() if read else str(value)
