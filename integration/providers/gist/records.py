"""Gist contacts as records: what the sync reads and writes (docs/gist-api.md#contacts)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integration.errors import Gone, Rejected
from integration.providers.exchange import Steps
from integration.providers.gist import contacts, tags
from integration.providers.gist import schemas as s
from integration.providers.gist.fields import BUILT_IN, CUSTOM, all_fields, resolve
from integration.providers.operations import Json
from integration.records import Contact, ContactPage, Field, Side, Value, Values, is_blank

PAGE = 60
"""The most contacts Gist gives per page (docs/gist-api.md#pagination)."""
LONGEST_TEXT = 255


@dataclass
class GistContacts:
    """The contacts of one workspace. Custom properties are known after `load_fields`."""

    fields: dict[str, Field] = field(default_factory=lambda: dict(BUILT_IN))
    side: Side = "gist"

    def load_fields(self) -> Steps[dict[str, Field]]:
        """Gist has no list of custom properties: the newest contacts show which are in use."""
        answer = yield contacts.LIST(query={"per_page": PAGE, "order_by": "updated_at", "order": "desc"})
        self.fields = all_fields(contact.custom_properties for contact in answer.contacts)
        return self.fields

    def page(self, cursor: Json | None, since: datetime | None = None) -> Steps[ContactPage]:
        order = {"order_by": "updated_at", "order": "desc"} if since else {"order_by": "created_at", "order": "asc"}
        number = cursor["page"] if cursor else 1
        answer = yield contacts.LIST(query={"page": number, "per_page": PAGE, **order})
        found = tuple(self.record(contact) for contact in answer.contacts)
        return ContactPage(found, self._next(found, answer.pages, number, since))

    @staticmethod
    def _next(found: tuple[Contact, ...], pages: s.Pages | None, number: int, since: datetime | None) -> Json | None:
        if not found or pages is None or not pages.next:
            return None
        last = found[-1].updated_at
        return None if since and last and last < since else {"page": number + 1}

    def read(self, contact_id: str) -> Steps[Contact]:
        answer = yield contacts.GET(contact_id=contact_id)
        return self.record(answer.contact)

    def find(self, *, email: str = "", phone: str = "", name: str = "", user_id: str = "") -> Steps[Sequence[Contact]]:
        """By e-mail or user id; Gist has no look-up by phone or name (docs/gist-api.md#contacts)."""
        found: dict[str, Contact] = {}
        for query in ({"email": email}, {"user_id": user_id}):
            if not any(query.values()):
                continue
            answer = yield contacts.FIND(query=query)
            if answer.contact:
                found[answer.contact.id] = self.record(answer.contact)
        return list(found.values())

    def create(self, values: Values) -> Steps[Contact]:
        """Gist finds by e-mail or user id before it creates, so a lost answer may simply be sent again."""
        body = {key: value for key, value in self._body(values).items() if not is_blank(value)}
        answer = yield contacts.SAVE(body=body)
        record = self.record(answer.contact)
        silent = {k: v for k, v in values.items() if is_blank(record.values.get(k))}
        return record.changed(silent)

    def update(self, contact_id: str, changes: Values, before: Values) -> Steps[Contact]:
        """Fields and new tags by one call that names id and e-mail; each tag taken off by one more."""
        added, removed = _difference(changes.get("tags"), before.get("tags")) if "tags" in changes else ([], [])
        body = self._body({k: v for k, v in changes.items() if k != "tags"})
        updated = Contact("gist", contact_id, {})
        if body or added:
            body |= {"id": _number(contact_id)} | ({"tags": added} if added else {})
            email = changes.get("email") or before.get("email")
            user_id = before.get("user_id")
            body |= {"email": email} if email else ({"user_id": user_id} if user_id else {})
            answer = yield contacts.SAVE(body=body)
            updated = self.record(answer.contact)
            # What the answer leaves out was still accepted.
            updated = updated.changed({k: v for k, v in changes.items() if is_blank(updated.values.get(k))})
        for name in removed:
            yield tags.SAVE(body={"name": name, "contacts": [{"id": _number(contact_id), "untag": True}]})
        return updated.changed({"tags": changes["tags"]}) if "tags" in changes else updated

    def delete(self, contact_id: str) -> Steps[None]:
        try:
            yield contacts.DELETE(contact_id=contact_id)
        except Gone:
            return

    # To and from the wire -----------------------------------------------------------------------------

    def _body(self, values: Values) -> Json:
        body: Json = {}
        custom: Json = {}
        for key, value in values.items():
            known = resolve(key, self.fields)
            outgoing = _outgoing(known, value)
            if key.startswith(CUSTOM):
                _check_length(key, outgoing)
                custom[key.removeprefix(CUSTOM)] = outgoing
            else:
                body[key] = outgoing
        return body | ({"custom_properties": custom} if custom else {})

    def record(self, contact: s.Contact) -> Contact:
        raw = contact.model_dump()
        place = raw.get("location_data") or {}
        values: dict[str, Value] = {key: _plain(raw.get(key), known) for key, known in BUILT_IN.items()}
        values["name"] = _text(raw.get("name") or raw.get("full_name"))
        first, _, last = str(values["name"] or "").partition(" ")
        values["first_name"] = _text(raw.get("first_name")) or first or None
        values["last_name"] = _text(raw.get("last_name")) or last or None
        values["phone"] = _text(raw.get("phone"))
        values["city"], values["country"] = _text(place.get("city_name")), _text(place.get("country_code"))
        values["tags"] = [str(tag.get("name")) for tag in contact.tags if tag.get("name")]
        # Properties that nobody had when the fields were read are values all the same.
        for name, value in contact.custom_properties.items():
            values[CUSTOM + name] = _plain(value, self.fields.get(CUSTOM + name))
        return Contact("gist", contact.id, values, _moment(contact.updated_at), _moment(contact.created_at))


def _difference(wanted: Value, held: Value) -> tuple[list[str], list[str]]:
    """Tags to add and to take off; tags know no case (docs/gist-api.md#tags)."""
    want = [str(tag) for tag in wanted or ()]  # type: ignore[union-attr]
    have = [str(tag) for tag in held or ()]  # type: ignore[union-attr]
    wants, has = {tag.casefold() for tag in want}, {tag.casefold() for tag in have}
    return [t for t in want if t.casefold() not in has], [t for t in have if t.casefold() not in wants]


def _outgoing(known: Field | None, value: Value) -> Any:
    if is_blank(value) and not isinstance(value, list):
        return ""
    if known and known.type == "moment":
        return _seconds(value)
    if known and known.type == "boolean":
        return str(value).strip().lower() in ("true", "1", "yes")
    if known and known.type == "tags":
        return value
    # Custom properties are scalars (docs/gist-api.md#custom-properties).
    return ", ".join(value) if isinstance(value, list) else value


def _check_length(key: str, value: Any) -> None:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise Rejected(
            f"Gist takes at most {LONGEST_TEXT} characters in {key}, this value has {len(value)}. "
            "Shorten it, or take the row out of the mapping.",
            provider="gist",
        )


def _seconds(value: Value) -> Any:
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def _plain(value: Any, known: Field | None) -> Value:
    if value is None or value == "":
        return None
    if known and known.type == "moment" and isinstance(value, int | float):
        # 0 stands for "not set" (docs/gist-api.md#dates).
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
    if known and known.type == "boolean":
        return str(value).lower() == "true"
    if isinstance(value, str | int | float | bool):
        return value
    return [str(item) for item in value] if isinstance(value, list) else str(value)


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _moment(value: int | None) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if value else None


def _number(contact_id: str) -> int | str:
    return int(contact_id) if contact_id.isdigit() else contact_id
