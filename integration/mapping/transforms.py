"""Steps a mapping row takes a value through, from Gist to GHL and back. Each is a row of one registry.

A step is `{"name": …, <options>}`. Forward means from Gist to GHL; backward the steps run in reverse order, each the
other way round where it has one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers

from integration.errors import SetupError
from integration.records import Value, is_blank

Step = Mapping[str, Any]


class Unreadable(ValueError):
    """A value does not fit its step; the sentence says which value and why."""


@dataclass(frozen=True)
class Context:
    """What steps may know besides the value: the country of numbers without a prefix."""

    country: str = "US"


@dataclass(frozen=True)
class Option:
    """A setting of a transform. `kind` is text, choice or table (Gist value to GHL value)."""

    name: str
    label: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    default: Any = ""
    help: str = ""


Apply = Callable[[Value, Step, Context], Value]


@dataclass(frozen=True)
class Transform:
    name: str
    title: str
    help: str
    forward: Apply
    backward: Apply
    options: tuple[Option, ...] = ()


def apply_steps(value: Value, steps: list[Step], *, backward: bool, context: Context = Context()) -> Value:
    """The value after all steps. Raises Unreadable."""
    for step in reversed(steps) if backward else steps:
        transform = TRANSFORMS[step["name"]]
        if is_blank(value) and transform.name != "fixed":
            return value
        value = (transform.backward if backward else transform.forward)(value, step, context)
    return value


def read_steps(raw: Any, where: str) -> list[dict[str, Any]]:
    """Steps as a setup file or a form gives them: a name, an object, or a list of these. Raises SetupError."""
    if raw in (None, "", []):
        return []
    items = raw if isinstance(raw, list) else [raw]
    return [_read_step(item, where if len(items) == 1 else f"{where}[{index}]") for index, item in enumerate(items)]


def _read_step(item: Any, where: str) -> dict[str, Any]:
    step = {"name": item} if isinstance(item, str) else item
    if not isinstance(step, dict) or not isinstance(step.get("name"), str) or step["name"] not in TRANSFORMS:
        named = step.get("name") if isinstance(step, dict) else step
        raise SetupError(f"there is no transform “{named}”. Known are: {', '.join(TRANSFORMS)}.", where)
    transform = TRANSFORMS[step["name"]]
    known = {option.name for option in transform.options}
    if unknown := sorted(set(step) - known - {"name"}):
        raise SetupError(f"transform {transform.name} has no option “{unknown[0]}”.", where)
    for option in transform.options:
        _check_option(option, step.get(option.name, option.default), f"{where}.{option.name}")
    return {"name": step["name"], **{o.name: step.get(o.name, o.default) for o in transform.options}}


def _check_option(option: Option, value: Any, where: str) -> None:
    if option.kind == "table" and not (isinstance(value, dict) and all(isinstance(v, str) for v in value.values())):
        raise SetupError("must be a table of texts: what Gist has on the left, what GHL has on the right.", where)
    if option.kind == "choice" and value not in option.choices:
        raise SetupError(f"must be one of {', '.join(option.choices)}.", where)
    if option.kind == "text" and not isinstance(value, str):
        raise SetupError("must be a text.", where)


# The transforms -----------------------------------------------------------------------------------------


def _each(change: Callable[[str], str]) -> Apply:
    """The same change both ways, member by member for lists."""

    def apply(value: Value, step: Step, context: Context) -> Value:
        return [change(item) for item in value] if isinstance(value, list) else change(str(value))

    return apply


def _keep(value: Value, step: Step, context: Context) -> Value:
    return value


def _phone(value: Value, step: Step, context: Context) -> Value:
    text = str(value)
    try:
        number = phonenumbers.parse(text, context.country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Unreadable(f"“{text}” is no phone number (country {context.country}).")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(value: Value, step: Step, context: Context) -> Value:
    text = str(value).strip().lower()
    name, at, domain = text.rpartition("@")
    if not (name and at and "." in domain) or " " in text:
        raise Unreadable(f"“{value}” is no e-mail address.")
    return text


def _first(value: Value, step: Step, context: Context) -> Value:
    return str(value).split()[0]


def _last(value: Value, step: Step, context: Context) -> Value:
    return " ".join(str(value).split()[1:])


def _joined(value: Value, step: Step, context: Context) -> Value:
    parts = value if isinstance(value, list) else str(value).split()
    return " ".join(str(part).strip() for part in parts if str(part).strip())


def _date(source: str, target: str) -> Apply:
    def apply(value: Value, step: Step, context: Context) -> Value:
        return _write_date(_read_date(str(value), step[source]), step[target])

    return apply


FORMATS = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "moment": "%Y-%m-%dT%H:%M:%SZ",
}


def _read_date(text: str, form: str) -> datetime:
    for pattern in (FORMATS[form], "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 -- formats carry their own zone or none
        except ValueError:
            continue
    raise Unreadable(f"“{text}” is no date in the form {form}.")


def _write_date(moment: datetime, form: str) -> str:
    return moment.strftime(FORMATS[form])


def _fixed(value: Value, step: Step, context: Context) -> Value:
    return str(step["value"])


def _look_up(value: Value, step: Step, context: Context) -> Value:
    return _translated(value, step["table"], step["otherwise"])


def _look_back(value: Value, step: Step, context: Context) -> Value:
    return _translated(value, {right: left for left, right in step["table"].items()}, step["otherwise"])


def _translated(value: Value, table: Mapping[str, str], otherwise: str) -> Value:
    if isinstance(value, list):
        return [str(_translated(item, table, otherwise)) for item in value]
    text = str(value).strip()
    if text in table:
        return table[text]
    folded = {key.casefold(): found for key, found in table.items()}
    if text.casefold() in folded:
        return folded[text.casefold()]
    if otherwise == "keep":
        return value
    raise Unreadable(f"“{text}” is not in the row's value table.")


_date_choices = tuple(FORMATS)
_ALL = (
    Transform("trim", "Trim spaces", "Takes off spaces at both ends.", _each(str.strip), _each(str.strip)),
    Transform("lower", "Lower case", "ANN → ann.", _each(str.lower), _keep),
    Transform("upper", "Upper case", "ann → ANN.", _each(str.upper), _keep),
    Transform("title", "Capitalise words", "ann lee → Ann Lee.", _each(str.title), _keep),
    Transform("email", "E-mail", "Lower case, no spaces; refuses what is no address.", _email, _email),
    Transform("phone_e164", "Phone, international", "(555) 010-9999 → +15550109999.", _phone, _phone),
    Transform("first_name", "First name", "Takes the first word of a full name.", _first, _keep),
    Transform("last_name", "Last name", "Takes all but the first word of a full name.", _last, _keep),
    Transform("join_name", "Join names", "Joins parts with one space.", _joined, _joined),
    Transform(
        "date",
        "Date format",
        "Rewrites a date from one form into the other.",
        _date("gist", "ghl"),
        _date("ghl", "gist"),
        (
            Option("gist", "Form in Gist", "choice", _date_choices, "YYYY-MM-DD"),
            Option("ghl", "Form in GHL", "choice", _date_choices, "YYYY-MM-DD"),
        ),
    ),
    Transform(
        "fixed",
        "Fixed value",
        "Always writes this value, whatever the other side holds.",
        _fixed,
        _fixed,
        (Option("value", "Value"),),
    ),
    Transform(
        "table",
        "Value table",
        "Replaces values by a table; backwards the same table is read from right to left.",
        _look_up,
        _look_back,
        (
            Option("table", "Gist value → GHL value", "table", default={}),
            Option("otherwise", "Other values", "choice", ("keep", "refuse"), "keep"),
        ),
    ),
)

TRANSFORMS: dict[str, Transform] = {transform.name: transform for transform in _ALL}
