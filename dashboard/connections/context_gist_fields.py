"""What the page about Gist's undocumented webhooks needs: the last bodies received, and what was found in them."""

import json
from typing import Any

from dashboard.models import Right
from dashboard.payloads import body_of, text_of
from integration.errors import SetupError
from integration.models import Connection
from integration.models.fields import UndecryptableValue
from integration.webhooks.addresses import webhook_addresses
from integration.workflows import gist_events


def gist_fields_context(
    found: Connection, user: Any, fields: dict[str, str], problems: dict[str, str]
) -> dict[str, Any]:
    """`fields` are the paths as they stand in the form, `problems` what is wrong with them, by the same names."""
    meeting = gist_events.last_body(found, "meeting_")
    body = body_of(meeting)
    read = gist_events.facts_of(meeting.topic, body, found) if meeting and body else {}
    rows = [
        (name, meaning, fields.get(name, ""), read.get(name), problems.get(name, ""))
        for name, meaning in gist_events.MEETING_FIELDS.items()
    ]
    return {
        "connection": found,
        "rows": rows,
        "meeting": meeting,
        "meeting_body": text_of(meeting),
        "paths": _list_paths(body),
        "body_fields": gist_events.WORKFLOW_BODY,
        "example": json.dumps({name: example for name, _, example in gist_events.WORKFLOW_BODY}, indent=2),
        "workflow": (last := gist_events.last_body(found, "workflow")),
        "workflow_body": text_of(last),
        "address": _workflow_address(found, user),
    }


def _list_paths(body: Any, before: str = "", depth: int = 6) -> list[str]:
    """Dotted paths of every text and number, to be picked from."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    found: list[str] = []
    # Bodies come from outside and can be of any size; the limits keep the list of suggestions short enough to read.
    for name, value in list(items)[:60]:
        path = f"{before}{name}"
        if isinstance(value, dict | list) and depth:
            found += _list_paths(value, f"{path}.", depth - 1)
        elif isinstance(value, str | int | float):
            found.append(path)
    return found[:300]


def _workflow_address(found: Connection, user: Any) -> str:
    """Where an automation is to send its body; for operators only, it is as good as a password."""
    if not user.holds(Right.CHANGE_RULES):
        return ""
    try:
        return str(webhook_addresses(found)["workflow"]["url"])
    except (UndecryptableValue, SetupError, KeyError):
        return ""
