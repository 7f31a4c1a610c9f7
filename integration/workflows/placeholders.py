"""`{{ contact.name }}` in the texts of an action: names looked up in the facts, and nothing else.

There is no template engine here on purpose: a placeholder is a dotted name, never an expression. It begins with
`gist`, `ghl`, `contact` (looks in GHL first, then in Gist), `event` or `link`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from integration.errors import NotSent
from integration.moments import find_zone, moment_of, utc_text
from integration.providers.ghl.fields import BUILT_IN as GHL_FIELDS
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.gist.fields import BUILT_IN as GIST_FIELDS
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.records import is_blank
from integration.workflows.triggers import TRIGGERS

_PLACEHOLDER = re.compile(r"{{([^{}]*)}}")
# One repetition inside another would have to try every way to cut a row of points (tests/test_patterns.py).
_NAME = re.compile(r"^[A-Za-z]\w*\.[\w .-]+$")
# Characters; neither side has a field with a longer key.
LONGEST_NAME = 200
# Words for `contact.…` that the two sides spell differently.
CONTACT_WORDS = {
    "first_name": ("firstName", "first_name"),
    "last_name": ("lastName", "last_name"),
    "company": ("companyName", "company_name"),
    "owner": ("assignedTo",),
}

# By side, the built-in fields and how the keys of custom ones begin.
FIELDS = {"gist": (GIST_FIELDS, GIST_CUSTOM), "ghl": (GHL_FIELDS, GHL_CUSTOM)}

Facts = Mapping[str, Any]


def names_in(text: Any) -> Iterator[str]:
    """The placeholders of a text, or of everything inside a value."""
    if isinstance(text, str):
        yield from (name.strip() for name in _PLACEHOLDER.findall(text))
    elif isinstance(text, Mapping):
        for value in text.values():
            yield from names_in(value)
    elif isinstance(text, list | tuple):
        for value in text:
            yield from names_in(value)


def check_placeholders(text: Any, triggers: Iterable[str]) -> str:
    """What is wrong with the placeholders, in a sentence; "" when nothing is."""
    given = {name for key in triggers for name in TRIGGERS[key].gives}
    return next((problem for name in names_in(text) if (problem := _check_one(name, given))), "")


def check_name(name: Any, triggers: Iterable[str]) -> str:
    """As `check`, of a name that stands without braces."""
    if not isinstance(name, str) or "{" in name or "}" in name:
        return f"“{name}” names no field. Use one like contact.name or ghl.city."
    return check_placeholders(f"{{{{ {name} }}}}", triggers)


def _check_one(name: str, given: set[str]) -> str:
    if len(name) > LONGEST_NAME:
        return f"“{{{{ {name[:40]}… }}}}” names no field: it has {len(name):,} characters."
    root, _, rest = name.partition(".")
    if root == "event" and rest not in given:
        known = ", ".join(f"event.{one}" for one in sorted(given)) or "none"
        return f"“{{{{ {name} }}}}” is not given by this workflow's triggers; given are: {known}."
    if root == "link" and rest != "name":
        return f"“{{{{ {name} }}}}” names no field; the link has a name only."
    if not _NAME.match(name) or not (root in ("event", "link") or _is_field(root, rest)):
        return f"“{{{{ {name} }}}}” names no field. Use one like {{{{ contact.name }}}} or {{{{ ghl.city }}}}."
    return ""


def _is_field(root: str, key: str) -> bool:
    """Whether a side has such a field, as far as can be said without asking: custom ones are their owner's."""
    # A draft is checked without a connection: which custom fields exist is only known to the account.
    sides = FIELDS if root == "contact" else {root: FIELDS[root]} if root in FIELDS else {}
    of_a_side = any(key in fields or key.startswith(custom) for fields, custom in sides.values())
    return of_a_side or (root == "contact" and key in CONTACT_WORDS)


def fill_placeholders(value: Any, facts: Facts) -> Any:
    """The value with every placeholder replaced; a field that is blank leaves nothing."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: _as_text(look_up(found[1], facts)), value).strip()
    if isinstance(value, Mapping):
        return (
            compute_moment(value, facts)
            if is_moment(value)
            else {key: fill_placeholders(one, facts) for key, one in value.items()}
        )
    return [fill_placeholders(one, facts) for one in value] if isinstance(value, list) else value


def is_filled_in(text: str) -> bool:
    """Whether the text holds placeholders."""
    return bool(_PLACEHOLDER.search(text))


def look_up(name: str, facts: Facts) -> Any:
    """The value a placeholder or a condition's field names; None when there is none."""
    root, _, key = name.strip().partition(".")
    if root == "contact":
        names = CONTACT_WORDS.get(key, (key,))
        sides = [facts.get(side) or {} for side in ("ghl", "gist")]
        return next((side[name] for side in sides for name in names if not is_blank(side.get(name))), None)
    found = facts.get(root) or {}
    return found.get(key) if isinstance(found, Mapping) else None


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


# Moments -------------------------------------------------------------------------------------------------


def is_moment(value: Any) -> bool:
    """`{"from": "now" or a field, "days": 2.0, "hours": 0.0, "at": "17:00"}`: a moment relative to another, tidied.

    The body of an operation may have a `from` of its own.
    """
    return isinstance(value, Mapping) and {*value} - {"at"} == {"from", "days", "hours"}


def compute_moment(value: Mapping[str, Any], facts: Facts) -> str:
    """The moment as "YYYY-MM-DDTHH:MM:SSZ"; `at` is a time of day in the location's zone. Raises Rejected."""
    start = _start_of_moment(str(value["from"]), facts)
    # Days are added in local time, so that "in 2 days at 17:00" is 17:00 across a change of the clocks; hours are added
    # in UTC, so that "in 3 hours" is three real hours.
    local = find_zone(str(facts.get("timezone") or "UTC"))
    moved = start.astimezone(local) + timedelta(days=float(value.get("days") or 0))
    if at := str(value.get("at") or ""):
        hour, _, minute = at.partition(":")
        moved = moved.replace(hour=int(hour), minute=int(minute or 0), second=0, microsecond=0)
    moved = (moved.astimezone(find_zone("UTC"))) + timedelta(hours=float(value.get("hours") or 0))
    return utc_text(moved)


def _start_of_moment(name: str, facts: Facts) -> datetime:
    value = facts["now"] if name == "now" else look_up(name, facts)
    read = moment_of(value, find_zone(str(facts.get("timezone") or "UTC")))
    if read is None:
        raise NotSent(f"{name} holds no date (“{value if value is not None else 'blank'}”).")
    return read
