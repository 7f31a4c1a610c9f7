"""Whom a link takes of a side: conditions on tags, segments, consent and fields, all of them or any of them.

{"match": "all", "conditions": [{"field": "tags", "op": "is", "value": "clinic-a"}]}

`field` is a key of that side (`tags`, `segments`, `city`, `customFields.plan`), or `opt_in`: has not opted out of
e-mail. None takes everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from integration.conditions import OPERATORS, value_meets
from integration.errors import SetupError
from integration.models import Provider
from integration.providers.ghl.fields import BUILT_IN as GHL_FIELDS
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.gist.fields import BUILT_IN as GIST_FIELDS
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.providers.gist.fields import is_property_name
from integration.records import CONSENT_FIELDS, Side, Value, Values, is_blank, is_opted_out

OPT_IN, EVERYBODY = "opt_in", "Everybody"
COMPARISONS = ("is", "is_not", "contains", "is_not_blank", "is_blank")
MOST_CONDITIONS = 20
LONGEST_VALUE = 250

_FIELDS = {"gist": (GIST_FIELDS, GIST_CUSTOM), "ghl": (GHL_FIELDS, GHL_CUSTOM)}
_MEMBERS = {
    "tags": {
        "is": "with the tag “{}”",
        "is_not": "without the tag “{}”",
        "contains": "with a tag that contains “{}”",
        "is_not_blank": "with any tag",
        "is_blank": "without any tag",
    },
    "segments": {
        "is": "in the segment “{}”",
        "is_not": "not in the segment “{}”",
        "contains": "in a segment whose name contains “{}”",
        "is_not_blank": "in any segment",
        "is_blank": "in no segment",
    },
}
_OF_FIELD = {
    "is": "whose {} is “{}”",
    "is_not": "whose {} is not “{}”",
    "contains": "whose {} contains “{}”",
    "is_not_blank": "whose {} is set",
    "is_blank": "whose {} is blank",
}


@dataclass(frozen=True)
class Filter:
    """A checked filter of one side."""

    side: Side
    conditions: tuple[Mapping[str, str], ...]
    match: str = "all"

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The fields that it looks at."""
        named = (CONSENT_FIELDS[self.side] if one["field"] == OPT_IN else (one["field"],) for one in self.conditions)
        return tuple(dict.fromkeys(key for keys in named for key in keys))

    def takes(self, values: Values) -> bool:
        held = (self._holds(one, values) for one in self.conditions)
        return any(held) if self.match == "any" else all(held)

    def _holds(self, condition: Mapping[str, str], values: Values) -> bool:
        if condition["field"] == OPT_IN:
            return not is_opted_out(self.side, values)
        return value_meets(condition, values.get(condition["field"]))

    def complete(self, values: Values) -> dict[str, Value] | None:
        """The values of a new record, with the tags and custom fields that make the filter take it; None if none do."""
        made = dict(values)
        for one in self.conditions:
            if self.takes(made):
                break
            key, wanted = one["field"], one["value"]
            if one["op"] != "is" or self._holds(one, made):
                continue
            if key == "tags":
                made["tags"] = [*(made.get("tags") or ()), wanted]  # type: ignore[misc]
            elif key.startswith(_FIELDS[self.side][1]) and is_blank(made.get(key)):
                made[key] = wanted
        return made if self.takes(made) else None

    @property
    def words(self) -> str:
        """`Only contacts with the tag “clinic-a”`."""
        joined = (" or " if self.match == "any" else " and ").join(describe_condition(one) for one in self.conditions)
        return f"Only contacts {joined}"

    @property
    def unmet(self) -> str:
        """Why somebody is left alone, for the log and the contact page."""
        name = Provider(self.side).label
        return f"The link's filter for {name} does not take this contact: {self.words[0].lower()}{self.words[1:]}."

    def as_json(self) -> dict[str, Any]:
        return {"match": self.match, "conditions": [dict(one) for one in self.conditions]}


def read_filter(side: Side, raw: Any) -> Filter | None:
    """A stored, already checked filter."""
    return Filter(side, tuple(raw["conditions"]), raw["match"]) if raw else None


def words_of_filter(side: Side, raw: Any) -> str:
    """Whom a stored filter takes, in words."""
    found = read_filter(side, raw)
    return found.words if found else EVERYBODY


def check_filter(side: str, raw: Any, where: str = "") -> dict[str, Any] | None:
    """The filter, tidied, as the link keeps it; None takes everybody. Raises SetupError naming the condition."""
    if raw is None:
        return None
    conditions = raw.get("conditions") if isinstance(raw, Mapping) else None
    if not isinstance(conditions, list):
        raise SetupError("a filter is an object with conditions, or null for everybody.", where)
    if len(conditions) > MOST_CONDITIONS:
        raise SetupError(f"has {len(conditions)} conditions; {MOST_CONDITIONS} is the most.", where)
    checked = [_check_condition(side, one, f"{where}.conditions[{n}]") for n, one in enumerate(conditions)]
    match = "any" if raw.get("match") == "any" else "all"
    return {"match": match, "conditions": checked} if checked else None


def _check_condition(side: str, raw: Any, where: str) -> dict[str, str]:
    given = raw if isinstance(raw, Mapping) else {}
    field, op, value = (str(given.get(name) or "").strip() for name in ("field", "op", "value"))
    if field == OPT_IN:
        return {"field": OPT_IN, "op": "is", "value": "yes"}
    if not _is_field(side, field):
        name = Provider(side).label
        raise SetupError(f"{name} has no field “{field}”." if field else "choose a field.", where)
    if op not in COMPARISONS:
        raise SetupError(f"“{op}” is no comparison; known are: {', '.join(COMPARISONS)}.", where)
    takes_value = OPERATORS[op].takes_value
    if takes_value and not value:
        # An empty text is contained in every other: the filter would take everybody without a word.
        raise SetupError("needs a value; to look for nothing, use “is blank”.", where)
    if len(value) > LONGEST_VALUE:
        raise SetupError(f"the value is longer than {LONGEST_VALUE} characters.", where)
    return {"field": field, "op": op, "value": value if takes_value else ""}


def _is_field(side: str, key: str) -> bool:
    """Whether the side can have such a field; which custom ones of GHL there are is seen when a run starts."""
    fields, custom = _FIELDS[side]
    name = key.removeprefix(custom)
    return key in fields or (key.startswith(custom) and (is_property_name(name) if side == "gist" else bool(name)))


def describe_condition(condition: Mapping[str, str]) -> str:
    """`with the tag “clinic-a”`: what follows "contacts"."""
    key, op, value = condition["field"], condition["op"], condition["value"]
    if key == OPT_IN:
        return "who have not opted out of e-mail"
    if key in _MEMBERS:
        return _MEMBERS[key][op].format(value)
    return _OF_FIELD[op].format(_name_of_field(key), value)


def _name_of_field(key: str) -> str:
    known = GIST_FIELDS.get(key) or GHL_FIELDS.get(key)
    return known.label.lower() if known else f"“{key.rpartition('.')[2]}”"
