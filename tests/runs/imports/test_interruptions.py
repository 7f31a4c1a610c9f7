"""An import that is stopped anywhere goes on there: every create exactly once, and every write on record."""

import pytest

from integration.errors import SetupError
from integration.models import Change, Pair, RejectedRow, Run
from integration.runs.control import cancel_run, confirm_run, pause_run, resume_run
from integration.runs.imports import checking, phases
from integration.runs.imports.order import accounts_of, read_order, rules_of
from integration.runs.imports.start import start_import
from integration.runs.recover import process_name
from integration.runs.work import work_one_slice
from tests.world import finish, sync

pytestmark = pytest.mark.django_db

EVERYONE = [f"p{number}@example.test" for number in range(9)]
FILE = "E-mail,Name,Note\n" + "".join(f"{email},Person {email[1]},Hello\n" for email in EVERYONE)


class Killed(BaseException):
    """Nothing of what was under way comes to its end, as after `kill -9`."""


@pytest.fixture
def killed_while_recording(bring, monkeypatch):
    """An import whose process dies when what it wrote is about to be put on record."""
    monkeypatch.setattr(phases, "PORTION", 4)
    run = start_import(bring(FILE))
    real, times = phases._record, []

    def die(*arguments):
        times.append(1)
        if len(times) == 4:
            raise Killed
        real(*arguments)

    monkeypatch.setattr(phases, "_record", die)
    with pytest.raises(Killed):
        work_one_slice(run.pk, process_name(), 20)
    monkeypatch.setattr(phases, "_record", real)
    return Run.objects.get(pk=run.pk)


def test_what_was_made_before_a_kill_is_found_and_not_made_again(killed_while_recording, figures, world, link):
    assert (killed_while_recording.examined, len(world.everyone("ghl"))) == (4, 8)
    run = finish(killed_while_recording)
    assert (figures(run), run.status) == ({"created": 9}, "succeeded")
    assert world.emails("gist") == world.emails("ghl") == EVERYONE
    assert Pair.objects.filter(link=link, state="linked").count() == 9


def test_what_was_written_before_a_kill_is_on_record(killed_while_recording, world):
    run = finish(killed_while_recording)
    made = Change.objects.filter(run=run, state="applied")
    assert {kind: made.filter(kind=kind).count() for kind in ("contact", "note")} == {"contact": 18, "note": 9}
    assert run.entries.filter(reason="recovered").count() == 4
    notes = [world.ghl("GET", f"/contacts/{one['id']}/notes")["notes"] for one in world.everyone("ghl")]
    assert [len(one) for one in notes] == [1] * 9


def test_after_a_kill_the_next_sync_changes_nothing(killed_while_recording, figures, link):
    finish(killed_while_recording)
    assert figures(sync(link)) == {"unchanged": 9}


def test_an_update_that_arrived_before_a_kill_is_on_record_with_what_stood_there(bring, figures, world, monkeypatch):
    world.ghl_contact(email=EVERYONE[0], city="Old")
    run = start_import(bring(f"E-mail,City\n{EVERYONE[0]},New\n", target="ghl"))
    real = phases.record_people

    def die(context, order, people):
        if people:
            raise Killed

    monkeypatch.setattr(phases, "record_people", die)
    with pytest.raises(Killed):
        work_one_slice(run.pk, process_name(), 20)
    monkeypatch.setattr(phases, "record_people", real)
    run = finish(run)
    (change,) = Change.objects.filter(run=run)
    assert (figures(run), change.before, change.after, change.state) == ({"updated": 1}, "Old", "New", "applied")


def test_a_check_that_is_stopped_goes_on_where_it_stopped(bring, link, monkeypatch):
    monkeypatch.setattr(checking, "PORTION", 2)
    file = bring(FILE + f"{EVERYONE[0]},again,\n")
    accounts = accounts_of(link)

    def check_a_portion():
        return checking.check_some(read_order(file, rules_of(link, accounts), accounts), lambda: True)

    assert [check_a_portion() for _ in range(6)] == [False] * 5 + [True]
    assert file.check_result == {"rows": 10, "ok": 9, "by_reason": {"double": 1}}


def test_a_cancelled_import_keeps_what_it_did(bring, world, monkeypatch):
    monkeypatch.setattr(phases, "PORTION", 4)
    monkeypatch.setattr("integration.runs.context.SIGN_OF_LIFE_SECONDS", 0)
    run = start_import(bring(FILE))
    real = phases._record

    def cancel_after(*arguments):
        real(*arguments)
        Run.objects.filter(pk=run.pk).update(cancel_requested=bool(world.everyone("ghl")))

    monkeypatch.setattr(phases, "_record", cancel_after)
    run = finish(run)
    assert (run.status, run.created, len(world.everyone("ghl"))) == ("cancelled", 4, 4)


def test_a_paused_import_rests_and_goes_on_where_it_was(bring, figures, world, owner, monkeypatch):
    monkeypatch.setattr(phases, "PORTION", 4)
    monkeypatch.setattr("integration.runs.context.SIGN_OF_LIFE_SECONDS", 0)
    run = start_import(bring(FILE))
    real = phases._record

    def pause_after(*arguments):
        real(*arguments)
        if len(world.everyone("ghl")) == 4:
            pause_run(run, owner)

    monkeypatch.setattr(phases, "_record", pause_after)
    ended = [work_one_slice(run.pk, process_name(), 20) for _ in range(3)]
    run.refresh_from_db()
    assert (ended, run.status, run.is_paused, len(world.everyone("ghl"))) == ([False] * 3, "paused", True, 4)
    assert run.target.paused_by == str(owner)
    monkeypatch.setattr(phases, "_record", real)
    resume_run(run)
    assert (figures(finish(run)), world.emails("ghl")) == ({"created": 9}, EVERYONE)
    assert (run.error_code, run.error) == ("", "")


def test_only_what_is_under_way_can_be_paused_and_only_what_rests_resumed(bring):
    run = start_import(bring(FILE))
    with pytest.raises(SetupError, match="is not paused"):
        resume_run(run)
    pause_run(run)
    with pytest.raises(SetupError, match="nothing was paused"):
        pause_run(run)
    cancel_run(run)
    run.refresh_from_db()
    assert (run.status, run.examined) == ("cancelled", 0)


def test_a_waiting_import_is_cancelled_at_once(bring):
    run = start_import(bring(FILE))
    cancel_run(run)
    run.refresh_from_db()
    assert (run.status, run.examined) == ("cancelled", 0)


def test_over_the_cap_of_the_link_a_person_confirms_first(bring, figures, world, link):
    link.change_cap = 3
    link.save()
    run = start_import(bring(FILE))
    work_one_slice(run.pk, process_name(), 20)
    run.refresh_from_db()
    assert (run.status, run.error_code, len(world.everyone("ghl"))) == ("paused", "change_cap", 3)
    confirm_run(run)
    assert figures(finish(run)) == {"created": 9}


def test_what_the_api_fails_at_is_on_record_beside_what_was_written(bring, figures, world, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    world.fault({"side": "ghl", "kind": "500", "method": "POST", "path": "/notes$", "rate": 1})
    run = finish(start_import(bring(FILE)))
    assert (run.status, figures(run), world.emails("ghl")) == ("partial", {"failed": 9}, EVERYONE)
    assert set(RejectedRow.objects.filter(run=run).values_list("reason", flat=True)) == {"server_fault"}
    changes = Change.objects.filter(run=run)
    assert (changes.filter(state="applied").count(), changes.filter(kind="note", state="failed").count()) == (18, 9)
