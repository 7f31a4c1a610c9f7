"""`manage.py lookup LINK`: one person, read live on both sides."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from integration.management.reporting import ReportingCommand, find_link
from integration.models import Provider
from integration.people import lookup

ASKED_BY = ("email", "gist_id", "ghl_id")
FIELD_STATES = {
    "same": "same",
    "differs": "DIFFERS",
    "gist_only": "only in Gist",
    "ghl_only": "only in GHL",
    "blank": "blank",
}
KINDS = ("tasks", "notes", "appointments")


class Command(ReportingCommand):
    help = "Reads one contact live on both sides, with a verdict per field, tags, tasks, notes and appointments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK")
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument("--email")
        asked.add_argument("--gist-id")
        asked.add_argument("--ghl-id")

    def run(self, **options: Any) -> None:
        link = find_link(options["link"])
        found = lookup.look_up(link, **{name: options[name] or "" for name in ASKED_BY})
        self.report(list(_report_lines(found)), found)
        if not found["gist"] and not found["ghl"]:
            self.fail("Neither side has this contact. Check the address or id, and that it is the right link.")


def _report_lines(found: dict[str, Any]) -> Iterable[str]:
    for side, name in Provider.choices:
        yield f"{name}: {_name_of(found[side])}"
    for one in found.get("fields", ()):
        if one["verdict"] != "blank":
            yield f"  {one['field']}: {_value_pair(one)} ({FIELD_STATES[one['verdict']]}: {one['why']})"
    for kind in KINDS:
        for item in (found["ghl"] or {}).get(kind, ()):
            yield f"  {kind[:-1]}: {_in_short(item)}"


def _name_of(side: dict[str, Any] | None) -> str:
    if side is None:
        return "not found"
    others = f", and with the same address {', '.join(side['others'])}" if side["others"] else ""
    return f"{side['id']}{others}"


def _value_pair(one: dict[str, Any]) -> str:
    gist, ghl = _as_text(one["gist"]), _as_text(one["ghl"])
    return gist if gist == ghl else f"{gist or 'blank'} | {ghl or 'blank'}"


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)


def _in_short(item: dict[str, Any]) -> str:
    texts = (item.get(key) for key in ("title", "body", "dueDate", "startTime", "appointmentStatus"))
    done = " (completed)" if item.get("completed") else ""
    return " · ".join(str(text) for text in texts if text) + done
