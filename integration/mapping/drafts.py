"""The draft of a mapping, kept as it is edited. No run reads it; nobody's change is written over unseen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.mapping.rows import Pair, RowInput, as_input, pair_of, with_defaults
from integration.mapping.versions import current_version, save_version
from integration.models import Link, MappingDraft, MappingVersion
from integration.records import Field

# Revisions that a draft remembers: as many changes can be taken back, and merged with by a page that was open since.
MOST_REVISIONS = 30

Rows = list[RowInput]


class StaleDraft(Exception):
    """Somebody changed the draft, or published, since the page was opened. `draft` is what stands now."""

    def __init__(self, draft: MappingDraft):
        super().__init__("The draft was changed meanwhile. Nothing was saved over it.")
        self.draft = draft


@dataclass(frozen=True)
class Revision:
    """A state of the draft: its rows, the version that they were made from, and who made it when."""

    number: int
    read: int
    rows: Rows
    by: str = ""
    at: datetime | None = None


def draft_now(link: Link) -> MappingDraft:
    """The draft as it stands. One in which nothing is changed follows the published version; no row is written."""
    draft = MappingDraft.objects.select_related("changed_by").filter(link=link).first() or MappingDraft(link=link)
    version = current_version(link)
    if version and draft.read != version.number and not is_changed(draft):
        draft.rows, draft.read = rows_of(version), version.number
    return draft


def is_changed(draft: MappingDraft) -> bool:
    """Whether there is something to publish."""
    base = draft.link.mapping_versions.filter(number=draft.read).first()
    return normal(draft.rows) != normal(rows_of(base))


def rows_of(version: MappingVersion | None) -> Rows:
    return [as_input(row) for row in version.rows.all()] if version else []


def normal(rows: Sequence[RowInput]) -> list[dict[str, Any]]:
    """Rows in the form in which equal ones are equal."""
    return [with_defaults(row) for row in rows]


@dataclass(frozen=True)
class Place:
    """Where a change comes from: the revision that its page shows, what names that page, and who sits before it."""

    revision: int
    page: str = ""
    user: Any = None


@transaction.atomic
def save_draft(link: Link, rows: Sequence[RowInput], read: int, place: Place) -> MappingDraft:
    """Keep `rows`, made from version `read`, in place of the revision that the page shows. Equal rows change nothing.

    Raises StaleDraft where somebody else made another revision since.
    """
    draft = _lock(link, place)
    if normal(draft.rows) != normal(rows) or draft.read != read:
        _remember(draft)
        draft.rows, draft.read = list(normal(rows)), read
        _store(draft, place)
    return draft


def _lock(link: Link, place: Place) -> MappingDraft:
    # Two people may save at once: the lock is on what always stands, the draft may still have to be made.
    Link.objects.select_for_update(no_key=True).only("pk").get(pk=link.pk)
    draft = draft_now(link)
    if draft.revision != place.revision and not _is_own(draft, place):
        raise StaleDraft(draft)
    return draft


def _is_own(draft: MappingDraft, place: Place) -> bool:
    """Whether all revisions since are of the same page: it may not have seen the answer to its own request."""
    pages = {one["revision"]: one["page"] for one in draft.history} | {draft.revision: draft.page}
    since = range(place.revision + 1, draft.revision + 1)
    return bool(place.page and since) and all(pages.get(number) == place.page for number in since)


@transaction.atomic
def step_back(link: Link, place: Place) -> MappingDraft:
    """Take the last change back. It goes on as a new revision, so that pages opened before are still told apart."""
    draft = _lock(link, place)
    if draft.history:
        last = draft.history.pop()
        draft.rows, draft.read = last["rows"], last["read"]
        _store(draft, place)
    return draft


@transaction.atomic
def publish_draft(
    link: Link, read: int, place: Place, name: str, gist_fields: Mapping[str, Field] | None = None
) -> MappingVersion:
    """Make the draft the version that runs work by, under a name. Raises StaleDraft, and StaleSave where somebody
    published since version `read`.
    """
    draft = _lock(link, place)
    version = save_version(link, draft.rows, user=place.user, name=name, read=read, gist_fields=gist_fields)
    # From here on nothing is to be taken back, and pages that were opened before are stale.
    draft.rows, draft.read, draft.history = normal(rows_of(version)), version.number, []
    _store(draft, replace(place, page=""))
    return version


def revision_of(draft: MappingDraft, number: int) -> Revision | None:
    """What the draft held as this revision; None where it is too long ago."""
    if number == draft.revision:
        return Revision(number, draft.read, draft.rows, str(draft.changed_by or ""), draft.changed_at)
    found = next((one for one in draft.history if one["revision"] == number), None)
    return Revision(number, found["read"], found["rows"], found["by"]) if found else None


def dismiss_suggestion(link: Link, pair: Pair) -> None:
    """Remember not to suggest the pair again, for whoever edits."""
    with transaction.atomic():
        Link.objects.select_for_update(no_key=True).only("pk").get(pk=link.pk)
        draft = draft_now(link)
        if list(pair) not in draft.dismissed:
            draft.dismissed = [*draft.dismissed, list(pair)]
            draft.save()


def _remember(draft: MappingDraft) -> None:
    kept = {"revision": draft.revision, "read": draft.read, "rows": normal(draft.rows), "page": draft.page}
    draft.history = [*draft.history, {**kept, "by": str(draft.changed_by or "")}][-MOST_REVISIONS:]


def _store(draft: MappingDraft, place: Place) -> None:
    draft.revision += 1
    draft.page, draft.changed_by, draft.changed_at = place.page, place.user, timezone.now()
    draft.save()


# Merging ------------------------------------------------------------------------------------------------


def merge_rows(base: Sequence[RowInput], mine: Sequence[RowInput], theirs: Sequence[RowInput]) -> Rows:
    """Both people's changes since `base`, row by row and setting by setting; where both changed one, mine stands."""
    olds, ours, others = (_by_pair(rows) for rows in (base, mine, theirs))
    merged: Rows = []
    for pair in dict.fromkeys([*others, *ours]):
        row = _merge_row(olds.get(pair), ours.get(pair), others.get(pair))
        if row is not None:
            merged.append(row)
    return merged


def _by_pair(rows: Sequence[RowInput]) -> dict[Pair, dict[str, Any]]:
    return {pair_of(row): row for row in normal(rows)}


def _merge_row(old: dict[str, Any] | None, mine: dict[str, Any] | None, theirs: dict[str, Any] | None) -> Any:
    if mine is None or theirs is None:
        left = mine or theirs
        # One of the two took the row out; it comes back only where the other changed it since.
        return left if old is None or left != old else None
    if old is None:
        return mine
    return {name: theirs[name] if mine[name] == old[name] else mine[name] for name in mine}
