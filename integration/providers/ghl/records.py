"""GHL contacts as records: what the sync reads and writes (docs/ghl-api.md#field-semantics)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

from integration.errors import Gone, ProviderError
from integration.moments import day_of, find_zone, moment_at, moment_of, read_iso
from integration.names import split_name
from integration.phone import has_extension
from integration.providers.base import fields_named
from integration.providers.exchange import Steps
from integration.providers.ghl import consent, contacts, locations
from integration.providers.ghl import schemas as s
from integration.providers.ghl.fields import BUILT_IN, CUSTOM, all_fields, resolve_field
from integration.providers.listing import read_records
from integration.providers.lost_answers import look_before_resend
from integration.providers.operations import Json
from integration.records import CONSENT_FIELDS, Contact, ContactPage, Field, Side, Value, Values, is_blank
from integration.values import member_difference, member_key

# Contacts per page; 500 is the most GHL gives (docs/ghl-api.md#search).
PAGE, CHANGES_PAGE = 100, 500
# What GHL calls the parts of a field, where it is sent in parts or by another name.
WIRE_NAMES = {"name": ("firstName", "lastName", "first name", "last name")}


@dataclass
class GhlContacts:
    """The contacts of one location. Custom fields are known after `load_fields`."""

    location_id: str
    fields: dict[str, Field] = field(default_factory=lambda: dict(BUILT_IN))
    side: Side = "ghl"
    all_known: bool = False
    """The location's custom fields were read; it may have none."""
    zone: str = "UTC"
    """The location's time zone: where a moment that GHL gives as a date becomes a day."""

    def load_fields(self) -> Steps[dict[str, Field]]:
        answer = yield locations.CUSTOM_FIELDS(location_id=self.location_id, query={"model": "contact"})
        self.fields, self.all_known = all_fields(answer.customFields), True
        return self.fields

    def know_all_fields(self) -> Steps[None]:
        if not (self.all_known or any(known.custom_id for known in self.fields.values())):
            yield from self.load_fields()

    def page(self, cursor: Json | None, since: datetime | None = None) -> Steps[ContactPage]:
        # Everything is read oldest first: contacts made meanwhile come at the end and move nobody to another page.
        # Changes are read newest first, back to `since`, because the search has no mark to go on from
        # (docs/ghl-api.md#search).
        field_, direction = ("dateUpdated", "desc") if since else ("dateAdded", "asc")
        size = CHANGES_PAGE if since else PAGE
        answer = yield contacts.SEARCH(body=self._search_body(size, field_, direction, cursor))
        found, unreadable = read_records(answer, answer.contacts, self.to_record, "ghl")
        following = self._next_cursor(answer.raw_items, size, cursor, since)
        return ContactPage(found, following, answer.total, unreadable)

    def opted_out_page(self, cursor: Json | None) -> Steps[ContactPage]:
        body = self._search_body(CHANGES_PAGE, "dateAdded", "asc", cursor)
        answer = yield contacts.SEARCH(body=body | {"filters": consent.OPTED_OUT_FILTERS})
        found, unreadable = read_records(answer, answer.contacts, self.to_record, "ghl")
        following = self._next_cursor(answer.raw_items, CHANGES_PAGE, cursor, None)
        return ContactPage(found, following, answer.total, unreadable)

    def _search_body(self, size: int, field_: str, direction: str, cursor: Json | None) -> Json:
        body: Json = {
            "locationId": self.location_id,
            "pageLimit": size,
            "sort": [{"field": field_, "direction": direction}],
        }
        return body | ({"searchAfter": cursor["searchAfter"]} if cursor else {})

    @staticmethod
    def _next_cursor(hits: list[Any], size: int, cursor: Json | None, since: datetime | None) -> Json | None:
        """The last hit's own cursor; None when the page was short or `since` is behind us."""
        if len(hits) < size:
            return None
        last = next((hit for hit in reversed(hits) if isinstance(hit, dict) and hit.get("searchAfter")), {})
        after = last.get("searchAfter")
        # The same cursor again would read the same page for ever.
        if not after or (cursor and cursor["searchAfter"] == after):
            return None
        changed = moment_of(last.get("dateUpdated"))
        return None if since and changed and changed < since else {"searchAfter": after}

    def read(self, contact_id: str) -> Steps[Contact]:
        answer = yield contacts.GET(contact_id=contact_id)
        return self.to_record(answer.contact, whole=True)

    def find(self, *, email: str = "", phone: str = "", name: str = "", user_id: str = "") -> Steps[Sequence[Contact]]:
        """By e-mail, then phone, through the look-up that is not an index; by full name only without either."""
        found: dict[str, Contact] = {}
        # The search lags behind writes by seconds and was reported to miss phones (docs/ghl-api.md#search).
        # GHL keeps no extensions, so that nobody there has a number with one (docs/ghl-api.md#field-semantics).
        for query in ({"email": email}, {"number": "" if has_extension(phone) else phone}):
            if not any(query.values()):
                continue
            answer = yield contacts.FIND_DUPLICATE(query={"locationId": self.location_id, **query})
            if answer.contact:
                record = yield from self._complete(answer.contact)
                found[record.id] = _with_address(record, email) if "email" in query else record
        # A query may have 75 characters (docs/ghl-api.md#search). Of its hits only those count that have neither
        # address nor number, like the one looked for: with one they are somebody else of the same name.
        if name and not email and not phone:
            answer = yield contacts.SEARCH(body={"locationId": self.location_id, "pageLimit": 20, "query": name[:75]})
            hits = (self.to_record(hit) for hit in answer.contacts)
            found |= {
                hit.id: hit
                for hit in hits
                if member_key(str(hit.values.get("name"))) == member_key(name) and not hit.email and not hit.phone
            }
        return list(found.values())

    def find_by_address(self, email: str) -> Steps[Sequence[Contact]]:
        found = yield from self.find(email=email)
        if found:
            return found
        # Whether the look-up knows further addresses is not documented (docs/ghl-api.md#second-addresses).
        answer = yield contacts.SEARCH(body={"locationId": self.location_id, "pageLimit": 20, "query": email[:75]})
        hits: list[Contact] = []
        for hit in answer.contacts:
            if email.lower() in self.to_record(hit).addresses:
                hits.append((yield from self._complete(hit)))
        return hits

    def _complete(self, contact: s.Contact) -> Steps[Contact]:
        """Somebody who is about to be linked: whether they refuse e-mails has to be known."""
        found = self.to_record(contact)
        return found if consent.EMAIL in found.values else (yield from self.read(contact.id))

    def create(self, values: Values) -> Steps[Contact]:
        body = {"locationId": self.location_id, **self._request_body(values, {}, creating=True)}

        def look_for_created() -> Steps[s.ContactAnswer | None]:
            found = yield from self.find(
                email=str(values.get("email") or ""), phone=str(values.get("phone") or ""), name=full_name(values)
            )
            if len(found) != 1:
                return None
            return (yield contacts.GET(contact_id=found[0].id))  # type: ignore[no-any-return]

        answer = yield from look_before_resend(contacts.CREATE(body=body), look_for_created)
        return self._as_written(answer.contact, values)

    def update(self, contact_id: str, changes: Values, before: Values) -> Steps[Contact]:
        """Fields by one PUT, tags by difference."""
        if _must_read_name(changes, before):
            before = (yield from self.read(contact_id)).values
        body = self._request_body({k: v for k, v in changes.items() if k != "tags"}, before, creating=False)
        if consent.EMAIL in changes:
            # Read just before: what stands for the other channels is sent along, and must not be out of date.
            held = yield contacts.GET(contact_id=contact_id)
            body |= consent.changed_body(held.contact.model_dump(), changes[consent.EMAIL])
        updated = Contact("ghl", contact_id, {})
        if body:
            answer = yield contacts.UPDATE(contact_id=contact_id, body=body)
            updated = self._as_written(answer.contact, changes)
        if "tags" in changes:
            tags = yield from self._change_tags(contact_id, changes["tags"], before.get("tags"))
            updated = updated.with_values({"tags": tags})
        return updated.with_values({k: v for k, v in changes.items() if k not in updated.values})

    def split(self, changes: Values, before: Values) -> list[dict[str, Value]]:
        """Fields go by a PUT, tags by calls of their own; an opt-out goes first, and alone: no other field that is
        refused holds it up.
        """
        opt_out = {key: value for key, value in changes.items() if key == consent.EMAIL}
        fields = {key: value for key, value in changes.items() if key not in (consent.EMAIL, "tags")}
        tags = {key: value for key, value in changes.items() if key == "tags"}
        return [group for group in (opt_out, fields, tags) if group]

    def update_cost(self, changes: Values, before: Values) -> int:
        added, removed = member_difference(changes["tags"], before.get("tags")) if "tags" in changes else ([], [])
        fields = any(key not in (consent.EMAIL, "tags") for key in changes)
        return 2 * (consent.EMAIL in changes) + fields + _must_read_name(changes, before) + bool(added) + bool(removed)

    def refused_fields(self, refusal: ProviderError, sent: Values) -> set[str]:
        """As `["country must be a valid ISO code", "customFields.0.field_value must be a number"]` names them
        (docs/ghl-api.md#errors).
        """
        custom = [key for key in sent if key.startswith(CUSTOM)]
        places = {int(place) for place in re.findall(r"customFields[.\[](\d+)", refusal.detail)}
        by_place = {key for number, key in enumerate(custom) if number in places}
        return by_place or fields_named(refusal, sent, self.fields, WIRE_NAMES)

    def delete(self, contact_id: str) -> Steps[None]:
        try:
            yield contacts.DELETE(contact_id=contact_id)
        except Gone:
            return

    # Tags ---------------------------------------------------------------------------------------------

    def _change_tags(self, contact_id: str, wanted: Value, held: Value) -> Steps[list[str]]:
        """POST and DELETE name the difference only: a PUT would replace what others added (docs/ghl-api.md#tags)."""
        result = _list_texts(held)
        added, removed = member_difference(wanted, held)
        if added:
            result = (yield contacts.ADD_TAGS(contact_id=contact_id, body={"tags": added})).tags
        if removed:
            result = (yield contacts.REMOVE_TAGS(contact_id=contact_id, body={"tags": removed})).tags
        return result

    # To and from the wire -----------------------------------------------------------------------------

    def _request_body(self, values: Values, before: Values, *, creating: bool) -> Json:
        body: Json = {}
        custom: list[Json] = []
        for key, value in values.items():
            if key == "name":
                body |= _name_to_wire(value, before)
            elif key.startswith(CUSTOM):
                known = resolve_field(key, self.fields)
                if known:
                    custom.append({"id": known.custom_id, "field_value": _custom_to_wire(known, value)})
            elif key == consent.EMAIL:
                body |= consent.new_contact_body(value) if creating else {}
            elif not (creating and is_blank(value)):
                body[key] = _builtin_to_wire(key, value)
        # An explicit first or last name wins over the split full name.
        body |= {key: values[key] for key in ("firstName", "lastName") if not is_blank(values.get(key))}
        if creating:
            body = {key: value for key, value in body.items() if not is_blank(value)}
        if custom:
            body["customFields"] = custom
        return body

    def to_record(self, contact: s.Contact, *, whole: bool = False) -> Contact:
        """A contact of any answer: by id, which is `whole`, search hit, duplicate look-up, what a write answers."""
        raw = contact.model_dump()
        plain = (key for key in BUILT_IN if key not in CONSENT_FIELDS["ghl"])
        values: dict[str, Value] = {key: _read_value(raw.get(key)) for key in plain}
        values |= consent.read_consent(raw, whole=whole)
        values["name"] = full_name(raw) or _read_value(raw.get("contactName"))
        # Search hits name these two otherwise than a read by id does (docs/ghl-api.md#search).
        values["address1"] = _read_value(raw.get("address1") or raw.get("address"))
        values["companyName"] = _read_value(raw.get("companyName") or raw.get("businessName"))
        values["tags"] = _list_texts(raw.get("tags"))
        zone = find_zone(self.zone)
        values["dateOfBirth"] = date_text(raw.get("dateOfBirth"), zone)
        held = {str(item.get("id")): item for item in contact.customFields}
        for known in self.fields.values():
            if known.custom_id:
                values[known.key] = _read_custom(known, held.get(known.custom_id, {}), zone)
        added = moment_of(raw.get("dateAdded"))
        changed = moment_of(raw.get("dateUpdated")) or added
        return Contact("ghl", contact.id, values, changed, added, _read_other_emails(raw))

    def _as_written(self, contact: s.Contact, sent: Values) -> Contact:
        """What an answer to a write tells, completed by what was sent: create and update answer with less than GET."""
        record = self.to_record(contact)
        silent = {k: v for k, v in sent.items() if is_blank(record.values.get(k)) and k in self.fields}
        return record.with_values(silent)


def full_name(raw: Values) -> str:
    if not is_blank(raw.get("name")):
        return str(raw["name"]).strip()
    return " ".join(str(raw[key]).strip() for key in ("firstName", "lastName") if not is_blank(raw.get(key)))


def _must_read_name(changes: Values, before: Values) -> bool:
    """Whether a name is to be cut and nobody knows how GHL has it cut now: the parts are kept only where mapped."""
    return " " in str(changes.get("name") or "").strip() and not {"firstName", "lastName"} <= before.keys()


def _name_to_wire(value: Value, before: Values) -> Json:
    """First and last are sent, never `name`: GHL splits that itself (docs/ghl-api.md#field-semantics)."""
    first, last = split_name(str(value or ""), before.get("firstName"), before.get("lastName"))
    return {"firstName": first or None, "lastName": last or None}


def _builtin_to_wire(key: str, value: Value) -> Any:
    if is_blank(value):
        # These two take no null (docs/ghl-api.md#write-fields).
        return "" if key in ("postalCode", "country") else None
    return value


def _custom_to_wire(known: Field, value: Value) -> Any:
    if known.type == "choices":
        return _list_texts(value)
    # Custom fields are cleared by an empty text (docs/ghl-api.md#write-fields).
    return "" if is_blank(value) else value


def _read_custom(known: Field, item: Json, zone: tzinfo) -> Value:
    value = next((item[name] for name in ("value", "fieldValue", "field_value") if name in item), None)
    if known.type == "date":
        return date_text(value, zone)
    if known.type == "choices":
        return _list_texts(value)
    if known.data_type == "FILE_UPLOAD":
        return _read_files(value)
    # A list of text boxes may come as a map from box to text (docs/ghl-api.md#custom-fields).
    return _read_value([text for text in value.values() if not is_blank(text)] if isinstance(value, dict) else value)


def _read_files(value: Any) -> Value:
    """The addresses of files, which come as a map from file id to `{url, meta, documentId}`
    (docs/ghl-api.md#custom-fields).
    """
    files = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    found = (one.get("url") if isinstance(one, dict) else one for one in files)
    return [str(url) for url in found if url] or None


def _with_address(record: Contact, email: str) -> Contact:
    """A contact that was found by an address has it, also when the answer shows its main one only."""
    if email.lower() in record.addresses:
        return record
    return replace(record, other_emails=(*(record.other_emails or ()), email.lower()))


def _read_other_emails(raw: Json) -> tuple[str, ...] | None:
    """Further addresses, given as texts or as `{"email"}` (docs/ghl-api.md#second-addresses); None: not named."""
    given = raw.get("additionalEmails")
    if not isinstance(given, list):
        return None
    texts = (item.get("email") if isinstance(item, dict) else item for item in given)
    addresses = (str(text or "").strip().lower()[:254] for text in texts)
    return tuple(dict.fromkeys(address for address in addresses if address))


def _read_value(value: Any) -> Value:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return [str(item) for item in value] if isinstance(value, list) else str(value)


def _list_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [piece.strip() for piece in value.split(",") if piece.strip()]
    return [str(item) for item in value or ()]


def date_text(value: Any, zone: tzinfo) -> str | None:
    """`YYYY-MM-DD` out of a date, a moment or epoch milliseconds; other text is kept as it is.

    A moment is the day that it is in `zone`: midnight east of UTC is the day before there.
    """
    if is_blank(value):
        return None
    # Birthdays are too long ago for the size of a number to tell milliseconds from seconds.
    read = moment_at(value, "milliseconds") if isinstance(value, int | float) else read_iso(str(value), zone)
    return day_of(read, zone).isoformat() if read else str(value)
