"""The pages of problems by cause: what fails, why, what repairs it, and the buttons that do."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import Link, Pause, Problem, Run
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.refusals import Refusal, refuse
from tests.world import finish, sync

MOST_QUERIES = 20


@pytest.fixture
def phones(world, link):
    """Three people of whom two have German numbers, in a location of the United States."""
    for place, number in enumerate(["0171 2345678", "0171 2345679", "call after 5"]):
        world.gist_contact(email=f"p{place}@example.test", name=f"Pia {place}", phone=number)
    sync(link)
    return Problem.objects.get()


@pytest.fixture
def failure(link):
    return things.failure(things.finished_run(link, status="partial", failed=1))


def test_one_row_is_one_cause_with_its_count_and_button(as_operator, phones):
    page = words(as_operator.get("problems"))
    assert "Phone number without a country" in page
    assert "1 problem " in page
    assert "3 people" in page
    assert "Set the country" in page


def test_a_problem_says_what_each_fix_would_solve(as_operator, phones):
    page = words(as_operator.get("problem", phones.pk))
    assert "Read numbers without a prefix as numbers of Germany" in page
    assert "Makes 2 of the 3 valid." in page
    assert "All 3 would be written, without the phone number." in page
    assert "+491712345678" in page
    assert "still refused" in page


def test_the_fixing_button_mends_the_cause_and_tries_again(as_operator, phones, world):
    page = words(as_operator.go(as_operator.post("problem_fix", phones.pk, fix="phone_country")))
    assert "Numbers without a prefix are read as numbers of Germany. Retry 3:" in page
    finish(Run.objects.get(kind="retry"))
    assert sum(bool(one.get("phone")) for one in world.everyone("ghl")) == 2
    page = words(as_operator.get("problem", phones.pk))
    assert "2 passed. 1 still fails for the same reason." in page
    assert "1 person of Alder" in page


def test_a_retry_under_way_is_shown_with_its_steps(as_operator, phones):
    as_operator.post("problem_retry", phones.pk)
    for page in (words(as_operator.get("problems")), words(as_operator.get("problem", phones.pk))):
        assert "Retry 3: Phone number without a country" in page
        assert "First one" in page
        assert "Stop after this one" in page


def test_only_the_ticked_are_retried(as_operator, phones):
    chosen = phones.entries.first().pk
    as_operator.post("problem_retry", phones.pk, entry=[chosen])
    assert Run.objects.get(kind="retry").target.entries == [chosen]


def test_a_viewer_reads_and_finds_no_form(as_viewer, phones):
    for page in (as_viewer.get("problems"), as_viewer.get("problem", phones.pk)):
        main = html(page).partition("<main")[2]
        assert '<form method="post"' not in main
        assert 'form="chosen"' not in main


@pytest.mark.parametrize(
    ("do", "state", "said"),
    [("acknowledge", "acknowledged", "Acknowledged"), ("ignore", "ignored", "Ignored for ever")],
)
def test_a_person_says_what_becomes_of_it(as_operator, operator, failure, do, state, said):
    problem = things.problem(failure)
    page = words(as_operator.go(as_operator.post("problem_state", problem.pk, do=do, note="known")))
    problem.refresh_from_db()
    assert (problem.state, problem.state_by, problem.note) == (state, operator, "known")
    assert said in page
    as_operator.post("problem_state", problem.pk, do="reopen")
    problem.refresh_from_db()
    assert problem.state == "open"


def test_what_is_ignored_counts_nowhere(as_operator, failure):
    problem = things.problem(failure)
    assert 'id="rail-needs">1<' in html(as_operator.get("log"))
    as_operator.post("problem_state", problem.pk, do="ignore", note="known")
    assert 'id="rail-needs" hidden' in html(as_operator.get("log"))
    assert "Nothing fails" in words(as_operator.get("problems"))
    assert "1 of 1" in words(as_operator.get("problems", state="ignored"))


def test_problems_are_found_by_when_they_failed_last(as_viewer, failure):
    things.problem(failure)
    Problem.objects.update(last_seen=timezone.now() - timedelta(hours=30))
    assert "1 of 1" in words(as_viewer.get("problems", since="2d"))
    assert "1 of 1" not in words(as_viewer.get("problems", since="24h"))
    assert "1 of 1" in words(as_viewer.get("problems", until="24h"))


def test_the_badge_counts_questions_and_problems_together(as_viewer, failure, link):
    things.problem(failure)
    things.conflict(link)
    assert 'id="rail-needs">2<' in html(as_viewer.get("log"))


def test_what_rests_is_shown_and_goes_on(as_operator, phones, link):
    as_operator.post("problem_fix", phones.pk, fix="leave_out")
    assert "Mapping row phone / phone" in words(as_operator.get("problems"))
    as_operator.post("pause_resume", Pause.objects.get().pk)
    assert not Pause.objects.resting().exists()


def test_everything_since_a_time_is_retried_from_the_list(as_operator, phones):
    page = words(as_operator.go(as_operator.post("problems_retry", hours="24", what="failed", link="")))
    assert "Retry 3: the last 24 hours" in page
    assert Run.objects.get(kind="retry").target.ladder


def test_what_was_never_received_is_read_for_one_link(as_operator, ann):
    link = Link.objects.get()
    assert "Choose the link" in words(as_operator.go(as_operator.post("problems_retry", hours="6", what="missed")))
    as_operator.post("problems_retry", hours="6", what="missed", link=link.key)
    assert Run.objects.first().target.since


def test_everything_that_a_filter_of_the_log_finds_is_retried(as_operator, phones):
    page = words(as_operator.get("log", open="yes"))
    assert "Retry all that match" in page
    as_operator.post("log_retry_matching", filter="open=yes&q=Pia+1")
    assert len(Run.objects.get(kind="retry").target.entries) == 1


def test_everything_of_the_problems_that_a_filter_finds_is_retried(as_operator, as_viewer, phones):
    assert "Retry all that match" in words(as_operator.get("problems", link="alder"))
    assert "Retry all that match" not in words(as_viewer.get("problems", link="alder"))
    as_operator.post("problems_retry", what="matching", filter="q=no+such+cause")
    assert not Run.objects.filter(kind="retry").exists()
    as_operator.post("problems_retry", what="matching", filter="link=alder")
    assert len(Run.objects.get(kind="retry").target.entries) == 3


@pytest.mark.parametrize(
    ("name", "sent"),
    [("log_retry_matching", {"filter": "open=yes&link=gone"}),
     ("problems_retry", {"what": "matching", "filter": "side=ghl&link=gone"})],
)  # fmt: skip
def test_by_a_filter_that_cannot_be_understood_nothing_is_retried(as_operator, phones, name, sent):
    page = words(as_operator.go(as_operator.post(name, **sent)))
    assert "“gone” is no link; nothing was done." in page
    assert not Run.objects.filter(kind="retry").exists()


def test_the_affected_are_a_file_that_is_safe_to_open(as_viewer, failure):
    failure.label = "=HYPERLINK(1)"
    problem = things.problem(failure)
    text = b"".join(as_viewer.get("problem_export", problem.pk).streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "Who,Gist id,GHL id,Value,Why,Tries"
    assert text.splitlines()[1].startswith("'=HYPERLINK(1),1001")


def test_names_and_answers_are_shown_as_they_are(as_viewer, failure):
    failure.label = failure.message = things.MARKUP
    problem = things.problem(failure, cause="ghl.400.x_1", text=things.MARKUP)
    for page in (as_viewer.get("problems"), as_viewer.get("problem", problem.pk)):
        assert things.MARKUP not in html(page)


@pytest.mark.parametrize("name", ["problems", "problem"])
def test_a_page_costs_the_same_however_many_fail(as_viewer, link, name):
    run = things.finished_run(link, status="partial", failed=1)
    asked = []
    for number in range(2):
        for place in range(1 + 6 * number):
            entry = things.failure(run, f"Person {number} {place}")
            if name == "problems" or not Problem.objects.exists():
                problem = things.problem(entry, subject=f"f{number}{place}")
            entry.problem = problem
            entry.save()
        with CaptureQueriesContext(connection) as queries:
            as_viewer.get(name, *([Problem.objects.last().pk] if name == "problem" else []))
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert asked[0] <= MOST_QUERIES


def test_a_login_that_ended_leads_to_the_sign_in(as_operator, failure):
    things.problem(failure, cause="ghl.login_broken", subject="")
    page = html(as_operator.get("problems"))
    assert "GHL login ended" in page
    assert "/connections/alder-ghl/reconnect/" in page


def test_a_refusal_of_an_unknown_kind_is_quoted(as_viewer, world, link, monkeypatch):
    answer = {"statusCode": 400, "message": "The moon is too full for Eva"}
    refuse(monkeypatch, Refusal("ghl", lambda body: "eva@" in body, 400, answer))
    world.gist_contact(email="eva@example.test", name="Eva Ruiz")
    sync(link)
    assert "GHL refuses: The moon is too full for" in words(as_viewer.get("problems"))
