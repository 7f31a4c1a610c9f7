"""A retry spends one record before a thousand, and says in words what came of it."""

import pytest

from integration.causes.group import failing_problems
from integration.errors import SetupError
from integration.models import LogEntry, Problem, Run
from integration.problems.retry import failures_since, fetch_missed, retry_many, retry_problem
from integration.runs.ladder import results_of
from integration.runs.ladder_words import Results, describe_results
from tests.command_output import Output
from tests.problems.conftest import PHONE
from tests.refusals import Refusal, refuse
from tests.world import finish, sync


def phone_problem():
    return Problem.objects.get(cause="ghl.phone_invalid")


def passed(run):
    return run.created + run.updated


def words_of(run):
    return describe_results(results_of(run))


def test_a_thousand_failures_from_three_causes_spend_three_records_or_pass_all(failing, link, refuses, world):
    run = failing(334)
    assert run.failed == 1002
    assert [one.count for one in failing_problems()] == [334, 334, 334]
    world.forget_calls()
    (again,), _ = retry_many(LogEntry.objects.all(), "all")
    finish(again, 200)
    assert again.failed == 3
    # The fixing of GHL's refusals is the test's: the twin counts what reached it, the reads of three people.
    assert world.calls()["gist"] == 3
    assert again.api_calls["ghl"] <= 3 * 3
    assert words_of(again).startswith("Stopped at the first of each of 3 problems:")
    assert "999 were not tried" in words_of(again)
    refuses()
    (last,), _ = retry_many(LogEntry.objects.all(), "all")
    finish(last, 500)
    assert (last.status, passed(last), words_of(last)) == ("succeeded", 1002, "All 1,002 passed.")
    assert not failing_problems().exists()
    assert len(world.everyone("ghl")) == 1002


def test_steps_are_one_then_ten_then_the_rest(failing, link, refuses):
    failing(20)
    refuses()
    run = finish(retry_problem(phone_problem()))
    (result,) = run.checkpoint.results
    assert (run.target.title, result["steps"], result["passed"]) == ("Retry 20: GHL refuses the phone number", 3, 20)


def test_another_cause_does_not_stop_a_retry(failing, link, monkeypatch):
    failing(15)
    other = {"statusCode": 400, "message": "The weather is bad"}
    refuse(monkeypatch, Refusal("ghl", lambda body: "phone3@" in body or "phone7@" in body, 400, other))
    run = finish(retry_problem(phone_problem()))
    assert words_of(run) == "13 passed. 2 still fail for a new reason."
    assert phone_problem().state == "resolved"
    assert run.status == "partial"


def test_a_cause_that_comes_again_half_way_stops_the_rest(failing, link, monkeypatch):
    failing(70)
    refuse(monkeypatch, Refusal("ghl", lambda body: "phone30@" in body, 422, PHONE))
    run = finish(retry_problem(phone_problem()))
    assert run.checkpoint.results[0]["tried"] == 61
    assert words_of(run).startswith("60 passed. Stopped as 1 failed the same way:")
    assert "9 were not tried" in words_of(run)


def test_only_the_chosen_are_tried(failing, link, refuses):
    failing(5)
    refuses()
    chosen = list(phone_problem().entries.values_list("pk", flat=True)[:2])
    assert finish(retry_problem(phone_problem(), only=chosen)).created == 2
    assert phone_problem().state == "open"


def test_everything_since_a_time_is_tried(failing, link, refuses):
    failing(2)
    middle = LogEntry.objects.filter(outcome="failed").order_by("pk")[2].created_at
    refuses()
    tried = failures_since(middle).count()
    (run,), _ = retry_many(failures_since(middle), "since")
    assert passed(finish(run)) == tried


def test_a_value_that_was_left_out_can_be_retried_like_a_failure(world, link):
    world.gist_contact(email="p@example.test", name="Pia", phone="0171 2345678")
    sync(link)
    problem = Problem.objects.get()
    assert words_of(finish(retry_problem(problem))).startswith("Stopped at the first:")
    link.default_country = "DE"
    link.save()
    assert words_of(finish(retry_problem(problem))) == "It passed."
    assert world.everyone("ghl")[0]["phone"] == "+491712345678"


def test_a_retry_stands_in_the_history_of_its_problem(failing, link):
    failing(3)
    finish(retry_problem(phone_problem()))
    assert phone_problem().history[-1]["what"].startswith("retried: Stopped at the first:")


def test_a_link_that_watches_retries_nothing(failing, link):
    failing(1)
    link.mode = "watch"
    link.save()
    with pytest.raises(SetupError, match="only watches"):
        retry_problem(phone_problem())


def test_the_command_fails_when_nothing_changes_and_succeeds_once_the_cause_is_gone(failing, link, refuses):
    failing(3)
    number = str(phone_problem().pk)
    failed = Output("retry", number, "--wait", "--json")
    assert "Stopped at the first" in failed.failure
    assert (failed.json["kind"], failed.json["failed"]) == ("retry", 1)
    refuses()
    passed = Output("retry", number, "--wait", "--json")
    assert (passed.failure, passed.json["created"], passed.json["status"]) == ("", 3, "succeeded")
    assert "Nothing to retry" in Output("retry", number, "--wait").failure


def test_the_command_retries_a_run_and_a_time(failing, link, refuses):
    first = failing(1)
    refuses()
    assert Output("retry", "--run", str(first.pk), "--wait", "--json").json["status"] == "succeeded"
    assert "Nothing to retry" in Output("retry", "--since", "2020-01-01T00:00:00Z", "--link", "alder").failure
    assert "no time" in Output("retry", "--since", "yesterday").failure
    assert "Name one thing" in Output("retry").failure


def test_what_was_never_received_is_read_since_a_time(world, link):
    world.gist_contact(email="a@example.test", name="Ann")
    run = sync(link)
    link.refresh_from_db()
    again = finish(fetch_missed(link, run.created_at))
    assert (again.kind, again.status) == ("incremental", "succeeded")


def test_a_retry_that_was_killed_goes_on_at_its_step(failing, link, refuses, monkeypatch):
    from integration.runs import phases

    failing(15)
    refuses()
    run = retry_problem(phone_problem())
    real, left = phases.PHASES["match"], iter([True])

    def dies(context):
        if next(left, None) is None:
            monkeypatch.setitem(phases.PHASES, "match", real)
            raise KeyboardInterrupt
        return real(context)

    monkeypatch.setitem(phases.PHASES, "match", dies)
    with pytest.raises(KeyboardInterrupt):
        finish(run)
    run = finish(Run.objects.get(pk=run.pk))
    assert (run.created, words_of(run)) == (15, "All 15 passed.")


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (Results(1000, 0, 1, 0, 2, 1, 1, 1), "Stopped at the first: 2 calls were spent, 999 were not tried."),
        (Results(1000, 948, 0, 52, 2000, 22, 1, 0), "948 passed. 52 still fail for a new reason."),
        (Results(1, 1, 0, 0, 2, 1, 1, 0), "It passed."),
    ],
)
def test_results_count_both_ways(results, words):
    assert describe_results(results) == words
