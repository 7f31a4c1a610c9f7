"""The names of the glossary: what stands in the database stays, under names that say what it is."""

from typing import Any

from django.db import migrations, models

SIDES = ("gist", "ghl")
CURSORS = {"around_task": "related_task", "around_appointment": "related_appointment"}


def _rename_keys(values: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in values.items()}


def rename_keys(apps: Any, schema_editor: Any, names: dict[str, str] = CURSORS) -> None:
    """How far a link's tasks and appointments were read, also of a run under way."""
    for link in apps.get_model("integration", "Link").objects.exclude(cursors={}).iterator():
        link.cursors = _rename_keys(link.cursors, names)
        link.save(update_fields=["cursors"])
    for run in apps.get_model("integration", "Run").objects.filter(finished_at=None).iterator():
        if "marks" in run.checkpoint:
            run.checkpoint["marks"] = _rename_keys(run.checkpoint["marks"], names)
            run.save(update_fields=["checkpoint"])


def split_marks(apps: Any, schema_editor: Any) -> None:
    """The newest change that a run under way has read stood among its marks, as `seen_<side>`."""
    for run in apps.get_model("integration", "Run").objects.filter(finished_at=None).iterator():
        marks = run.checkpoint.get("marks", {})
        run.checkpoint["newest"] = {side: marks.pop(f"seen_{side}") for side in SIDES if f"seen_{side}" in marks}
        run.save(update_fields=["checkpoint"])


def rename_keys_back(apps: Any, schema_editor: Any) -> None:
    rename_keys(apps, schema_editor, {new: old for old, new in CURSORS.items()})


class Migration(migrations.Migration):
    dependencies = [("integration", "0003_workflows")]

    operations = [
        # A condition names its fields by hand, so its index goes before they are renamed and comes back after.
        migrations.RemoveIndex("snapshot", "snapshot_undecided"),
        migrations.RenameField("snapshot", "fresh", "undecided"),
        migrations.RenameField("snapshot", "intent", "create_sent"),
        migrations.RenameField("snapshot", "sent", "unconfirmed_writes"),
        migrations.AddIndex(
            "snapshot",
            models.Index(
                fields=["link", "side", "id"],
                condition=models.Q(undecided__isnull=False),
                name="snapshot_undecided",
            ),
        ),
        migrations.RenameField("execution", "intent", "call_sent"),
        migrations.RenameField("link", "live_rung", "worker_called"),
        migrations.RenameField("link", "settle_seconds", "merge_seconds"),
        migrations.RemoveIndex("hint", "hints_due"),
        migrations.RemoveConstraint("hint", "one_hint_per_record"),
        migrations.RenameModel("Hint", "PendingRead"),
        migrations.RenameField("pendingread", "born", "reported_created"),
        migrations.RenameField("pendingread", "events", "event_count"),
        migrations.RenameField("pendingread", "taken_run", "claimed_by_run"),
        migrations.AlterField(
            "pendingread",
            "link",
            models.ForeignKey(
                on_delete=models.deletion.CASCADE, related_name="pending_reads", to="integration.link"
            ),
        ),
        migrations.AddIndex("pendingread", models.Index(fields=["link", "due_at"], name="pending_reads_due")),
        migrations.AddConstraint(
            "pendingread",
            models.UniqueConstraint(
                fields=("link", "kind", "side", "external_id"), name="one_pending_read_per_record"
            ),
        ),
        migrations.RunPython(rename_keys, rename_keys_back),
        migrations.RunPython(split_marks, migrations.RunPython.noop),
    ]
