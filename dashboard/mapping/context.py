"""What the mapping editor, its publishing page and the list of its versions need beside the link."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from dashboard.drafts import Difference
from dashboard.mapping.carried import compare_carried
from dashboard.mapping.differences import compare_rows, suggest_name
from dashboard.mapping.drafts import Draft, problems_by_row
from dashboard.mapping.editor import OWNERS, row_views, try_steps
from dashboard.mapping.field_check import marks_by_row
from dashboard.mapping.free import free_fields, one_way, refusals
from dashboard.mapping.sides import Sides, drift_of, field_choices, known_sides
from dashboard.versions import VersionRow, chosen_versions, versions_context
from integration.mapping.checks import check_rows, find_missing
from integration.mapping.drafts import Revision, draft_now, revision_of, rows_of
from integration.mapping.suggest import Suggestion
from integration.mapping.transforms import TRANSFORMS
from integration.mapping.versions import current_version
from integration.models import Link, MappingDraft, MappingVersion
from integration.records import Value


@dataclass(frozen=True)
class Overtaken:
    """What somebody else did while a page was open: they changed the draft, or published a version.

    `merge` and `mine` are what the buttons that settle it send; `lines` what they changed.
    """

    title: str
    by: str
    what: str
    at: datetime | None
    lines: list[Difference]
    merge: str
    mine: str
    is_draft: bool


@dataclass(frozen=True)
class SuggestionView:
    """A suggestion with the labels of its fields and the values of the person shown."""

    one: Suggestion
    gist: str
    ghl: str
    gist_type: str
    ghl_type: str
    gist_sample: Value
    ghl_sample: Value


def editor_context(
    link: Link, sides: Sides, draft: Draft, form: QueryDict, kept: MappingDraft, stale: bool
) -> dict[str, Any]:
    """`kept` is the draft on the server; `stale`: it is not what the form goes on from, and was not overwritten."""
    new_gist, new_ghl = form.get("new-gist", ""), form.get("new-ghl", "")
    # Two picked fields have just become a row: both lists begin anew.
    both_new = bool(new_gist and new_ghl)
    current = current_version(link)
    base = current if current and current.number == draft.read else _version(link, draft.read)
    free = free_fields(sides, draft)
    drift, people = drift_of(sides), sides.samples.five(draft.others)
    person = people[draft.person % len(people)] if people else None
    rows = row_views(draft, sides, problems_by_row(draft, sides.check(draft)), drift.stopped, person)
    chosen = next((row for row in rows if row.draft.rid == draft.chosen), None)
    return {
        "link": link,
        "sides": sides,
        "draft": draft,
        "kept": kept,
        "rows": rows,
        "marks": marks_by_row(link, rows),
        "chosen": chosen,
        "trials": try_steps(chosen, sides, people) if chosen else [],
        "people": people,
        "person": person,
        "drift": drift,
        "stopped": sum(row.has_stopped for row in rows),
        "missing": find_missing(draft.inputs(), link.direction),
        "version": current,
        "overtaken": _by_draft(link, sides, draft, kept) if stale else _by_version(link, sides, draft, current),
        "changes": compare_rows(rows_of(base), draft.inputs(), sides.name),
        "next_number": current.number + 1 if current else 1,
        "next_rid": max((row.rid for row in draft.rows), default=0) + 1,
        "suggestions": _suggestions(sides, draft, kept, person),
        "free": free,
        "free_number": sum(map(len, free.values())),
        "refusals": refusals(sides),
        "one_way": one_way(sides),
        "evidence": {f"{one.gist}|{one.ghl}": f"{one.same} of {one.people} equal" for one in sides.samples.suggestions},
        "new_gist": new_gist if not both_new else "",
        "new_ghl": new_ghl if not both_new else "",
        "gist_choices": field_choices(sides, "gist", sides.resolve("ghl", new_ghl)),
        "ghl_choices": field_choices(sides, "ghl", sides.resolve("gist", new_gist)),
        "owners": OWNERS,
        "transforms": TRANSFORMS.values(),
    }


def _version(link: Link, number: int) -> MappingVersion | None:
    return link.mapping_versions.filter(number=number).first() if number else None


def base_of(link: Link, draft: Draft, kept: MappingDraft) -> Revision:
    """What the page was opened with: that revision of the draft, or the version it was made from."""
    found = revision_of(kept, draft.revision)
    return found or Revision(draft.revision, draft.read, rows_of(_version(link, draft.read)))


def _by_draft(link: Link, sides: Sides, draft: Draft, kept: MappingDraft) -> Overtaken:
    before = base_of(link, draft, kept)
    published = kept.read != draft.read
    return Overtaken(
        "Your last change is not kept.",
        str(kept.changed_by or "Somebody"),
        f"published version {kept.read}" if published else "changed this draft",
        kept.changed_at,
        compare_rows(before.rows, kept.rows, sides.name),
        f"merge:{kept.revision}",
        f"mine:{kept.revision}",
        is_draft=True,
    )


def _by_version(link: Link, sides: Sides, draft: Draft, current: MappingVersion | None) -> Overtaken | None:
    if current is None or current.number == draft.read:
        return None
    return Overtaken(
        "There is a newer version.",
        str(current.created_by or "The setup file"),
        f"published version {current.number}",
        current.created_at,
        compare_rows(rows_of(_version(link, draft.read)), rows_of(current), sides.name),
        f"merge-version:{current.number}",
        f"mine-version:{current.number}",
        is_draft=False,
    )


def _suggestions(sides: Sides, draft: Draft, kept: MappingDraft, person: Any) -> list[SuggestionView]:
    """Those of which neither field has a row and that nobody dismissed."""
    gist, ghl = draft.keys("gist"), draft.keys("ghl")
    free = [one for one in sides.samples.suggestions if one.gist not in gist and one.ghl not in ghl]
    return [_suggestion(sides, one, person) for one in free if list(one.pair) not in kept.dismissed]


def _suggestion(sides: Sides, one: Suggestion, person: Any) -> SuggestionView:
    gist, ghl = sides.resolve("gist", one.gist), sides.resolve("ghl", one.ghl)
    return SuggestionView(
        one,
        sides.name("gist", one.gist),
        sides.name("ghl", one.ghl),
        gist.type if gist else "",
        ghl.type if ghl else "",
        person.values("gist").get(one.gist) if person else None,
        person.values("ghl").get(one.ghl) if person else None,
    )


def publish_context(link: Link, sides: Sides, effect: Any) -> dict[str, Any]:
    """The page that publishes the draft as it is kept: what changes, what cannot work, whom it concerns."""
    kept, current = draft_now(link), current_version(link)
    lines = compare_rows(rows_of(_version(link, kept.read)), kept.rows, sides.name)
    problems = check_rows(kept.rows, sides.gist, sides.ghl)
    return {
        "link": link,
        "kept": kept,
        "version": current,
        "is_behind": bool(current and current.number != kept.read),
        "number": current.number + 1 if current else 1,
        "lines": lines,
        "problems": problems,
        "may_publish": bool(kept.rows and lines and not problems),
        "missing": find_missing(kept.rows, link.direction),
        "name": suggest_name(lines) if current else "The first rows",
        "effect": effect,
    }


def mapping_versions_context(link: Link, query: QueryDict) -> dict[str, Any]:
    found = list(link.mapping_versions.select_related("created_by").prefetch_related("rows"))
    older, newer = chosen_versions(query, found)
    rows = [
        VersionRow(
            version,
            size=len(version.rows.all()),
            in_use=version is found[0],
            restore_href=reverse("mapping_restore", args=[link.key, version.number]),
            name=version.name,
        )
        for version in found
    ]
    lines = [*compare_rows(rows_of(older), rows_of(newer), known_sides(link).name), *compare_carried(older, newer)]
    return {"link": link, **versions_context(rows, older, newer, lines, "Rows")}
