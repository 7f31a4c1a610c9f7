"""What a workflow changed itself: read back, it is news for every other workflow, and none for this one."""

from collections.abc import Iterable, Mapping
from typing import Any

from integration.models import LogEntry, Workflow
from integration.providers.ghl.related import moment_text
from integration.related.deeds import Change

NAMES = ("name", "firstName", "lastName", "first_name", "last_name")
"""Writing one of these changes the others too."""


def changes(workflow: Workflow, side: str, contact_id: str, since_run: int) -> list[Change]:
    """What it wrote on a contact since the run that decided the contact last."""
    entries = LogEntry.objects.filter(
        execution__workflow=workflow, applied=True, run__gte=since_run, side=side, **{f"{side}_id": contact_id}
    )
    return [change for changes in entries.values_list("changes", flat=True) for change in changes]


def without(mine: Iterable[Change], key: str, facts: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of what happened, without what it did itself; empty when nothing is left."""
    mine = list(mine)
    if key.endswith(("tag_added", "tag_removed")):
        tag = str(facts["tag"]).casefold()
        return {} if any(tag in _tags_touched(change) for change in mine) else dict(facts)
    if key.endswith("contact_changed"):
        fields = [field for field in facts["fields"] if not any(_explains(one, field, after) for one in mine)]
        return {**facts, "fields": fields} if fields else {}
    return dict(facts)


def _tags_touched(change: Change) -> set[str]:
    """Tags added or taken off, in lower case."""
    return _tags(change["after"]) ^ _tags(change["before"]) if change["field"] == "tags" else set()


def _tags(value: Any) -> set[str]:
    tags = value if isinstance(value, list) else str(value or "").split(",")
    return {str(tag).strip().casefold() for tag in tags} - {""}


def _explains(change: Change, field: str, after: Mapping[str, Any]) -> bool:
    wrote, reads = _plain(change["after"]), _plain(after.get(field))
    if change["field"] == field:
        return wrote == reads
    return field in NAMES and change["field"] in NAMES and (wrote in reads or reads in wrote)


def _plain(value: Any) -> str:
    """The same for what a side keeps in another spelling: letters, phone numbers, numbers, moments."""
    text = str(value if value is not None else "").strip().casefold()
    if text.startswith("+"):
        return "".join(filter(str.isdecimal, text))
    return moment_text(text) or text.removesuffix(".0")
