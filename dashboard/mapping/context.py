"""What the mapping editor and the list of its versions need beside the link."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from dashboard.mapping.carried import compare_carried
from dashboard.mapping.drafts import Draft, compare_versions
from dashboard.mapping.editor import OWNERS, Sides, field_choices, row_views, try_steps
from dashboard.versions import NewerVersion, VersionRow, chosen_versions, versions_context
from integration.mapping.transforms import TRANSFORMS, Context
from integration.mapping.versions import RowInput, as_input, current_version
from integration.models import Link, MappingVersion


def editor_context(
    link: Link, sides: Sides, draft: Draft, form: QueryDict, problems: Mapping[int, list[str]], refusal: str
) -> dict[str, Any]:
    """`problems` are sentences by the `rid` of the row; `refusal` is why the draft was not saved:
    "rows" that cannot work, "empty", a "newer" version; "" when nobody asked to save it.

    A draft is compared with the version that it was made from. `newer` is what somebody else saved since then.
    """
    new_gist, new_ghl = form.get("new-gist", ""), form.get("new-ghl", "")
    # Two picked fields have just become a row: both lists begin anew.
    both_new = bool(new_gist and new_ghl)
    current = current_version(link)
    newer = _newer_version(link, draft, current)
    version = newer.opened if newer else current
    rows = row_views(draft, sides, problems)
    chosen = next((row for row in rows if row.draft.rid == draft.chosen), None)
    return {
        "link": link,
        "sides": sides,
        "rows": rows,
        "chosen": chosen,
        "trials": try_steps(chosen, _step_context(link, sides)) if chosen else [],
        "version": version,
        "read": draft.read,
        "newer": newer,
        "changes": compare_versions(_inputs_of(version), draft.inputs()),
        "next_number": current.number + 1 if current else 1,
        "new_gist": new_gist if not both_new else "",
        "new_ghl": new_ghl if not both_new else "",
        "gist_choices": field_choices(sides, "gist", sides.resolve("ghl", new_ghl)),
        "ghl_choices": field_choices(sides, "ghl", sides.resolve("gist", new_gist)),
        "owners": OWNERS,
        "transforms": TRANSFORMS.values(),
        "refusal": refusal,
    }


def _step_context(link: Link, sides: Sides) -> Context:
    return Context(link.phone_country, link.zone, sides.ghl_sample.values if sides.ghl_sample else {})


def _newer_version(link: Link, draft: Draft, current: MappingVersion | None) -> NewerVersion | None:
    if current is None or current.number == draft.read:
        return None
    opened = link.mapping_versions.filter(number=draft.read).first()
    return NewerVersion(current, draft.read, opened, compare_versions(_inputs_of(opened), _inputs_of(current)))


def mapping_versions_context(link: Link, query: QueryDict) -> dict[str, Any]:
    found = list(link.mapping_versions.select_related("created_by").prefetch_related("rows"))
    older, newer = chosen_versions(query, found)
    rows = [
        VersionRow(
            version,
            size=len(version.rows.all()),
            in_use=version is found[0],
            restore_href=reverse("mapping_restore", args=[link.key, version.number]),
            note=version.note,
        )
        for version in found
    ]
    lines = [*compare_versions(_inputs_of(older), _inputs_of(newer)), *compare_carried(older, newer)]
    return {"link": link, **versions_context(rows, older, newer, lines, "Rows")}


def _inputs_of(version: MappingVersion | None) -> list[RowInput]:
    return [as_input(row) for row in version.rows.all()] if version else []
