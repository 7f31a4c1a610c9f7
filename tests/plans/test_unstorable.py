"""An undo whose record cannot be kept as a whole comes to its end: nobody is taken up again and again."""

import pytest

from integration.models import Change
from integration.plans.start import start_undo
from integration.runs.planned import carry_out_next
from integration.workflows import versions
from tests.sync.hands import edit
from tests.world import finish, sync


@pytest.fixture
def unstorable(monkeypatch):
    """From now on no change of this kind of record can be stored, as a value that the database refuses."""
    store = Change.objects.bulk_create

    def begin(kind):
        def refuse(changes):
            if any(one.kind == kind for one in changes):
                raise ValueError("A string literal cannot contain NUL (0x00) characters.")
            return store(changes)

        monkeypatch.setattr(Change.objects, "bulk_create", refuse)

    return begin


@pytest.fixture
def rounds(monkeypatch):
    """Ends the test where a run would go on for ever."""
    begun = []

    def count(context):
        begun.append(context.run.pk)
        assert len(begun) < 10, "the undo does not come to its end"
        return carry_out_next(context)

    monkeypatch.setattr("integration.runs.phases.carry_out_next", count)
    return begun


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_contact_whose_changes_cannot_be_kept_is_taken_up_once(world, link, pair, unstorable, rounds, dry_run):
    edit(world, pair, gist={"name": "Anna Lee"})
    written = sync(link)
    unstorable("contact")
    run = finish(start_undo(link, {"run": written.pk}, dry_run=dry_run))
    assert (run.status, run.failed, run.entries.count()) == ("partial", 1, 1)
    assert world.everyone("ghl")[0]["firstName"] == ("Anna" if dry_run else "Ann")


def test_a_task_whose_changes_cannot_be_kept_stops_nobody_else(world, link, pair, unstorable, rounds):
    does = [{"do": "task.create", "values": {"title": "Call"}}]
    on = [{"on": "gist.contact_changed"}]
    versions.create_workflow(link, "keep_in_step", definition={"triggers": on, "actions": does}, enabled=True)
    edit(world, pair, gist={"name": "Anna Lee"})
    written = sync(link, "incremental")
    unstorable("task")
    run = finish(start_undo(link, {"run": written.pk}))
    assert (run.status, run.entries.filter(kind="task", outcome="failed").count()) == ("partial", 1)
    assert world.everyone("ghl")[0]["firstName"] == "Ann"
    assert len(rounds) == 2  # The second one finds nobody left.
