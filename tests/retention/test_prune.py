"""What is older than it is to be kept goes, in batches, and nothing else does."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django_q.models import Task

from integration.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    Change,
    Execution,
    InboxEvent,
    LogEntry,
    Pause,
    Problem,
    Question,
    Retention,
    Run,
)
from integration.retention import kinds, prune
from integration.retention.prune import days_of, prune_due, set_days
from tests.world import sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def synced(world, link):
    for name in ("Ann", "Bea", "Cleo"):
        world.gist_contact(email=f"{name}@example.test".lower(), name=name)
    sync(link)
    assert LogEntry.objects.count() == Change.objects.count() == 3
    # What is kept of calls goes long before the rest.
    Retention.objects.create(kind="calls", days=None)
    return link


def make_old(rows, days, moment="created_at"):
    rows.update(**{moment: timezone.now() - timedelta(days=days)})


def test_old_entries_go_with_their_changes_and_then_their_run(synced):
    make_old(LogEntry.objects, 400)
    make_old(Run.objects, 400)
    young = sync(synced)
    assert prune_due() == 4
    assert not LogEntry.objects.exists()
    assert not Change.objects.exists()
    assert list(Run.objects.all()) == [young]


def test_what_is_young_stays(synced):
    make_old(LogEntry.objects, 364)
    make_old(Run.objects, 400)
    assert prune_due() == 0
    assert (LogEntry.objects.count(), Run.objects.count()) == (3, 1)


def test_what_still_has_to_be_mended_stays_however_old(synced):
    first, second, _ = LogEntry.objects.order_by("pk")
    LogEntry.objects.filter(pk=first.pk).update(outcome="failed")
    problem = Problem.objects.create(link=synced, cause="x")
    LogEntry.objects.filter(pk=second.pk).update(problem=problem)
    make_old(LogEntry.objects, 400)
    make_old(Run.objects, 400)
    assert prune_due() == 1
    assert set(LogEntry.objects.values_list("pk", flat=True)) == {first.pk, second.pk}
    assert Run.objects.count() == 1


def test_entries_of_a_run_under_way_stay(synced):
    make_old(LogEntry.objects, 400)
    Run.objects.update(status="running")
    assert prune_due() == 0


def test_more_than_a_batch_goes_too(synced, monkeypatch):
    monkeypatch.setattr(kinds, "BATCH", 1)
    make_old(LogEntry.objects, 400)
    make_old(Run.objects, 400)
    assert prune_due() == 4


def test_a_day_that_takes_long_goes_on_where_it_was_and_counts_all_its_rows(synced, monkeypatch):
    monkeypatch.setattr(kinds, "BATCH", 1)
    LogEntry.objects.filter(pk=LogEntry.objects.earliest("pk").pk).update(outcome="failed")
    make_old(LogEntry.objects, 400)
    seen, window = [], kinds._window
    monkeypatch.setattr(kinds, "_window", lambda *given: seen.append(given[-1]) or window(*given))
    row = Retention.objects.create(kind="log", days=365)
    for _ in range(4):
        row.refresh_from_db()
        prune._prune(kinds.KINDS["log"], row, ends_at=0)
    # What stays is looked at once and not again each minute.
    assert seen == sorted(set(seen))
    row.refresh_from_db()
    assert (row.pruned_rows, row.pruned_at is not None) == (2, True)


def test_calls_go_before_their_entries(synced):
    set_days({"calls": 30})
    make_old(LogEntry.objects, 31)
    assert any(entry.calls for entry in LogEntry.objects.all())
    prune_due()
    assert [entry.calls for entry in LogEntry.objects.all()] == [[], [], []]


def test_it_is_done_once_a_day_and_goes_on_where_it_was(synced):
    set_days({"calls": 30})
    make_old(LogEntry.objects, 31)
    prune_due()
    assert Retention.objects.get(kind="calls").pruned_to == LogEntry.objects.latest("pk").pk
    make_old(LogEntry.objects, 400)
    assert prune_due() == 0
    make_old(Retention.objects, 2, "pruned_at")
    make_old(Run.objects, 1)
    assert prune_due() == 3


def test_old_webhooks_go_and_waiting_ones_stay(gist):
    for state in ("done", "waiting", "refused"):
        InboxEvent.objects.create(provider="gist", connection=gist, body=b"{}", state=state)
    make_old(InboxEvent.objects, 31, "received_at")
    assert prune_due() == 2
    assert InboxEvent.objects.get().state == "waiting"


def test_alerts_that_are_over_go_with_their_messages_and_others_stay(link):
    channel = AlertChannel.objects.create(kind="webhook", name="Hook")
    for subject, state in (("gone", "over"), ("ended_late", "over"), ("holds", "open"), ("message_waits", "over")):
        alert = Alert.objects.create(event="login", subject=subject, since=timezone.now(), state=state)
        AlertDelivery.objects.create(alert=alert, channel=channel, state="waiting" if "waits" in subject else "sent")
    Alert.objects.create(event="digest", subject="day", since=timezone.now(), state="over")
    make_old(Alert.objects, 91, "opened_at")
    make_old(Alert.objects.filter(subject__in=("gone", "message_waits")), 91, "ended_at")
    make_old(Alert.objects.filter(subject="ended_late"), 1, "ended_at")
    assert prune_due() == 2
    assert set(Alert.objects.values_list("subject", flat=True)) == {"ended_late", "holds", "message_waits"}
    assert AlertDelivery.objects.count() == 3


def test_problems_and_questions_that_are_over_go_and_decisions_stay(synced):
    for cause, state in (("open", "open"), ("ignored", "ignored"), ("over", "resolved"), ("in_the_log", "resolved")):
        Problem.objects.create(link=synced, cause=cause, state=state)
    LogEntry.objects.filter(pk=LogEntry.objects.latest("pk").pk).update(
        problem=Problem.objects.get(cause="in_the_log"), resolved_at=timezone.now()
    )
    make_old(Problem.objects, 400, "first_seen")
    make_old(Problem.objects.filter(state="resolved"), 400, "resolved_at")
    never = Problem.objects.create(link=synced, cause="never_opened", state="resolved")
    make_old(Problem.objects.filter(pk=never.pk), 400, "first_seen")
    make_old(Problem.objects.filter(pk=never.pk), 400, "last_seen")
    Pause.objects.create(link=synced, what="kind", key="task")
    Pause.objects.create(link=synced, what="kind", key="note", resumed_at=timezone.now() - timedelta(days=400))
    for kind, about, answer in (("conflict", "decided", "gist"), ("match", "who", "new"), ("match", "not_asked", "")):
        closed = timezone.now() - timedelta(days=400)
        answered = closed if answer else None
        Question.objects.create(
            link=synced, kind=kind, about=about, answer=answer, answered_at=answered, closed_at=closed
        )
    Question.objects.create(link=synced, kind="match", about="open")
    make_old(Question.objects, 400)
    assert prune_due() == 5
    assert set(Problem.objects.values_list("cause", flat=True)) == {"open", "ignored", "in_the_log"}
    assert Pause.objects.get().key == "task"
    assert set(Question.objects.values_list("about", flat=True)) == {"who", "open"}


def test_results_of_jobs_and_sessions_that_are_over_go_too(owner):
    for name, days in (("old", 31), ("young", 1)):
        ended = timezone.now() - timedelta(days=days)
        Task.objects.create(id=name, name=name, func="f", success=False, started=ended, stopped=ended)
    session = SessionStore()
    session.create()
    for key in (session.session_key, "over"):
        UserSession.objects.create(user=owner, session_key=key, ip="127.0.0.1", user_agent="")
    prune_due()
    assert Task.objects.get().name == "young"
    assert UserSession.objects.get().session_key == session.session_key


def test_a_workflow_that_ran_is_known_still_without_what_it_knew(link):
    from integration.workflows import versions

    flow = versions.create_workflow(link, "task_done", enabled=True)
    version = flow.versions.get()
    made = {"link": link, "workflow": flow, "version": version, "trigger": "ghl.task_completed", "facts": {"a": "Ann"}}
    Execution.objects.create(cause="done", state="done", **made)
    Execution.objects.create(cause="failed", state="failed", **made)
    make_old(Execution.objects, 91)
    assert prune_due() == 1
    assert {one.cause: one.facts for one in Execution.objects.all()} == {"done": {}, "failed": {"a": "Ann"}}


def test_what_is_kept_for_good_never_goes(synced):
    set_days({"log": None})
    make_old(LogEntry.objects, 4000)
    make_old(Run.objects, 4000)
    prune_due()
    assert LogEntry.objects.count() == 3


def test_an_undo_keeps_what_it_needs(settings, link):
    settings.UNDO_DAYS = 60
    set_days({"log": 30})
    assert days_of("log") == 60


def test_less_time_takes_effect_at_once(synced):
    make_old(LogEntry.objects, 100)
    make_old(Run.objects, 100)
    assert prune_due() == 0
    assert set_days({"log": 90, "webhooks": 30}) == ["Log entries and changes: 1 year → 90 days"]
    assert prune_due() == 3
