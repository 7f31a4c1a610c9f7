"""The match screen: who is on both sides, and what only a person can say about that."""

import re

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from integration.models import KeptApart, Link, Pair, Question, Run, Snapshot
from integration.people.matches import open_questions
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.world import sync

LISTS = ("both", "gist", "ghl", "lost", "decided")


def question(label):
    return Question.objects.get(label=label, closed_at=None)


def answer(browser, label, chosen, **more):
    return browser.go(browser.post("match_answer", "alder", question(label).pk, answer=chosen, **more))


# What it shows --------------------------------------------------------------------------------------------


def test_before_anybody_was_read_it_says_how_to_begin(as_operator, link):
    page = words(as_operator.get("match", "alder"))
    assert "Nobody was read yet" in page
    assert "Read both sides" in page


def test_reading_is_a_dry_run_and_leads_back(as_operator, link):
    response = as_operator.post("link_sync", "alder", kind="full", dry_run="1", back="match")
    run = Run.objects.get()
    assert (response["Location"], run.kind, run.dry_run) == ("/links/alder/match/", "full", True)
    assert f"Run {run.pk:,} is under way." in words(as_operator.go(response))


def test_the_tiles_count_everybody_once(as_viewer, mixed):
    page = words(as_viewer.get("match", "alder"))
    assert "4 in Gist, 5 in GHL" in page
    for tile in ("Only in Gist 2", "On both sides 1 1 by e-mail", "To decide 2 1 could be several, 1 look alike"):
        assert tile in page
    assert "Only in GHL 2" in page


def test_the_two_bars_overlap_by_those_on_both_sides(as_viewer, mixed):
    page = html(as_viewer.get("match", "alder"))
    bars = re.findall(r'<rect class="(\w+)" x="(\d+)" y="\d+" width="(\d+)"', page)
    assert bars == [
        ("both", "2", "1"), ("gist", "0", "3"), ("open", "3", "1"), ("ghl", "2", "1"), ("open", "3", "2"),
        ("ghl", "5", "2"),
    ]  # fmt: skip
    assert 'viewBox="0 0 7 52"' in page


def test_a_cluster_of_three_is_one_question_with_both_candidates_side_by_side(as_viewer, mixed):
    page = words(as_viewer.get("match", "alder"))
    assert "Who is Ann Lee in GHL?" in page
    assert "Same phone+40 Same name+25" in page
    assert "Same last name and initial+15" in page
    assert "65 of 100" in page


def test_look_alikes_are_said_to_hold_nothing_up(as_viewer, mixed):
    page = words(as_viewer.get("match", "alder", question=question("Eve Oak").pk))
    assert "Who is Eve Oak in GHL?" in page
    assert "Undecided, they are two people." in page
    assert "Same e-mail before the @+15" in page


@pytest.mark.parametrize(
    ("show", "there", "missing"),
    [("both", "Bob Ray", "Cid Fox"), ("gist", "Cid Fox", "Ann Lee"), ("ghl", "Dot May", "Bob Ray")],
)
def test_each_list_holds_its_own_people(as_viewer, mixed, show, there, missing):
    page = words(as_viewer.get("match_people", "alder", show))
    assert there in page
    assert missing not in page


def test_why_somebody_stays_alone_is_said(as_viewer, mixed):
    Link.objects.update(create_on="none")
    sync(mixed)
    assert "the link creates nobody there" in words(as_viewer.get("match_people", "alder", "gist"))
    assert "stay there: the link creates nobody in GHL" in words(as_viewer.get("match", "alder"))


def test_a_merge_is_explained_and_not_promised(as_operator, mixed):
    page = words(as_operator.get("match", "alder", question=question("Ann Lee").pk))
    assert "GHL’s API cannot merge contacts, so Gistline cannot either." in page


def test_viewers_see_everything_and_decide_nothing(as_viewer, mixed):
    page = html(as_viewer.get("match", "alder"))
    assert 'name="answer"' not in page
    assert 'name="dry_run"' not in page


# Deciding -------------------------------------------------------------------------------------------------


def test_linking_shows_at_once_and_opens_the_next_question(as_operator, mixed, operator):
    chosen = question("Ann Lee").options[0]["id"]
    page = words(answer(as_operator, "Ann Lee", chosen))
    assert "Ann Lee is linked. Remembered" in page
    assert "Who is Eve Oak in GHL?" in page
    assert Pair.objects.get(ghl_id=chosen).matched_by == "person"
    assert Question.objects.get(answer=chosen).answered_by == operator


@pytest.mark.parametrize(("chosen", "said"), [("new", "is somebody new"), ("apart", "are different people")])
def test_somebody_new_and_kept_apart_are_remembered(as_operator, mixed, chosen, said):
    assert said in words(answer(as_operator, "Ann Lee", chosen))
    sync(mixed)
    assert [one.label for one in open_questions(mixed)] == ["Eve Oak"]


def test_later_asks_last_and_keeps_the_question(as_operator, mixed):
    answer(as_operator, "Ann Lee", "later")
    page = words(as_operator.get("match", "alder"))
    assert "Later 1" in page
    assert "Who is Eve Oak in GHL?" in page
    assert "Who is Ann Lee in GHL?" in words(as_operator.get("match", "alder", standing="later"))


def test_an_answer_that_is_not_offered_is_refused_in_words(as_operator, mixed):
    assert "“nobody” is no answer to this question." in words(answer(as_operator, "Ann Lee", "nobody"))
    assert question("Ann Lee")


def test_a_settled_question_is_not_answered_twice(as_operator, mixed):
    asked = question("Ann Lee")
    for _ in range(2):
        page = as_operator.go(as_operator.post("match_answer", "alder", asked.pk, answer="apart"))
    assert "This question is settled already." in words(page)
    assert KeptApart.objects.count() == 2


def test_many_are_kept_apart_by_one_click(as_operator, mixed):
    page = as_operator.go(as_operator.post("match_all", "alder", answer="apart", standing="equal"))
    assert "2 people are kept apart." in words(page)
    assert not open_questions(mixed).exists()


def test_only_who_stands_out_is_linked_without_a_look(as_operator, mixed):
    page = as_operator.go(as_operator.post("match_all", "alder", answer="link", standing="equal"))
    assert "only who stands out is linked without a look" in words(page)
    assert open_questions(mixed).count() == 2


def test_a_decision_is_listed_and_taken_back(as_operator, mixed):
    answer(as_operator, "Ann Lee", "apart")
    decided = Question.objects.get(answer="apart")
    assert "Kept apart from Ann Lee, A. Lee." in words(as_operator.get("match_people", "alder", "decided"))
    page = as_operator.go(as_operator.post("match_undo", "alder", decided.pk))
    assert "Taken back." in words(page)
    assert question("Ann Lee") == decided


@pytest.mark.parametrize(
    ("verb", "said", "state"), [("keep", "stays linked", "linked"), ("unlink", "is unlinked", "unlinked")]
)
def test_a_pair_that_lost_its_rule_is_kept_or_unlinked(as_operator, mixed, verb, said, state):
    pair = Pair.objects.get()
    Pair.objects.update(lost_rule="nothing")
    assert "neither an e-mail address nor a phone" in words(as_operator.get("match_people", "alder", "lost"))
    page = as_operator.go(as_operator.post("match_pair", "alder", pair.pk, do=verb))
    assert said in words(page)
    pair.refresh_from_db()
    assert (pair.state, pair.lost_rule) == (state, "")


def test_a_question_of_another_link_is_no_question_here(as_operator, mixed):
    other = things.links(1)[0]
    assert as_operator.post("match_answer", other.key, question("Ann Lee").pk, answer="apart").status_code == 404


# Lists ----------------------------------------------------------------------------------------------------


def fill(link, count):
    for pair in things.in_step(link, count):
        Pair.objects.filter(pk=pair.pk).update(lost_rule="nothing", matched_by="email")
    for side in ("gist", "ghl"):
        things.alone(link, side, count, reason="new_contact", email="p@example.test")
    now, known = link.created_at, Question.objects.count()
    for number in range(known, known + 2 * count):
        decided = {"answer": "apart", "answered_at": now, "closed_at": now} if number % 2 else {}
        facts = {"about": f"near:{number}", "label": f"P{number}", "external_id": f"gist{number}", **decided}
        options = [{"id": "ghl1", "label": "Q", "side": "ghl"}]
        Question.objects.create(link=link, kind="near", side="gist", options=options, **facts)


@pytest.mark.parametrize("show", ["", *LISTS])
def test_three_hundred_people_cost_as_many_queries_as_three(as_viewer, link, show):
    Run.objects.create(
        link=link, kind="full", status="succeeded", finished_at=link.created_at, started_at=link.created_at
    )
    asked = []
    for count in (3, 297):
        fill(link, count)
        with CaptureQueriesContext(connection) as captured:
            page = as_viewer.get(*(("match_people", "alder", show) if show else ("match", "alder")))
        assert page.status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1] <= 30


def test_questions_are_paged_by_score_and_each_comes_once(as_viewer, link):
    fill(link, 50)
    for one in open_questions(link):
        Question.objects.filter(pk=one.pk).update(score=one.pk % 3)
    seen, where = [], "/links/alder/match/"
    while where:
        page = html(as_viewer.client.get(where))
        seen += re.findall(r"<b>(P\d+)</b>", page)
        more = re.search(r'href="(\?[^"]*before=[^"]*)" rel="next"', page)
        where = "/links/alder/match/" + more[1].replace("&amp;", "&") if more else ""
    assert (len(seen), len(set(seen))) == (50, 50)


@pytest.mark.parametrize("show", LISTS)
def test_each_list_has_three_empty_states(as_viewer, mixed, show, monkeypatch):
    assert "Nothing matches" in words(as_viewer.get("match_people", "alder", show, q="nobody at all"))
    Snapshot.objects.all().delete()
    Pair.objects.all().delete()
    page = words(as_viewer.get("match_people", "alder", show))
    assert re.search("Nobody is|Every pair follows|Nothing was decided yet", page)

    def fails(*args):
        raise DatabaseError

    monkeypatch.setattr("dashboard.paging.read_page", fails)
    assert "Could not load" in words(as_viewer.get("match_people", "alder", show))


def test_a_kind_of_question_of_which_there_is_none_is_not_called_empty(as_viewer, mixed):
    assert "Nothing matches" in words(as_viewer.get("match", "alder", standing="same"))
    assert "“x” is no standing" in words(as_viewer.get("match", "alder", standing="x"))
