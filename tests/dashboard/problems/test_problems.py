"""Problems: what only a person can decide, what was turned away at the door, and what waits to be tried again."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.problems.refusals import REFUSALS
from integration.errors import SetupError
from integration.models import InboxEvent, Question, Run, Snapshot
from integration.webhooks.refusals import REFUSALS as AT_THE_DOOR
from tests.dashboard import things
from tests.dashboard.browser import html, words

LISTS = ("problems_person", "problems_rejected", "problems_waiting", "problems_waiting_events")
MOST_QUERIES = 12


def refused(reason="bad_signature", **facts):
    standard = {"topic": "ContactUpdate", "provider": "ghl", "body": b'{"type": "ContactUpdate"}'}
    return InboxEvent.objects.create(state="refused", reason=reason, **{**standard, **facts})


def someone(link, label="Ann Lee", **facts):
    """A person whose last try failed, with the failure; parked unless `facts` say otherwise."""
    number = str(1001 + Snapshot.objects.count())
    things.entry(things.finished_run(link, failed=1), label, "failed", gist_id=number, message="GHL refused it.")
    facts = {"parked": True, "tries": 8, **facts}
    return Snapshot.objects.create(link=link, side="gist", external_id=number, label=label, **facts)


@pytest.fixture
def answers(monkeypatch):
    """What the domain is told, in place of carrying it out."""
    told = []

    def answer(question, chosen, user):
        told.append((question.pk, chosen, user))
        Question.objects.filter(pk=question.pk).update(answer=chosen, answered_by=user, answered_at=timezone.now())

    def dismiss(question, user):
        told.append((question.pk, "dismissed", user))
        Question.objects.filter(pk=question.pk).update(closed_at=timezone.now())

    monkeypatch.setattr("integration.people.answers.answer_question", answer)
    monkeypatch.setattr("integration.people.answers.dismiss_question", dismiss)
    return told


def send(browser, name, question, **form):
    """As htmx sends a card's form."""
    headers = {"HX-Request": "true", "HX-Target": f"question-{question.pk}"}
    return browser.client.post(f"/problems/person/{question.pk}/{name}/", form, headers=headers)


# Needs a person ------------------------------------------------------------------------------------------


def test_a_conflict_shows_both_values_side_by_side(as_operator, link):
    things.conflict(link)
    page = words(as_operator.get("problems_person"))
    assert "Plan of Ann Lee" in page
    assert "Gist Family 12 Keep Gist’s" in page
    assert "GHL Starter Keep GHL’s" in page


@pytest.mark.parametrize(("value", "shown"), [(None, "blank"), (["vip", "new"], "vip, new"), (True, "yes")])
def test_values_of_every_kind_can_be_compared(as_operator, link, value, shown):
    things.conflict(link, options={"gist": value, "ghl": "Starter"})
    assert f"Gist {shown} Keep Gist’s" in words(as_operator.get("problems_person"))


def test_a_match_shows_every_candidate_and_somebody_new(as_operator, link):
    things.match(link)
    page = words(as_operator.get("problems_person"))
    for text in ("Who is Bob Ray in GHL?", "bob@example.test", "Robert Ray +15125550136", "Somebody new"):
        assert text.replace(" +", " ") in page.replace("none ", "").replace(" +", " ")


@pytest.mark.parametrize(
    ("make", "chosen", "said"),
    [
        (things.conflict, "gist", "Gist's plan stands. Ann Lee is synced next."),
        (things.conflict, "ghl", "GHL's plan stands. Ann Lee is synced next."),
        (things.match, "ghl2", "The two are one person. Bob Ray is synced next."),
        (things.match, "new", "Somebody new. Bob Ray is synced next."),
    ],
)
def test_an_answer_is_passed_on_and_said_back(as_operator, operator, link, answers, make, chosen, said):
    question = make(link)
    part = send(as_operator, "answer", question, answer=chosen)
    assert answers == [(question.pk, chosen, operator)]
    assert said in words(part)
    assert 'class="toast is-ok"' in html(part)


def test_an_answered_question_leaves_the_list_and_the_counts(as_operator, link, answers):
    question, other = things.conflict(link), things.conflict(link, "Bob Ray")
    part = send(as_operator, "answer", question, answer="gist")
    assert f'id="question-{question.pk}"' not in html(part)
    assert part["HX-Trigger-After-Settle"] == '{"question-answered": {}}'
    assert 'id="rail-needs" hx-swap-oob="true">1<' in html(part)
    page = html(as_operator.get("problems_person", part="results"))
    assert f'id="question-{other.pk}"' in page
    assert f'id="question-{question.pk}"' not in page


def test_leaving_both_as_they_are_closes_the_question(as_operator, operator, link, answers):
    question = things.conflict(link)
    part = send(as_operator, "dismiss", question)
    assert answers == [(question.pk, "dismissed", operator)]
    assert "Nothing is written." in words(part)


def test_an_answer_that_cannot_be_carried_out_says_why_and_stays(as_operator, link, monkeypatch):
    def busy(*args):
        raise SetupError("Alder is paused. Switch it on first.")

    monkeypatch.setattr("integration.people.answers.answer_question", busy)
    question = things.conflict(link)
    part = send(as_operator, "answer", question, answer="gist")
    assert "Alder is paused. Switch it on first." in words(part)
    assert f'id="question-{question.pk}"' in html(part)
    assert "HX-Trigger-After-Settle" not in part


def test_two_people_answering_the_same_question_settle_it_once(as_operator, link, answers):
    question = things.conflict(link, answered_at=timezone.now(), answer="gist")
    part = send(as_operator, "answer", question, answer="ghl")
    assert "This question was settled already." in words(part)
    assert answers == []


def test_without_htmx_an_answer_leads_back_to_the_list(as_operator, link, answers):
    page = as_operator.go(as_operator.post("question_answer", things.conflict(link).pk, answer="ghl"))
    assert "GHL's plan stands." in words(page)
    assert "No question is open" in words(page)


def test_viewers_see_the_question_and_no_button(as_viewer, link):
    things.conflict(link), things.match(link)
    page = as_viewer.get("problems_person")
    assert "Family 12" in words(page)
    assert "robert ray" in words(page).lower()
    for verb in ("Keep Gist’s", "This one", "Somebody new", "Keep both values", "Leave unmatched"):
        assert verb not in words(page)


def test_questions_are_found_by_link_kind_and_name(as_viewer, link):
    things.conflict(link), things.match(link)
    assert "Bob Ray" not in words(as_viewer.get("problems_person", kind="conflict"))
    assert "Ann Lee" not in words(as_viewer.get("problems_person", q="bob kind:match"))
    assert "Ann Lee" in words(as_viewer.get("problems_person", link="alder"))


def test_the_rail_counts_what_needs_a_person(as_viewer, link):
    assert 'id="rail-needs" hidden' in html(as_viewer.get("log"))
    things.conflict(link), things.match(link), things.conflict(link, "Cleo", closed_at=timezone.now())
    assert 'id="rail-needs">2<' in html(as_viewer.get("log"))


# Rejected at the door ------------------------------------------------------------------------------------


def test_every_reason_the_door_has_is_put_into_words():
    assert set(REFUSALS) == set(AT_THE_DOOR)


@pytest.mark.parametrize("code", REFUSALS)
def test_every_reason_has_words_and_says_what_to_do(as_viewer, db, code):
    page = words(as_viewer.get("rejected_event", refused(code).pk))
    assert REFUSALS[code].title in page
    assert REFUSALS[code].meaning in page
    assert f"What to do {REFUSALS[code].remedy}" in page


def test_a_reason_nobody_knows_still_shows_what_was_said(as_viewer, db):
    refused("brand_new", message="The moon was in the way.")
    page = words(as_viewer.get("problems_rejected"))
    assert "Turned away" in page
    assert "The moon was in the way." in page


def test_the_list_says_when_from_whom_and_why(as_viewer, db):
    refused(account="ve9EPM428h8vShlRW1KT")
    page = words(as_viewer.get("problems_rejected"))
    for text in ("ContactUpdate", "GHL", "Wrong signature", "ve9EPM428h8vShlRW1KT"):
        assert text in page


def test_a_row_opens_in_place_with_body_and_headers(as_viewer, db):
    found = refused(headers={"user-agent": "curl/8"})
    part = as_viewer.get("rejected_event", found.pk, part="x")
    assert "<html" not in html(part)
    assert '{"type": "ContactUpdate"}' in words(part)
    assert "user-agent : curl/8" in words(part).replace("user-agent:", "user-agent :")
    assert "is-detail" not in html(as_viewer.get("rejected_event", found.pk, part="x", row="closed"))


def test_of_a_large_body_the_first_4_kb_are_shown(as_viewer, db):
    page = as_viewer.post("rejected_values", refused(body=b"\xe2\x82\xac" * 3_000).pk)
    assert "Body, the first 4,096 bytes" in words(page)
    assert html(page).count("€") == 1_365


@pytest.mark.parametrize("body", [b"\xff\xfe\x00\x1b[31m", b"<script>alert(1)</script>", b""])
def test_a_body_of_any_bytes_is_shown_as_text(as_viewer, db, body):
    page = html(as_viewer.get("rejected_event", refused(body=body).pk))
    assert "<script>alert" not in page
    assert not {"\x00", "\x1b"} & set(page)


def test_what_was_taken_in_is_no_refusal(as_viewer, link):
    assert as_viewer.get("rejected_event", things.event(link).pk).status_code == 404


def test_refusals_are_found_by_reason_and_side(as_viewer, db):
    refused(), refused("unknown_token", provider="gist", topic="note_added")
    assert "note_added" not in words(as_viewer.get("problems_rejected", reason="bad_signature"))
    assert "ContactUpdate" not in words(as_viewer.get("problems_rejected", q="provider:gist"))


# Waiting -------------------------------------------------------------------------------------------------


def test_who_is_tried_again_stands_with_how_often_why_and_when(as_viewer, link):
    someone(link, parked=False, tries=3, retry_at=timezone.now() + timedelta(minutes=10, seconds=5))
    page = words(as_viewer.get("problems_waiting"))
    assert "Retried later Gist RefusedGHL refused it. Alder 3 in 10 min" in page


def test_who_is_parked_waits_for_a_change_or_a_person(as_operator, link):
    someone(link)
    assert "Set aside Gist RefusedGHL refused it. Alder 8 when it changes Retry now" in words(
        as_operator.get("problems_waiting")
    )


def test_a_parked_person_is_retried_by_their_last_failure(as_operator, operator, link):
    ann, _ = someone(link), someone(link, "Bob Ray")
    page = as_operator.go(as_operator.post("waiting_retry", ann.pk))
    run = Run.objects.get(kind="retry")
    assert (run.target.people, run.started_by) == ([{"gist": ann.external_id, "ghl": ""}], operator)
    assert f"Retry run {run.pk:,}" in words(page)


def test_a_failure_that_was_settled_meanwhile_is_not_retried(as_operator, link):
    ann = someone(link)
    link.log_entries.update(resolved_at=timezone.now())
    assert "Nothing to retry" in words(as_operator.go(as_operator.post("waiting_retry", ann.pk)))
    assert not Run.objects.filter(kind="retry").exists()


def test_a_paused_link_says_so_instead_of_retrying(as_operator, link):
    ann = someone(link)
    type(link).objects.update(enabled=False)
    assert "Alder is paused." in words(as_operator.go(as_operator.post("waiting_retry", ann.pk)))


def test_viewers_cannot_retry(as_viewer, link):
    someone(link)
    assert "Retry now" not in words(as_viewer.get("problems_waiting"))


def test_both_halves_of_a_pair_wait_as_one_person(as_viewer, link):
    pair = things.in_step(link, 1)[0]
    Snapshot.objects.filter(pair=pair).update(label="Ann Lee", parked=True, tries=8)
    page = words(as_viewer.get("problems_waiting"))
    assert page.count("Ann Lee") == 1
    assert "1 person" in page
    assert "Waiting 1" in page
    for query in ({"side": "ghl"}, {"side": "gist"}, {"q": pair.ghl_id}):
        assert "1 person" in words(as_viewer.get("problems_waiting", **query)), query


def test_a_lone_half_that_waits_is_listed_whichever_side_it_is_on(as_viewer, link):
    pair = things.in_step(link, 1)[0]
    Snapshot.objects.filter(pair=pair, side="ghl").update(label="Ann Lee", parked=True, tries=8)
    assert "Ann Lee" in words(as_viewer.get("problems_waiting"))


def test_the_tab_counts_everything_behind_it(as_viewer, link):
    someone(link), things.event(link), things.event(link, state="parked")
    assert "Waiting 3" in words(as_viewer.get("problems_person"))


def test_people_in_step_do_not_wait(as_viewer, link):
    someone(link, parked=False, tries=0)
    assert "Nobody waits" in words(as_viewer.get("problems_waiting"))


def test_stored_events_stand_with_their_state(as_viewer, link):
    things.event(link)
    things.event(link, topic="TaskComplete", state="parked", message="Whose task is not known yet.")
    things.event(link, topic="ContactCreate", state="done")
    page = words(as_viewer.get("problems_waiting_events"))
    assert "TaskComplete Set aside GHL Alder GHL Whose task is not known yet." in page
    assert "TaskCreate Waiting GHL Alder GHL in line" in page
    assert "ContactCreate" not in page


# All four lists ------------------------------------------------------------------------------------------

ROWS = {
    "problems_person": lambda link, number: things.conflict(link, f"Person {number}"),
    "problems_rejected": lambda link, number: refused(topic=f"Person {number}"),
    "problems_waiting": lambda link, number: someone(link, f"Person {number}"),
    "problems_waiting_events": lambda link, number: things.event(link, topic=f"Person {number}"),
}
NOTHING_YET = {
    "problems_person": "No question is open",
    "problems_rejected": "Nobody was turned away",
    "problems_waiting": "Nobody waits",
    "problems_waiting_events": "No event waits",
}


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_says_what_would_stand_there(as_viewer, name):
    assert NOTHING_YET[name] in words(as_viewer.get(name))


@pytest.mark.parametrize("name", LISTS)
def test_filters_that_nothing_fits_can_be_cleared(as_viewer, link, name):
    ROWS[name](link, 1)
    page = words(as_viewer.get(name, q="nobody at all"))
    assert "Nothing matches" in page
    assert "Clear filters" in page


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_cannot_be_read_says_so(as_viewer, name, monkeypatch):
    def fails(*args):
        raise DatabaseError

    monkeypatch.setattr("dashboard.paging.read_page", fails)
    assert "Could not load" in words(as_viewer.get(name, q="ann"))


@pytest.mark.parametrize("name", LISTS)
def test_120_rows_cost_as_many_queries_as_3_and_page_by_50(as_operator, link, name):
    asked = []
    for numbers in (range(3), range(3, 120)):
        for number in numbers:
            ROWS[name](link, number)
        with CaptureQueriesContext(connection) as queries:
            page = words(as_operator.get(name))
        asked.append(len(queries))
    assert asked[0] == asked[1] <= MOST_QUERIES
    assert "Person 119" in page
    assert "50 shown." in page
    assert "Person 69 " not in page


def test_markup_in_names_and_values_is_shown_as_text(as_operator, link):
    markup = '<script>alert("x")</script>'
    things.conflict(link, markup, options={"gist": markup, "ghl": [markup]}, message=markup)
    refused(topic=markup, message=markup)
    someone(link, markup)
    for name in LISTS[:3]:
        page = html(as_operator.get(name))
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page


def test_where_the_other_side_keeps_one_of_several_the_choice_is_which_and_not_somebody_new(as_operator, link):
    options = [
        {"id": f"g{number}", "label": name, "email": "nadia@example.test", "phone": "", "side": "ghl", "only": True}
        for number, name in enumerate(("Nadia Haddad", "Noor Haddad"))
    ]
    Question.objects.create(
        link=link, kind="match", about="ghl:g0", side="ghl", external_id="g0", label="Nadia Haddad", options=options
    )
    page = as_operator.get("problems_person").content.decode()
    assert "Which of these is Gist’s contact?" in page
    assert 'value="g1"' in page
    assert 'value="new"' not in page
