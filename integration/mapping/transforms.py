"""Steps a mapping row takes a value through, from Gist to GHL and back. Each is a row of one registry.

A step is `{"name": …, <options>}`. Forward means from Gist to GHL; backward the steps run in reverse order, each the
other way round where it has one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integration.errors import SetupError
from integration.moments import day_of, find_zone
from integration.names import split_name
from integration.phone import to_e164
from integration.providers.ghl.countries import find_country_code, name_of_country
from integration.records import Value, Values, is_blank
from integration.values import Unreadable, as_text, member_key, read_decimal_comma, read_number

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Context:
    """What steps may know besides the value.

    The country of numbers without a prefix ("" where none is known), the time zone in which a moment becomes a day, and
    GHL's record as it stands, of which the parts of a name are taken.
    """

    country: str = ""
    zone: str = "UTC"
    ghl: Values = field(default_factory=dict)


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
        # A blank stays blank, so that no step has to deal with it; a fixed value is written whatever stands there.
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


def _change_each(change: Callable[[str], str]) -> Apply:
    """The same change both ways, member by member for lists."""

    def apply(value: Value, step: Step, context: Context) -> Value:
        return [change(item) for item in value] if isinstance(value, list) else change(str(value))

    return apply


def _keep_value(value: Value, step: Step, context: Context) -> Value:
    return value


def _to_phone(value: Value, step: Step, context: Context) -> Value:
    number = to_e164(str(value), context.country)
    if not number:
        raise no_phone(value, context.country)
    return number


def no_phone(value: Value, country: str) -> Unreadable:
    """The error for what is no number, or for one whose country nobody knows."""
    of = f"in {name_of_country(country) or country}" if country else "without a country: give it a prefix, as +44,"
    return Unreadable(f"“{as_text(value)}” is no phone number {of} and was left out.", "no_phone")


def _to_email(value: Value, step: Step, context: Context) -> Value:
    text = str(value).strip().lower()
    name, at, domain = text.rpartition("@")
    if not (name and at and "." in domain) or " " in text:
        raise Unreadable(f"“{value}” is no e-mail address.")
    return text


def _first_name(value: Value, step: Step, context: Context) -> Value:
    return split_name(str(value), context.ghl.get("firstName"), context.ghl.get("lastName"))[0]


def _last_name(value: Value, step: Step, context: Context) -> Value:
    return split_name(str(value), context.ghl.get("firstName"), context.ghl.get("lastName"))[1]


def _whole_name(value: Value, step: Step, context: Context) -> Value:
    """Half a name never stands where the whole one did."""
    whole = context.ghl.get("name")
    return value if is_blank(whole) else whole


def _join_words(value: Value, step: Step, context: Context) -> Value:
    words = value if isinstance(value, list) else str(value).split()
    return " ".join(str(word).strip() for word in words if str(word).strip())


def _convert_date(source: str, target: str) -> Apply:
    def apply(value: Value, step: Step, context: Context) -> Value:
        return _write_date(_read_date(str(value), step[source]), step[target], context)

    return apply


FORMATS = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "moment": "%Y-%m-%dT%H:%M:%SZ",
}


def _read_date(text: str, form: str) -> datetime:
    # The row's form first, then the two in which the APIs themselves give dates (docs/ghl-api.md#field-semantics).
    for pattern in (FORMATS[form], "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            read = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 -- formats carry their own zone or none
        except ValueError:
            continue
        return read.replace(tzinfo=UTC) if pattern == FORMATS["moment"] else read
    raise Unreadable(f"“{text}” is no date in the form {form}.")


def _write_date(read: datetime, form: str, context: Context) -> str:
    """A day begins, and a moment becomes a day, where the account is."""
    zone = find_zone(context.zone)
    if form == "moment":
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC).strftime(FORMATS[form])
    return (day_of(read, zone) if read.tzinfo else read.date()).strftime(FORMATS[form])


def _read_comma(value: Value, step: Step, context: Context) -> Value:
    return read_decimal_comma(value)


def _write_comma(value: Value, step: Step, context: Context) -> Value:
    return as_text(read_number(value)).replace(".", ",")


def _comma_stands(side: str, read: Apply, write: Apply) -> Apply:
    """Read where the comma stands in `side`, else written."""

    def apply(value: Value, step: Step, context: Context) -> Value:
        return (read if step["side"] == side else write)(value, step, context)

    return apply


def _convert_country(target: str) -> Apply:
    def apply(value: Value, step: Step, context: Context) -> Value:
        code = find_country_code(str(value))
        if not code:
            raise Unreadable(f"“{value}” is the name or code of no country.", "no_country")
        return code if step[target] == "code" else name_of_country(code)

    return apply


def _fixed_value(value: Value, step: Step, context: Context) -> Value:
    return str(step["value"])


def _look_up(value: Value, step: Step, context: Context) -> Value:
    return _translate_value(value, step["table"], step["otherwise"])


def _look_back(value: Value, step: Step, context: Context) -> Value:
    # When two Gist values share a GHL value, the last one of the table wins on the way back.
    return _translate_value(value, {right: left for left, right in step["table"].items()}, step["otherwise"])


def _translate_value(value: Value, table: Mapping[str, str], otherwise: str) -> Value:
    if isinstance(value, list):
        return [str(_translate_value(item, table, otherwise)) for item in value]
    text = str(value).strip()
    if text in table:
        return table[text]
    # Exact case first: a table may hold the same word in two cases.
    folded = {member_key(key): found for key, found in table.items()}
    if member_key(text) in folded:
        return folded[member_key(text)]
    if otherwise == "keep":
        return value
    raise Unreadable(f"“{text}” is not in the row's value table.")


_date_choices = tuple(FORMATS)
# A step that cannot be undone, as lower case or one half of a name, leaves the value as it is on the way back.
_ALL = (
    Transform(
        "trim", "Trim spaces", "Takes off spaces at both ends.", _change_each(str.strip), _change_each(str.strip)
    ),
    Transform("lower", "Lower case", "ANN → ann.", _change_each(str.lower), _keep_value),
    Transform("upper", "Upper case", "ann → ANN.", _change_each(str.upper), _keep_value),
    Transform("title", "Capitalise words", "ann lee → Ann Lee.", _change_each(str.title), _keep_value),
    Transform("email", "E-mail", "Lower case, no spaces; refuses what is no address.", _to_email, _to_email),
    Transform("phone_e164", "Phone, international", "(415) 555-2671 → +14155552671.", _to_phone, _to_phone),
    Transform("first_name", "First name", "The first name of a full name.", _first_name, _whole_name),
    Transform("last_name", "Last name", "All but the first name of a full name.", _last_name, _whole_name),
    Transform("join_name", "Join names", "Joins parts with one space.", _join_words, _join_words),
    Transform(
        "date",
        "Date format",
        "Rewrites a date from one form into the other.",
        _convert_date("gist", "ghl"),
        _convert_date("ghl", "gist"),
        (
            Option("gist", "Form in Gist", "choice", _date_choices, "YYYY-MM-DD"),
            Option("ghl", "Form in GHL", "choice", _date_choices, "YYYY-MM-DD"),
        ),
    ),
    Transform(
        "decimal_comma",
        "Decimal comma",
        "2.345,60 → 2345.6, and back as 2345,6.",
        _comma_stands("gist", _read_comma, _write_comma),
        _comma_stands("ghl", _read_comma, _write_comma),
        (Option("side", "Side that writes the comma", "choice", ("gist", "ghl"), "gist"),),
    ),
    Transform(
        "country",
        "Country code",
        "Germany or de → DE, and back as Germany.",
        _convert_country("ghl"),
        _convert_country("gist"),
        (
            Option("gist", "Form in Gist", "choice", ("name", "code"), "name"),
            Option("ghl", "Form in GHL", "choice", ("code", "name"), "code"),
        ),
    ),
    Transform(
        "fixed",
        "Fixed value",
        "Always writes this value, whatever the other side holds.",
        _fixed_value,
        _fixed_value,
        (Option("value", "Value"),),
    ),
    Transform(
        "table",
        "Value table",
        "Replaces each value by the one beside it; from GHL to Gist the same the other way.",
        _look_up,
        _look_back,
        (
            Option("table", "Gist value → GHL value", "table", default={}),
            Option("otherwise", "Other values", "choice", ("keep", "refuse"), "keep"),
        ),
    ),
)

TRANSFORMS: dict[str, Transform] = {transform.name: transform for transform in _ALL}
