"""A record of either side, as the domain sees it: flat values under the field keys of its side.

Values are plain and typed alike on both sides, whatever a provider sends: text as str, numbers as int or float,
booleans, dates as "YYYY-MM-DD", moments as "YYYY-MM-DDTHH:MM:SSZ", lists as list of str, and None for blank.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

Value = str | int | float | bool | list[str] | None
Values = Mapping[str, Value]
Side = Literal["gist", "ghl"]
FieldType = Literal["text", "email", "phone", "number", "boolean", "date", "moment", "choice", "choices", "tags"]


@dataclass(frozen=True)
class Field:
    """A field of one side that can be mapped. `key` is what setup files and mappings name."""

    key: str
    label: str
    type: FieldType = "text"
    writable: bool = True
    create_only: bool = False
    """Accepted when a record is created, refused when it is updated."""
    options: tuple[str, ...] = ()
    note: str = ""
    """Why it cannot be written, or what to know before mapping it, in one sentence."""
    custom_id: str = ""
    """The provider's own id of a custom field."""


@dataclass(frozen=True)
class Contact:
    """A person as one side knows them."""

    side: Side
    id: str
    values: Values
    updated_at: datetime | None = None
    created_at: datetime | None = None

    @property
    def email(self) -> str:
        """Lower case, trimmed; "" when blank. E-mail addresses match whatever their case."""
        return str(self.values.get("email") or "").strip().lower()

    @property
    def phone(self) -> str:
        return str(self.values.get("phone") or "").strip()

    @property
    def label(self) -> str:
        """What to call this person on screen."""
        return str(self.values.get("name") or self.values.get("email") or self.values.get("phone") or self.id)[:200]

    def changed(self, values: Values) -> "Contact":
        return replace(self, values={**self.values, **values})


RelatedType = Literal["task", "note", "appointment"]


@dataclass(frozen=True)
class RelatedRecord:
    """A task, note or appointment of a GHL contact.

    Keys of `values`: a task has title, body, due_at, completed, assigned_to; a note title, body, assigned_to (its
    author), added_at; an appointment title, calendar_id, start_at, end_at, status, assigned_to, address. Moments are
    "YYYY-MM-DDTHH:MM:SSZ". `made_at` is blank where GHL does not say when it was made.
    """

    kind: RelatedType
    id: str
    contact_id: str
    values: Values
    made_at: str = ""

    @property
    def label(self) -> str:
        return str(self.values.get("title") or self.values.get("body") or self.id).strip()[:80]


@dataclass(frozen=True)
class ContactPage:
    """One page of contacts; `next` is the cursor of the following page, None on the last."""

    contacts: tuple[Contact, ...]
    next: dict[str, Any] | None = None
    total: int | None = None


def is_blank(value: Value) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def fingerprint(values: Values, keys: Iterable[str]) -> str:
    """A short digest of the named values: equal digests mean nothing mapped has changed."""
    picked = {key: None if is_blank(values.get(key)) else values.get(key) for key in sorted(set(keys))}
    return hashlib.blake2b(json.dumps(picked, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def read_json(text: bytes) -> Any:
    """The JSON in `text`, in which raw control characters are allowed; None when it is none."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def storable(value: Any) -> Any:
    """No database stores a NUL or half an emoji, as is left where a name was cut: the one is dropped, the other
    becomes a question mark, where they come in.
    """
    if isinstance(value, str):
        return value.encode(errors="replace").decode().replace("\0", "")
    if isinstance(value, list):
        return [storable(item) for item in value]
    return {storable(k): storable(v) for k, v in value.items()} if isinstance(value, dict) else value
