"""Where a write would go: to the built-in twin, to real accounts, or nowhere."""

from typing import Any

from django.db.models import QuerySet

from integration.models import Connection, Link, Mode

ENVIRONMENTS = {"live": "Live", "new_only": "New contacts only", "watch": "Watching", "sandbox": "Sandbox"}


def with_sides(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of a link with its two connections, for the badge, and without what a list has no use for."""
    return rows.select_related("link__gist", "link__ghl").defer(
        *(
            f"link__{side}__{column}"
            for side in ("gist", "ghl")
            for column in ("credentials", "settings", "check_steps")
        )
    )


def environment_of(record: Link | Connection) -> str:
    """A key of ENVIRONMENTS. A link with one side in the sandbox is of the sandbox."""
    if isinstance(record, Connection):
        return "sandbox" if record.sandbox else "live"
    if record.gist.sandbox or record.ghl.sandbox:
        return "sandbox"
    return {Mode.WATCH.value: "watch", Mode.NEW_ONLY.value: "new_only"}.get(record.mode, "live")
