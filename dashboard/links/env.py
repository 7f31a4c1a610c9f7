"""Where a write would go: to the built-in twin, to real accounts, or nowhere."""

from integration.models import Connection, Link, Mode

ENVIRONMENTS = {"live": "Live", "new_only": "New contacts only", "watch": "Watching", "sandbox": "Sandbox"}


def environment_of(record: Link | Connection) -> str:
    """A key of ENVIRONMENTS. A link with one side in the sandbox is of the sandbox."""
    if isinstance(record, Connection):
        return "sandbox" if record.sandbox else "live"
    if record.gist.sandbox or record.ghl.sandbox:
        return "sandbox"
    return {Mode.WATCH.value: "watch", Mode.NEW_ONLY.value: "new_only"}.get(record.mode, "live")
