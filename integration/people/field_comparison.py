"""One field of a person on both sides, and what the next sync would do about it."""

from dataclasses import dataclass

from integration.records import Value


@dataclass(frozen=True)
class FieldComparison:
    """One field. `state`: same, differs, gist_only, ghl_only, blank, or unread when a side could not be read, or broken
    when the row names a field that is not there any more.

    `writes` are the sides that the next sync would write; `waits`: only a person can decide.
    """

    label: str
    gist: Value
    ghl: Value
    state: str
    why: str
    gist_key: str = ""
    writes: tuple[str, ...] = ()
    waits: bool = False
    unread: tuple[str, ...] = ()
    """Sides that were not read: their value is what was known, None when nothing was."""
