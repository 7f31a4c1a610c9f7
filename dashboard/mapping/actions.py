"""What the buttons of the mapping editor do, and keeping the draft: never over what somebody else did meanwhile."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from dashboard.drafts import find_item
from dashboard.inputs import read_json_field, read_number, refuse_field
from dashboard.mapping.context import base_of
from dashboard.mapping.drafts import Draft, apply_action, draft_of
from dashboard.mapping.editor import add_missing_values, narrow_direction, set_directions
from dashboard.mapping.sides import Sides
from integration.mapping.drafts import (
    Place,
    StaleDraft,
    dismiss_suggestion,
    draft_now,
    merge_rows,
    rows_of,
    save_draft,
    step_back,
)
from integration.mapping.drift import agree_to
from integration.mapping.rows import Pair
from integration.mapping.suggest import Suggestion
from integration.models import Link, MappingDraft

# With the number of the revision, or version, that the page showed: settles what two people did at once.
MERGE, MINE, THEIRS = "merge", "mine", "theirs"
MERGE_VERSION, MINE_VERSION = "merge-version", "mine-version"


@dataclass(frozen=True)
class SettledDraft:
    """The draft that the page shows next, and the one that is kept; `is_stale`: the first was not kept."""

    draft: Draft
    kept: MappingDraft
    is_stale: bool = False


def change_draft(link: Link, draft: Draft, sides: Sides, form: QueryDict, user: Any) -> SettledDraft:
    """Carry out what the form asks for and keep the draft."""
    verb, _, about = form.get("do", "").partition(":")
    place = Place(draft.revision, draft.page, user)
    try:
        if verb == THEIRS:
            return _show_kept(draft, draft_now(link))
        if verb == "back":
            return _show_kept(draft, step_back(link, place))
        if verb == "discard":
            draft.take_rows(rows_of(link.mapping_versions.filter(number=draft.read).first()))
        if verb in (MERGE, MINE):
            place = _settle_draft(link, draft, verb, read_number(about), place)
        elif verb in (MERGE_VERSION, MINE_VERSION):
            _settle_version(link, draft, verb, read_number(about))
        _carry_out(link, draft, sides, form)
        set_directions(draft, sides)
        kept = save_draft(link, draft.inputs(), draft.read, place)
    except StaleDraft as stale:
        return SettledDraft(draft, stale.draft, is_stale=True)
    draft.revision = kept.revision
    return SettledDraft(draft, kept)


def _show_kept(draft: Draft, kept: MappingDraft) -> SettledDraft:
    shown = draft_of(kept, draft.page)
    shown.person, shown.others = draft.person, draft.others
    return SettledDraft(shown, kept)


def _settle_draft(link: Link, draft: Draft, verb: str, seen: int, place: Place) -> Place:
    """Go on from what the others made of the draft, if it is still what the page showed. Raises StaleDraft."""
    kept = draft_now(link)
    if kept.revision != seen:
        raise StaleDraft(kept)
    if verb == MERGE:
        draft.take_rows(merge_rows(base_of(link, draft, kept).rows, draft.inputs(), kept.rows))
    draft.read = kept.read
    return Place(kept.revision, place.page, place.user)


def _settle_version(link: Link, draft: Draft, verb: str, seen: int) -> None:
    """Make the draft one of the version that was published meanwhile, and was shown."""
    theirs = link.mapping_versions.filter(number=seen).first()
    if theirs is None:
        return
    if verb == MERGE_VERSION:
        base = link.mapping_versions.filter(number=draft.read).first()
        draft.take_rows(merge_rows(rows_of(base), draft.inputs(), rows_of(theirs)))
    draft.read = theirs.number


def _carry_out(link: Link, draft: Draft, sides: Sides, form: QueryDict) -> None:
    action = form.get("do", "")
    before = len(draft.rows)
    apply_action(draft, action)
    if action.startswith("table:") and (row := find_item(draft.rows, read_number(action.partition(":")[2]))):
        add_missing_values(row, sides)
        draft.chosen = row.rid
    if form.get("agree"):
        _agree(link, draft, sides, *_read_names(form, "agree", 2))
    if form.get("dismiss"):
        dismiss_suggestion(link, _read_pair(form, "dismiss"))
    for one in _used(sides, draft, form):
        draft.add(one.gist, one.ghl, one.direction)
    has_new = len(draft.rows) > before or form.get("connect-gist") or form.get("new-gist")
    # A row that was to be made of names that are none is not there.
    if has_new and draft.rows:
        narrow_direction(draft.rows[-1], sides)


def _used(sides: Sides, draft: Draft, form: QueryDict) -> list[Suggestion]:
    """The suggestions that were taken: one, or all that are shown."""
    kept = draft_now(sides.link)
    is_free = {
        one.pair: one
        for one in sides.samples.suggestions
        if one.gist not in draft.keys("gist") and one.ghl not in draft.keys("ghl")
    }
    if form.get("do") == "use-all":
        return [one for pair, one in is_free.items() if list(pair) not in kept.dismissed]
    wanted = _read_pair(form, "use") if form.get("use") else None
    return [is_free[wanted]] if wanted in is_free else []


def _agree(link: Link, draft: Draft, sides: Sides, side: str, key: str) -> None:
    """Take a changed field as it is now; rows of one that is gone go with it. No key: all of that side."""
    if side not in ("gist", "ghl") or sides.read_at is None:
        raise refuse_field("agree", "names no side whose fields were read")
    agree_to(link, side, sides.fields(side), key)
    if key and key not in sides.fields(side):
        draft.rows = [row for row in draft.rows if (row.gist if side == "gist" else row.ghl) != key]


def _read_pair(form: QueryDict, name: str) -> Pair:
    gist, ghl = _read_names(form, name, 2)
    return gist, ghl


def _read_names(form: QueryDict, name: str, number: int) -> list[str]:
    given = read_json_field(form.get(name, ""), name)
    if not (isinstance(given, list) and len(given) == number and all(isinstance(one, str) for one in given)):
        raise refuse_field(name, "is no list of two texts")
    return given
