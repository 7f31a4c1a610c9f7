"""What a workflow changed itself: read back, it is news for every other workflow, and none for this one."""

from collections.abc import Iterable, Mapping
from typing import Any

from integration.models import Change, ChangeState, Run, Workflow
from integration.values import fold_text, member_key, same_as_written, split_members

# Writing one of these changes the others too.
NAMES = ("name", "firstName", "lastName", "first_name", "last_name")


# One field of a change: `{"side", "field", "before", "after"}`.
Row = Mapping[str, Any]


def own_changes(workflow: Workflow, side: str, contact_id: str, since_run: int) -> list[Row]:
    """What it wrote on a contact since the run that decided the contact last."""
    # Since the run that decided this contact last: changes of before were already compared with then, and setting the
    # same tag again by hand later must count as news.
    if Run.objects.filter(pk=since_run, dry_run=True).exists():
        since_run = 0  # A plan decides nothing: what was written before it has not been read back yet.
    of_person = {f"entry__{side}_id": contact_id}
    written = Change.objects.filter(entry__execution__workflow=workflow, run__gte=since_run, side=side, **of_person)
    return [row for change in written.filter(state=ChangeState.APPLIED) for row in change.rows]


def without_own_changes(
    mine: Iterable[Row], key: str, facts: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """The facts of what happened, without what it did itself; empty when nothing is left."""
    mine = list(mine)
    if key.endswith(("tag_added", "tag_removed")):
        tag = member_key(str(facts["tag"]))
        return {} if any(tag in _tags_touched(change) for change in mine) else dict(facts)
    if key.endswith("contact_changed"):
        fields = [field for field in facts["fields"] if not any(_change_explains(one, field, after) for one in mine)]
        return {**facts, "fields": fields} if fields else {}
    return dict(facts)


def _tags_touched(change: Row) -> set[str]:
    """Tags added or taken off, as they are compared."""
    return (
        split_members(change["after"]).keys() ^ split_members(change["before"]).keys()
        if change["field"] == "tags"
        else set()
    )


def _change_explains(change: Row, field: str, after: Mapping[str, Any]) -> bool:
    if change["field"] == field:
        return same_as_written(after.get(field), change["after"])
    # Both systems make the full name from its parts or the other way round, so the workflow's own first name comes back
    # as a changed full name (docs/ghl-api.md#field-semantics, docs/gist-api.md#contacts).
    wrote, reads = fold_text(change["after"]), fold_text(after.get(field))
    return field in NAMES and change["field"] in NAMES and (wrote in reads or reads in wrote)
