"""Reading what addresses and forms send."""

from typing import Any

from dashboard.request_guard import NOTHING_CHANGED, RefusedRequest
from integration.records import parse_json


def read_number(text: str, most_digits: int = 9) -> int:
    """A whole number above 0; 0 for anything else. Longer ones are refused, because no id column could hold them."""
    return int(text) if text.isdecimal() and len(text) <= most_digits else 0


def read_json_field(text: str, name: str) -> Any:
    """The JSON that a page of ours put into the hidden field `name`, and got back. Raises RefusedRequest."""
    try:
        return parse_json(text)
    except ValueError as problem:
        raise refuse_field(name, str(problem)) from None


def refuse_field(name: str, problem: str) -> RefusedRequest:
    """The refusal of a field that nobody types into. `problem` goes on after “it”."""
    return RefusedRequest(f"The field “{name}” {problem.rstrip('.')}. {NOTHING_CHANGED}")
