"""A record of either side, as the domain sees it: flat values under the field keys of its side.

Values are plain and typed alike on both sides, whatever a provider sends: text as str, numbers as int or float,
booleans, dates as "YYYY-MM-DD", moments as "YYYY-MM-DDTHH:MM:SSZ", lists as list of str, and None for blank.
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from integration.errors import ProviderError

Value = str | int | float | bool | list[str] | None
Values = Mapping[str, Value]
Side = Literal["gist", "ghl"]
SIDES: tuple[Side, Side] = ("gist", "ghl")
FieldType = Literal["text", "email", "phone", "number", "boolean", "date", "moment", "choice", "choices", "tags"]


# Whether somebody may be written to by e-mail, the one channel that both sides share: a kind of field of its own, which
# no mapping row carries (sync/consent.py). GHL's other channels have no counterpart in Gist.
EMAIL_CONSENT: Mapping[Side, str] = {"gist": "unsubscribed_from_emails", "ghl": "dndSettings.Email"}
CONSENT_FIELDS: Mapping[Side, tuple[str, ...]] = {
    "gist": ("unsubscribed_from_emails",),
    # The second one stops every channel at once, and e-mail with them.
    "ghl": ("dndSettings.Email", "dnd"),
}
CONSENT_NOTE = (
    "No mapping row writes it: an opt-out is always carried, and only a person lifts one, on the contact page."
)
OPTED_OUT: Mapping[Side, Value] = {"gist": True, "ghl": "active"}
OPTED_IN: Mapping[Side, Value] = {"gist": False, "ghl": "inactive"}
# What a consent field holds when it says no. GHL's "permanent" is a no that nobody can take back.
_REFUSALS = (True, "true", "active", "permanent")


def is_opt_out(value: Value) -> bool:
    """Whether this value of a consent field says no. Unknown and blank say nothing."""
    return value in _REFUSALS


def is_opted_out(side: Side, values: Values) -> bool:
    """Whether a record with these values must not be written to by e-mail."""
    return any(is_opt_out(values.get(key)) for key in CONSENT_FIELDS[side])


# Gist's custom properties by which it shows what it has no objects for, and what each is called on screen.
CARRIED_LABELS = {
    "ghl_open_tasks": "Open tasks",
    "ghl_next_task": "Next task",
    "ghl_next_task_due_at": "Next task is due",
    "ghl_last_task_done": "Task done last",
    "ghl_last_note": "Newest note",
    "ghl_next_appointment_at": "Next appointment",
    "gistline_url": "Address of the contact page",
}


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
    takes_others: bool = False
    """Whether it takes values that are not among `options`."""
    note: str = ""
    """Why it cannot be written, or what to know before mapping it, in one sentence."""
    custom_id: str = ""
    """The provider's own id of a custom field."""
    data_type: str = ""
    """What GHL calls the type of a custom field, as MONETORY (docs/ghl-api.md#custom-fields)."""


@dataclass(frozen=True)
class Contact:
    """A person as one side knows them."""

    side: Side
    id: str
    values: Values
    updated_at: datetime | None = None
    created_at: datetime | None = None
    other_emails: tuple[str, ...] | None = None
    """Further addresses in lower case, which are read and never written; None where the answer did not say."""

    @property
    def email(self) -> str:
        """Lower case, trimmed; "" when blank. E-mail addresses match whatever their case."""
        return str(self.values.get("email") or "").strip().lower()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every e-mail address of this person on this side, the main one first."""
        return tuple(dict.fromkeys(one for one in (self.email, *(self.other_emails or ())) if one))

    @property
    def phone(self) -> str:
        return str(self.values.get("phone") or "").strip()

    @property
    def label(self) -> str:
        """What to call this person on screen."""
        return str(self.values.get("name") or self.values.get("email") or self.values.get("phone") or self.id)[:200]

    def with_values(self, values: Values) -> "Contact":
        return replace(self, values={**self.values, **values})


@dataclass(frozen=True)
class PersonRef:
    """Names a person of a link: ids on both sides, "" where there is none or it is unknown, and what to call them."""

    gist_id: str = ""
    ghl_id: str = ""
    label: str = ""


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
class UnreadableRecord:
    """A record that came and could not be read, and why. `id` is "" where not even that can be told."""

    id: str
    label: str
    error: ProviderError


@dataclass(frozen=True)
class ContactPage:
    """One page of contacts; `next` is the cursor of the following page, None on the last."""

    contacts: tuple[Contact, ...]
    next: dict[str, Any] | None = None
    total: int | None = None
    unreadable: tuple[UnreadableRecord, ...] = ()


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


# Deeper and larger than any definition, mapping step or setup file is; a few lines of YAML can stand for millions of
# values.
MOST_LEVELS, MOST_VALUES = 32, 200_000


def parse_json(text: str) -> Any:
    """The JSON in `text`, for what people and their browsers send. Raises ValueError in words that go on after “it”:
    also for what a database, a page or an export cannot hold (see `find_unstorable`).
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique_object)
    except json.JSONDecodeError as problem:
        raise ValueError(f"is not readable JSON: {problem}") from None
    except _GivenTwice:
        raise
    except (ValueError, RecursionError):
        # A number of more digits than Python reads, or more levels than it can go down.
        raise ValueError("is not readable JSON: it is nested too deeply, or a number in it is too long") from None
    if unstorable := find_unstorable(value):
        raise ValueError(unstorable)
    return value


class _GivenTwice(ValueError):
    """A name that an object holds twice: which of the two was meant cannot be told."""


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Each name compared with all before it would take minutes for a megabyte.
        twice = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        raise _GivenTwice(f"gives “{twice[:60]}” twice in the same object")
    return found


def find_unstorable(value: Any) -> str:
    """Why `value` cannot be stored, in words that go on after “it”; "" where it can.

    PostgreSQL stores no NUL and no NaN in JSON, and half of a surrogate pair cannot be written as UTF-8 by anything.
    """
    waiting, seen = [(value, 0)], 0
    while waiting:
        (one, level), seen = waiting.pop(), seen + 1
        if isinstance(one, str) and not is_storable(one):
            return "holds a character that cannot be stored (NUL, or half of an emoji)"
        if isinstance(one, float) and not math.isfinite(one):
            return "holds a number that is none (infinite, or NaN)"
        if level > MOST_LEVELS:
            return f"is nested more than {MOST_LEVELS} levels deep"
        if seen > MOST_VALUES:
            return f"holds more than {MOST_VALUES:,} values"
        if isinstance(one, dict | list):
            inner = [*one, *one.values()] if isinstance(one, dict) else one
            waiting += ((each, level + 1) for each in inner)
    return ""


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether every database takes the text: it has no NUL and no half of a surrogate pair."""
    return not _UNSTORABLE.search(text)


def make_storable(value: Any) -> Any:
    """`value` without what no database stores: NUL is dropped, half an emoji becomes a question mark.

    Such halves are left where a sender cut a name. Lists and objects are walked through.
    """
    if isinstance(value, str):
        return value.encode(errors="replace").decode().replace("\0", "")
    if isinstance(value, list):
        return [make_storable(item) for item in value]
    return {make_storable(k): make_storable(v) for k, v in value.items()} if isinstance(value, dict) else value
