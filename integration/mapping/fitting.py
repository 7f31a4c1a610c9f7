"""Values in the type of the field they go to: a number, a date, choices. What does not fit is named, not sent."""

from datetime import UTC, datetime

from integration.mapping.transforms import Unreadable
from integration.records import Value, is_blank


def fitted(value: Value, kind: str, options: tuple[str, ...] = ()) -> Value:
    """`value` as a field of type `kind` holds it. Raises Unreadable. Blank stays blank; text takes anything."""
    if is_blank(value):
        return value
    if kind == "number":
        return _number(value)
    if kind == "date":
        return _moment(value).date().isoformat()
    if kind == "moment":
        return _moment(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "choices":
        return value if isinstance(value, list) else split_choices(str(value), options)
    if kind in ("text", "choice") and isinstance(value, list):
        return ", ".join(value)
    return value


def _number(value: Value) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = str(value).strip().replace(",", "")
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        raise Unreadable(f"“{value}” is no number.")
    return number


def _moment(value: Value) -> datetime:
    """A date or a moment; a number counts seconds since 1970, as Gist writes dates (docs/gist-api.md#dates)."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        read = datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError):
        raise Unreadable(f"“{value}” is no date of the form YYYY-MM-DD. Add a date step to the row.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def split_choices(text: str, options: tuple[str, ...] = ()) -> list[str]:
    """Choices joined by commas, taken apart; an option that holds a comma itself stays whole."""
    offered = {option.casefold() for option in options}
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    found: list[str] = []
    while pieces:
        lengths = range(len(pieces), 0, -1)
        whole = next((n for n in lengths if ", ".join(pieces[:n]).casefold() in offered), 1)
        found.append(", ".join(pieces[:whole]))
        pieces = pieces[whole:]
    return found
