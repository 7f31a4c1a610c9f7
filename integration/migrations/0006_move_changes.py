"""Old log entries keep what they say: the lists inside them become changes.

They did not know which of several writes had failed, so everything of a failed entry counts as not written.
"""

from collections.abc import Iterator
from typing import Any

from django.db import migrations
from django.db.models import Q

PAGE = 1_000
RECORDS = ("task", "note", "appointment")


def move_changes(apps: Any, schema_editor: Any) -> None:
    entries, changes = (apps.get_model("integration", name) for name in ("LogEntry", "Change"))
    after = 0
    while page := list(_page(entries, after)):
        after = page[-1].pk
        written = [entry for entry in page if entry.noticed and entry.reason != "noticed"]
        changes.objects.bulk_create(
            (changes(**change) for entry in written for change in _changes_of(entry)), batch_size=PAGE
        )
        entries.objects.filter(pk__in=[entry.pk for entry in written]).update(noticed=[])
        entries.objects.filter(pk__in=[entry.pk for entry in page if entry.run.dry_run]).update(planned=True)


def _page(entries: Any, after: int) -> Any:
    return entries.objects.filter(pk__gt=after).order_by("pk").select_related("run").defer("calls")[:PAGE]


def _changes_of(entry: Any) -> Iterator[dict[str, Any]]:
    state = _state_of(entry)
    fixed = {
        "link_id": entry.link_id,
        "run_id": entry.run_id,
        "entry_id": entry.pk,
        "kind": entry.kind if entry.kind in RECORDS else "contact",
        "state": state,
        "applied_at": entry.created_at if state == "applied" else None,
    }
    is_new = entry.reason == "new_contact" or entry.outcome == "created"
    for side in dict.fromkeys(str(row.get("side") or "") for row in entry.noticed):
        rows = [row for row in entry.noticed if str(row.get("side") or "") == side]
        external_id = entry.external_id if entry.kind in RECORDS else getattr(entry, f"{side}_id", "")
        of_side = fixed | {"side": side, "external_id": external_id[:120]}
        if is_new and all(row.get("before") is None for row in rows):
            values = {str(row.get("field")): row.get("after") for row in rows}
            yield of_side | {"action": "create", "after": values, "rule": _rule_of(entry, "")}
            continue
        for row in rows:
            field = str(row.get("field") or "")[:200]
            values = {"before": row.get("before"), "after": row.get("after")}
            yield of_side | values | {"action": "update", "field": field, "rule": _rule_of(entry, field)}


def _state_of(entry: Any) -> str:
    if entry.run.dry_run:
        return "planned"
    return "applied" if entry.applied and entry.outcome in ("created", "updated") else "failed"


def _rule_of(entry: Any, field: str) -> str:
    if entry.execution_id:
        return f"workflow:{entry.execution.workflow_id}:{entry.step or 0}"
    if entry.run.trigger == "page":
        return "person"
    return (f"mapping:{field}" if field else "mapping")[:120]


def move_back(apps: Any, schema_editor: Any) -> None:
    """As the entries had it; a whole record's fields again one by one."""
    entries, changes = (apps.get_model("integration", name) for name in ("LogEntry", "Change"))
    for entry in entries.objects.filter(pk__in=changes.objects.values("entry")).iterator():
        rows = []
        for change in changes.objects.filter(entry=entry).exclude(action__in=("pair", "unpair")).order_by("pk"):
            fields = {change.field: (change.before, change.after)}
            if not change.field:
                before, after = change.before or {}, change.after or {}
                fields = {name: (before.get(name), after.get(name)) for name in (*before, *after)}
            rows += [{"side": change.side, "field": f, "before": b, "after": a} for f, (b, a) in fields.items()]
        entry.noticed = rows
        entry.save(update_fields=["noticed"])
    changes.objects.all().delete()
    # The version before tells plans and what was only noticed by this; 0007 brings the column back as true.
    unwritten = Q(planned=True) | Q(reason="noticed") | Q(outcome__in=("unchanged", "skipped"), execution__isnull=False)
    entries.objects.filter(unwritten).update(applied=False)


class Migration(migrations.Migration):
    dependencies = [("integration", "0005_change")]

    operations = [migrations.RunPython(move_changes, move_back)]
