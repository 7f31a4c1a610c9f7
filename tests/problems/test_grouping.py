"""One cause is one problem, whoever it fails for; it closes when nothing of it fails and opens again by itself."""

import json
from datetime import timedelta

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.causes.group import assign_problems, close_quiet_problems, group_earlier_failures
from integration.jobs import watch
from integration.models import LogEntry, Problem
from tests.command_output import Output
from tests.problems.conftest import REFUSALS
from tests.refusals import Refusal, refuse
from tests.world import sync


def problems():
    return {one.cause.partition(".")[2]: one.state for one in Problem.objects.order_by("pk")}


def test_failures_from_three_causes_are_three_problems(failing):
    assert failing(4).failed == 12
    assert Problem.objects.count() == 3
    assert {one.entries.count() for one in Problem.objects.all()} == {4}
    assert Problem.objects.get(cause="ghl.phone_invalid").subject == "phone"


def test_a_cause_that_is_gone_resolves_its_problem(failing, link, refuses):
    failing(2)
    refuses()
    assert sync(link).failed == 0
    assert set(problems().values()) == {"resolved"}


def test_a_problem_that_returns_is_the_same_one_and_open_again(failing, link, refuses, world, monkeypatch):
    failing(1)
    refuses()
    sync(link)
    first = Problem.objects.get(cause="ghl.phone_invalid")
    refuse(monkeypatch, *REFUSALS)
    world.gist_contact(email="new@example.test", name="New", tags=["bad-phone"])
    sync(link)
    again = Problem.objects.get(pk=first.pk)
    assert (again.state, again.entries.filter(resolved_at=None).count()) == ("open", 1)
    assert [line["what"] for line in again.history] == ["opened", "resolved", "failed again"]


def test_after_success_and_a_quiet_day_it_is_closed_and_what_fails_then_has_returned(failing, link, refuses):
    failing(1)
    refuses()
    sync(link)
    entry = LogEntry.objects.filter(problem__cause="ghl.phone_invalid").first()
    assert (close_quiet_problems(), entry.problem.closes_at is None) == (0, False)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert (close_quiet_problems(), close_quiet_problems()) == (3, 0)
        entry.resolved_at = None
        assign_problems([entry])
    history = [line["what"] for line in Problem.objects.get(pk=entry.problem_id).history]
    assert history == ["opened", "resolved", "closed", "returned"]


def test_an_acknowledged_problem_stays_so_until_it_is_resolved(failing, link):
    failing(1)
    Problem.objects.update(state="acknowledged")
    sync(link)
    assert set(problems().values()) == {"acknowledged"}


def test_the_same_failure_in_other_words_is_one_record(failing, link, monkeypatch, world):
    failing(1)
    other = {"statusCode": 422, "message": ["phone must be valid, trace 8812"]}
    refuse(monkeypatch, Refusal("ghl", REFUSALS[0].refuses, 422, other), *REFUSALS[1:])
    sync(link)
    problem = Problem.objects.get(cause="ghl.phone_invalid")
    (entry,) = problem.entries.filter(resolved_at=None)
    assert (problem.entries.count(), entry.parent is not None, entry.attempt) == (2, True, 2)


def test_grouping_asks_the_database_as_often_for_many_as_for_few(failing, link, world):
    failing(6)
    entries = list(LogEntry.objects.filter(outcome="failed"))
    asked = []
    for many in (entries[:3], entries):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assign_problems(many)
        asked.append(len(queries))
    assert asked[1] <= asked[0] + 2


def test_a_dry_run_makes_no_problem(world, link, failing, monkeypatch):
    link.mode = "watch"
    link.save()
    failing(1)
    assert not Problem.objects.exists()


def test_a_number_of_no_country_is_a_problem_although_the_person_was_written(world, link):
    for number in range(3):
        world.gist_contact(email=f"p{number}@example.test", name="Pia", phone=f"0171 23456{number}")
    run = sync(link)
    assert (run.created, run.failed) == (3, 0)
    problem = Problem.objects.get()
    assert (problem.cause, problem.entries.count()) == ("ghl.phone_unreadable", 3)
    sync(link)
    assert problem.entries.filter(resolved_at=None).count() == 3


def test_a_left_out_value_that_is_corrected_resolves_its_problem(world, link):
    pia = world.gist_contact(email="p@example.test", name="Pia", phone="0171 234567")
    sync(link)
    world.gist("POST", "/contacts", json={"id": pia["id"], "email": "p@example.test", "phone": "+14155552671"})
    sync(link, "incremental")
    assert problems() == {"phone_unreadable": "resolved"}


def test_the_command_lists_open_problems_as_the_contract_says(failing, link, refuses):
    failing(2)
    found = [json.loads(line) for line in Output("problems", "alder", "--json").lines]
    assert [one["count"] for one in found] == [2, 2, 2]
    names = ["problem", "link", "cause", "title", "subject", "count", "state", "first_seen", "last_seen"]
    assert list(found[0]) == names
    assert {one["title"] for one in found} >= {"GHL refuses the phone number"}
    refuses()
    sync(link)
    assert Output("problems", "--json").lines == []
    assert Output("problems").lines == ["Nothing fails."]


def test_failures_of_a_version_without_problems_are_grouped_by_the_watchdog(failing):
    failing(2)
    before = sorted(LogEntry.objects.values_list("problem__cause", "pk"))
    LogEntry.objects.update(problem=None)
    Problem.objects.all().delete()
    watch()
    assert sorted(LogEntry.objects.values_list("problem__cause", "pk")) == before
    assert group_earlier_failures() == 0
