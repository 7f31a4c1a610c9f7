"""What a person does and Gistline accepts is carried out, whatever runs or fails meanwhile, and stands on record."""

import pytest
from django_q.models import OrmQ

from integration.errors import SetupError
from integration.models import Connection, Link, LogEntry, Pair, PendingRead, Question, Run
from integration.people import answers, pair_commands
from integration.people.answers import answer_question, dismiss_question
from integration.people.find import find_by_id
from integration.people.timeline import read_timeline
from integration.runs import write
from integration.runs.control import cancel_run
from integration.runs.recover import process_name, recover_lost_runs
from integration.runs.start import retry_entry, start_run
from integration.webhooks.backlog import call_missed_workers
from integration.webhooks.process import process_link
from tests.world import finish, sync


def names(world):
    return sorted(f"{one['firstName']} {one.get('lastName') or ''}".strip() for one in world.everyone("ghl"))


def rename(world, ann, *, gist="", ghl=""):
    person = ann.known
    if gist:
        world.gist("POST", "/contacts", json={"id": person.gist_id, "email": "ann@example.test", "name": gist})
    if ghl:
        world.ghl("PUT", f"/contacts/{person.ghl_id}", json={"firstName": ghl, "lastName": "Lee"})


@pytest.fixture
def conflict(ann, world):
    """Ann was renamed on both sides, and the link asks."""
    Link.objects.update(conflict="ask")
    rename(world, ann, gist="Anna Lee", ghl="Annie")
    sync(ann.link)
    return Question.objects.get()


def entries_of(person):
    return [event.entry for event in read_timeline(person).events if event.entry]


def assert_carried_out(world, conflict, name="Anna Lee"):
    conflict.refresh_from_db()
    assert conflict.closed_at
    assert names(world) == [name]
    assert world.everyone("gist")[0]["name"] == name
    assert not PendingRead.objects.exists()


def assert_counts_have_entries(run):
    run.refresh_from_db()
    assert run.entries.filter(kind="contact", execution=None).count() + run.quiet == run.examined


# Answers -------------------------------------------------------------------------------------------------


def test_an_answer_is_on_the_timeline_with_who_gave_it_and_so_is_what_came_of_it(world, ann, conflict, operator):
    answer_question(conflict, "gist", operator)
    run = finish(Run.objects.first())
    assert_carried_out(world, conflict)
    done, answer = entries_of(ann.known)[:2]
    assert (answer.reason, answer.run.started_by) == ("answered", operator)
    assert answer.message == f"{operator} decided: Gist's “Anna Lee” stands in name, not GHL's “Annie Lee”."
    assert (done.run, done.outcome, run.updated) == (run, "updated", 1)
    assert_counts_have_entries(run)


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_an_answer_given_while_another_run_is_active_is_carried_out_by_that_run(world, ann, conflict, operator, kind):
    run = start_run(ann.link, kind)
    answer_question(conflict, "gist", operator)
    finish(run)
    assert_carried_out(world, conflict)
    assert run.entries.get().reason == "changed"
    assert_counts_have_entries(run)


def test_an_answer_given_while_a_plan_is_made_is_carried_out_after_it(world, ann, conflict, operator):
    plan = start_run(ann.link, dry_run=True)
    answer_question(conflict, "gist", operator)
    finish(plan)
    assert names(world) == ["Annie Lee"]
    process_link(ann.link.pk, process_name(), 10)
    assert_carried_out(world, conflict)


def test_an_answer_given_to_a_run_that_is_cancelled_is_carried_out_after_it(world, ann, conflict, operator):
    run = start_run(ann.link)
    answer_question(conflict, "gist", operator)
    cancel_run(run)
    OrmQ.objects.all().delete()
    # The watchdog finds what nobody was called for.
    Link.objects.update(worker_called=False)
    assert call_missed_workers() == 1
    process_link(ann.link.pk, process_name(), 10)
    assert_carried_out(world, conflict)


def test_an_answer_right_before_the_process_is_killed_is_carried_out(world, ann, conflict, operator, monkeypatch):
    def dies(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(answers, "sync_person", dies)
        with pytest.raises(KeyboardInterrupt):
            answer_question(conflict, "gist", operator)
    assert call_missed_workers() == 1
    process_link(ann.link.pk, process_name(), 10)
    assert_carried_out(world, conflict)


def test_an_answer_that_cannot_be_carried_out_now_is_refused_and_not_remembered(ann, conflict, operator):
    Connection.objects.filter(pk=ann.link.gist_id).update(status="reconnect", credentials={"access_token": "wrong"})
    conflict.refresh_from_db()
    with pytest.raises(SetupError, match="needs a new login"):
        answer_question(conflict, "gist", operator)
    conflict.refresh_from_db()
    assert (conflict.answer, conflict.answered_at) == ("", None)
    assert not LogEntry.objects.filter(reason="answered").exists()


def test_of_two_people_who_answer_at_once_the_second_is_told(ann, conflict, operator, owner):
    same = Question.objects.get(pk=conflict.pk)
    answer_question(conflict, "gist", operator)
    with pytest.raises(SetupError, match="settled already"):
        answer_question(same, "ghl", owner)


def test_leaving_things_as_they_are_is_on_the_timeline_too(ann, conflict, operator):
    dismiss_question(conflict, operator)
    assert entries_of(ann.known)[0].message == f"{operator} decided: leave things as they are."


@pytest.fixture
def match(world, link):
    world.gist_contact(user_id="u1", name="Ann Lee", phone="+14155552671")
    world.gist_contact(user_id="u2", name="Ann L", phone="+14155552671")
    world.ghl_contact(firstName="Ann", lastName="Lee", phone="+14155552671")
    sync(link)
    return Question.objects.get(side="ghl", label="Ann Lee")


@pytest.mark.parametrize("busy", [False, True])
def test_somebody_new_has_an_entry_for_the_answer_and_one_for_the_new_contact(world, link, match, operator, busy):
    run = start_run(link, "incremental") if busy else None
    answer_question(match, "new", operator)
    run = finish(run or Run.objects.first())
    assert len(world.everyone("gist")) == 3
    entries = entries_of(find_by_id(link, "ghl", match.external_id))
    assert [(one.reason, one.outcome) for one in entries[:2]] == [("new_contact", "created"), ("answered", "updated")]
    assert entries[1].message == f"{operator} decided: nobody in Gist is this person."
    assert_counts_have_entries(run)


@pytest.mark.parametrize("busy", [False, True])
def test_the_same_person_is_compared_at_once_and_both_are_on_the_timeline(world, link, match, operator, busy):
    run = start_run(link, "incremental") if busy else None
    answer_question(match, match.options[0]["id"], operator)
    run = finish(run or Run.objects.first())
    person = find_by_id(link, "ghl", match.external_id)
    assert person.pair
    done, answer = entries_of(person)[:2]
    chosen = match.options[0]
    assert answer.message == f"{operator} decided: {chosen['label']} ({chosen['id']}) in Gist is the same person."
    assert answer.changes.get().action == "pair"
    assert done.run == run
    assert_counts_have_entries(run)


# On the contact page -------------------------------------------------------------------------------------


def test_a_sync_of_one_person_that_changes_nothing_is_on_the_timeline_too(ann, operator):
    run = finish(pair_commands.sync_now(ann.known, operator))
    assert (run.unchanged, run.entries.get().outcome) == (1, "unchanged")
    assert_counts_have_entries(run)


def test_a_sync_asked_for_while_another_run_is_active_is_done_by_that_run(ann, operator):
    run = start_run(ann.link, "incremental")
    assert pair_commands.sync_now(ann.known, operator) == run
    finish(run)
    assert run.entries.get().outcome == "unchanged"
    assert_counts_have_entries(run)


@pytest.mark.parametrize(("side", "name"), [("gist", "Ann Gist"), ("ghl", "Anna Lee")])
def test_use_this_value_while_another_run_is_active_is_done_by_that_run(world, ann, operator, side, name):
    rename(world, ann, gist="Ann Gist", ghl="Anna")
    run = start_run(ann.link, "incremental")
    pair_commands.pull_from(ann.known, side, operator)
    finish(run)
    assert names(world) == [name]
    assert world.everyone("gist")[0]["name"] == name


def test_a_retry_while_another_run_is_active_is_done_by_that_run(world, link, operator):
    wrong = world.gist_contact(email="not an address", name="Wrong")
    entry = sync(link).entries.get(outcome="failed")
    run = start_run(link, "incremental")
    world.gist("POST", "/contacts", json={"id": wrong["id"], "email": "right@example.test"})
    assert retry_entry(entry, operator) == run
    finish(run)
    assert world.emails("ghl") == ["right@example.test"]
    entry.refresh_from_db()
    assert entry.resolved_at


def test_a_retry_that_fails_again_while_another_run_is_active_says_so(world, link, operator):
    world.gist_contact(email="not an address", name="Wrong")
    entry = sync(link).entries.get(outcome="failed")
    link.refresh_from_db()
    run = start_run(link, "incremental")
    retry_entry(entry, operator)
    finish(run)
    again = run.entries.get()
    assert (again.outcome, again.parent, again.attempt) == ("failed", entry, 2)
    assert_counts_have_entries(run)


def test_someone_released_is_synced_at_once(world, ann, operator):
    pair_commands.hold_person(ann.known, operator)
    rename(world, ann, ghl="Anna")
    pair_commands.release_person(ann.known, operator)
    process_link(ann.link.pk, process_name(), 10)
    assert world.everyone("gist")[0]["name"] == "Anna Lee"


@pytest.mark.parametrize("command", [pair_commands.hold_person, pair_commands.unlink_records])
def test_a_hold_or_an_unlinking_counts_for_a_run_that_decided_before(world, ann, operator, monkeypatch, command):
    rename(world, ann, ghl="Anna")
    real = write.note_unconfirmed_writes

    def meanwhile(rules, entries):
        command(ann.known, operator)
        real(rules, entries)

    with monkeypatch.context() as patch:
        patch.setattr(write, "note_unconfirmed_writes", meanwhile)
        run = sync(ann.link, "incremental")
    assert world.everyone("gist")[0]["name"] == "Ann Lee"
    assert run.updated == 0
    sync(ann.link)
    assert world.everyone("gist")[0]["name"] == "Ann Lee"


@pytest.mark.parametrize("busy", [False, True])
def test_two_records_that_a_person_links_are_compared_whatever_runs(world, link, operator, busy):
    Link.objects.update(mode="watch")
    bea = world.gist_contact(email="bea@example.test", name="Bea")
    other = world.ghl_contact(email="beatrice@example.test", firstName="Beatrice")
    sync(link)
    Link.objects.update(mode="live")
    link.refresh_from_db()
    run = start_run(link, "incremental") if busy else None
    pair_commands.join_records(find_by_id(link, "gist", str(bea["id"])), "gist", other["id"], operator)
    finish(run or Run.objects.get(kind="single", trigger="person"))
    assert Pair.objects.get().synced_at
    assert world.emails("gist") == world.emails("ghl")


def test_a_run_whose_job_could_not_be_queued_is_accepted_and_taken_up_later(
    world, ann, operator, settings, monkeypatch, django_capture_on_commit_callbacks
):
    """The broker is away: what was asked for stands in the database, and the watchdog gives it back to the queue."""

    def away(*args, **options):
        raise ConnectionError("the broker is away")

    rename(world, ann, ghl="Anna")
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://away"
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr("integration.queue.async_task", away)
        run = pair_commands.sync_now(ann.known, operator)
    assert run.status == "queued"
    settings.REDIS_URL = there
    Run.objects.filter(pk=run.pk).update(created_at="2020-01-01T00:00:00Z")
    assert recover_lost_runs() == 1
    finish(run)
    assert world.everyone("gist")[0]["name"] == "Anna Lee"


def test_a_run_whose_worker_was_killed_can_be_cancelled_at_once(ann):
    run = start_run(ann.link)
    host = process_name().partition(":")[0]
    ann.link.take_lease(f"{host}:99999999:1", 600)
    cancel_run(run)
    run.refresh_from_db()
    assert run.status == "cancelled"
