"""`manage.py lookup LINK`: one person, read live on both sides."""

from argparse import ArgumentParser
from typing import Any

from integration import lookup
from integration.management.reporting import ReportingCommand, find_link

ASKED_BY = ("email", "gist_id", "ghl_id")


class Command(ReportingCommand):
    help = "Reads one contact live on both sides, with tags, tasks, notes and appointments."

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
        self.report([line for side in ("gist", "ghl") for line in _lines(side, found[side])], found)
        if not found["gist"] and not found["ghl"]:
            self.fail("Neither side has this contact. Check the address or id, and that it is the right link.")


def _lines(side: str, found: dict[str, Any] | None) -> list[str]:
    name = {"gist": "Gist", "ghl": "GHL"}[side]
    if found is None:
        return [f"{name}: not found"]
    lines = [f"{name}: {found['id']}"]
    lines += [f"  {key}: {_word(value)}" for key, value in found["values"].items() if value not in (None, "", [])]
    for kind in ("tasks", "notes", "appointments"):
        lines += [f"  {kind[:-1]}: {_in_short(item)}" for item in found.get(kind, ())]
    return lines


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _in_short(item: dict[str, Any]) -> str:
    parts = (item.get(key) for key in ("title", "body", "dueDate", "startTime", "appointmentStatus"))
    done = " (completed)" if item.get("completed") else ""
    return " · ".join(str(part) for part in parts if part) + done
