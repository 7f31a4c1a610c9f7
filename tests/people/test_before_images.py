"""What a person deletes on the contact page is kept whole: fields that nobody maps, too."""

import pytest

from integration.models import Change
from integration.people import commands, pair_commands


def test_a_contact_deleted_on_its_page_is_kept_whole(world, ann, operator):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"city": "Graz"})
    pair_commands.delete_on_side(ann.known, "ghl", "ann@example.test", operator)
    change = Change.objects.get(action="delete")
    assert (change.state, change.side, change.external_id, change.rule) == ("applied", "ghl", ann.ghl_id, "person")
    assert (change.before["city"], change.before["email"], change.after) == ("Graz", "ann@example.test", None)


def test_somebody_who_is_gone_already_is_no_deletion_of_ours(world, ann, operator):
    world.ghl("DELETE", f"/contacts/{ann.ghl_id}")
    entry = pair_commands.delete_on_side(ann.known, "ghl", "ann@example.test", operator)
    assert Change.objects.get(action="delete").state == "excluded"
    assert "deleted already" in entry.message


@pytest.mark.parametrize(
    ("kind", "make", "field", "value"),
    [
        ("task", lambda ann: ann.task("Call Ann", body="About the roof"), "body", "About the roof"),
        ("note", lambda ann: ann.note("Prefers mornings"), "body", "Prefers mornings"),
    ],
)
def test_a_deleted_task_or_note_is_kept_whole(ann, operator, kind, make, field, value):
    made = make(ann)
    commands.delete_record(ann.known, kind, made, operator)
    change = Change.objects.get(action="delete")
    assert (change.kind, change.external_id, change.state, change.before[field]) == (kind, made, "applied", value)


def test_unlinking_and_linking_are_changes_too(ann, operator):
    pair_commands.unlink_records(ann.known, operator)
    change = Change.objects.get(action="unpair")
    assert (change.before["ghl"], change.after, change.state) == (ann.ghl_id, None, "applied")
