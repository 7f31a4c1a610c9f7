"""Which types of field go into which: the one table that saving, suggestions and the greying of fields go by."""

from collections.abc import Mapping

from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.records import Field
from integration.values import Unreadable, fit_to_type, member_key

# What a value of the type is called in a sentence.
NAMES: Mapping[str, str] = {
    "text": "a text",
    "email": "an e-mail address",
    "phone": "a phone number",
    "number": "a number",
    "boolean": "a yes or no",
    "date": "a date",
    "moment": "a date",
    "choice": "a choice",
    "choices": "a list of choices",
    "tags": "a list of tags",
}
# What a field of the type in front takes, beside its own. A text is read as what the field is: a value that does not
# fit is left out by itself, with a sentence.
TAKES: Mapping[str, frozenset[str]] = {
    "text": frozenset(NAMES),
    "email": frozenset({"text"}),
    "phone": frozenset({"text", "number"}),
    "number": frozenset({"text", "choice"}),
    "boolean": frozenset({"text", "choice"}),
    "date": frozenset({"text", "moment"}),
    "moment": frozenset({"text", "date"}),
    "choice": frozenset({"text", "number", "boolean"}),
    "choices": frozenset({"text", "choice", "tags", "number", "boolean"}),
    "tags": frozenset({"text", "choice", "choices"}),
}
_LISTS = ("choices", "tags")
_SINGLE = "several values do not go into one"
# Types whose fields can hold more than they do.
CAN_APPEND = ("text", *_LISTS)


def fits(source: str, target: str) -> bool:
    """Whether values of one type go into a field of the other without a step between."""
    return source == target or source in TAKES[target]


def explain_misfit(source: Field, target: Field) -> str:
    """Why values of `source` do not go into `target`, in words for the middle of a sentence; "" when they do."""
    if not target.writable:
        return "read only"
    kind = type_held(target)
    if not fits(source.type, kind):
        if source.type in _LISTS and kind == "choice":
            return _SINGLE
        return f"{NAMES[source.type]} is no {NAMES[kind].partition(' ')[2]}"
    return _explain_options(source, target)


def _explain_options(source: Field, target: Field) -> str:
    """A closed list of which no option could ever be meant."""
    if source.type not in ("number", "boolean") or not target.options or target.takes_others:
        return ""
    if any(_could_mean(source.type, option) for option in target.options):
        return ""
    number = len(target.options)
    return f"{number} option{'' if number == 1 else 's'}, none of them {NAMES[source.type]}"


def _could_mean(kind: str, option: str) -> bool:
    try:
        fit_to_type(option, kind)
    except Unreadable:
        return False
    return bool(member_key(option))


def type_held(field: Field) -> str:
    """The type that the field insists on: a property of Gist takes text whatever its values looked like so far, but for
    one whose name ends in `_at` (docs/gist-api.md#custom-properties).
    """
    return field.type if field.type == "moment" or not field.key.startswith(GIST_CUSTOM) else "text"


def can_append(field: Field) -> bool:
    return type_held(field) in CAN_APPEND


def misfits(gist: Field, ghl: Field) -> dict[str, str]:
    """By the side written to: why the other side's values do not go there. No key where they do."""
    found = {"ghl": explain_misfit(gist, ghl), "gist": explain_misfit(ghl, gist)}
    return {side: why for side, why in found.items() if why}


def why_impossible(gist: Field, ghl: Field) -> str:
    """Why the two make no row in either direction; "" when they do in one."""
    found = misfits(gist, ghl)
    if len(found) < 2:
        return ""
    # What is read only says least: the other side's reason is what somebody could do something about.
    return next((why for why in found.values() if why != "read only"), "both are read only")
