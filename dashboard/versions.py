"""The page of versions, of a mapping or of a workflow: templates/generic/versions.html shows both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.http import QueryDict

from dashboard.drafts import Difference
from dashboard.inputs import read_number

# Before the number of the version that a draft is to be saved over, in the button that says so.
SAVE_OVER = "save-over:"


class Saved(Protocol):
    number: int
    created_at: datetime
    created_by: Any


Version = TypeVar("Version", bound=Saved)


@dataclass(frozen=True)
class VersionRow:
    """A version as the list shows it. `size` is how many rows or actions it has, `name` what is new in it."""

    version: Saved
    size: int
    in_use: bool
    restore_href: str
    name: str = ""


@dataclass(frozen=True)
class NewerVersion:
    """What somebody saved while a draft was open: the version that stands now, and what it changed.

    `read` is the number of the version that the draft was made from, `opened` what that one held.
    """

    version: Saved
    read: int
    opened: Any
    lines: Sequence[Difference]


def chosen_versions(query: QueryDict, versions: Sequence[Version]) -> tuple[Version | None, Version | None]:
    """The two to compare: those of `?from=2&to=3`, else the newest (which stands first) with the one before it."""
    by_number = {version.number: version for version in versions}
    newer = by_number.get(read_number(query.get("to", ""))) or (versions[0] if versions else None)
    older = by_number.get(read_number(query.get("from", ""))) or (by_number.get(newer.number - 1) if newer else None)
    return older, newer


def versions_context(
    rows: Sequence[VersionRow], older: Saved | None, newer: Saved | None, lines: Sequence[Difference], size_name: str
) -> dict[str, Any]:
    """`size_name` heads the column of sizes; names get a column where any row has one."""
    return {
        "rows": rows,
        "older": older,
        "newer": newer,
        "lines": lines,
        "size_name": size_name,
        "has_names": any(row.name for row in rows),
    }
