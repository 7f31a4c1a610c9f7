"""A trace is shown wherever something has one, found by pasting it, and leads to the whole story of seen links."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import InboxEvent, PendingRead
from integration.trace import read_trace
from tests.dashboard import things
from tests.dashboard.browser import Browser, html, words

TRACE, OF_RUN, UNKNOWN = "00000000000000a1", "00000000000000b2", "00000000000000c3"

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(link):
    """A webhook of GHL and the entry that it brought about, in a run with a trace of its own."""
    came = timezone.now()
    run = things.finished_run(link, kind="live", trace=OF_RUN, updated=1)
    facts = {"connection": link.ghl, "body": b"{}", "state": "done", "trace": TRACE, "received_at": came}
    InboxEvent.objects.create(provider="ghl", topic="ContactUpdate", **facts)
    change = {"side": "gist", "field": "name", "before": "Ann", "after": "Anna"}
    return things.entry(run, "Ann Lee", "updated", [change], ghl_id="abc", trace=TRACE)


@pytest.fixture
def elsewhere():
    (made,) = things.links(1)
    return made


def granted(person, *links):
    person.all_links = False
    person.save()
    person.links.set(links)
    return Browser(person)


def test_the_page_of_a_trace_tells_the_story_in_order(as_viewer, entry):
    page = words(as_viewer.get("trace", TRACE))
    places = [page.index(text) for text in ("Webhook of GHL: ContactUpdate", "Live run", "Updated: Ann Lee", "Anna")]
    assert sorted(places) == places
    assert f"/log/{entry.pk}/" in html(as_viewer.get("trace", TRACE))


@pytest.mark.parametrize("size", [1, 8])
def test_the_page_asks_as_much_for_many_entries_as_for_one(as_viewer, link, size, django_assert_max_num_queries):
    run = things.finished_run(link, trace=OF_RUN)
    for number in range(size):
        things.entry(run, f"Person {number}", trace=TRACE)
        PendingRead.objects.create(
            link=link, side="ghl", external_id=str(number), first_at=run.created_at, due_at=run.created_at, trace=TRACE
        )
    as_viewer.get("trace", TRACE)
    with django_assert_max_num_queries(20):
        assert words(as_viewer.get("trace", TRACE)).count("waits to be read") == size


def test_run_entry_workflow_webhook_and_timeline_show_their_trace(as_viewer, entry, link):
    ran = things.execution(things.workflow(link), trace=TRACE)
    refused = InboxEvent.objects.create(
        provider="ghl", connection=link.ghl, state="refused", reason="too_old", body=b"", trace=TRACE
    )
    way = reverse("trace", args=[TRACE])
    for name, number in (("log_entry", entry.pk), ("workflow_run", ran.pk), ("rejected_event", refused.pk)):
        page = html(as_viewer.get(name, number))
        assert way in page, name
        assert "data-copy" in page, name
    assert reverse("trace", args=[OF_RUN]) in html(as_viewer.get("run", entry.run_id))


def test_rows_without_a_trace_say_nothing_of_one(as_viewer, link):
    old = things.entry(things.finished_run(link))
    for name, number in (("log_entry", old.pk), ("run", old.run_id)):
        assert "Trace" not in words(as_viewer.get(name, number))


def test_what_fails_leads_to_the_trace_of_each_example(as_viewer, link):
    failed = things.failure(things.finished_run(link, trace=OF_RUN, failed=1))
    assert reverse("trace", args=[OF_RUN]) in html(as_viewer.get("problem", things.problem(failed).pk))


def test_a_trace_is_found_from_the_log_the_runs_and_find_or_do(as_viewer, entry, link):
    things.entry(things.finished_run(link), "Bob Stone")
    for query in ({"trace": TRACE}, {"q": f"trace:{TRACE}"}, {"q": TRACE}, {"q": f"trace:{TRACE.upper()}"}):
        page = words(as_viewer.get("log", **query))
        assert "Ann Lee" in page, query
        assert "Bob Stone" not in page, query
    assert f"/runs/{entry.run_id}/" in html(as_viewer.get("runs", q=TRACE))
    assert reverse("trace", args=[TRACE]) in html(as_viewer.get("palette", q=TRACE))
    assert "Traces" not in words(as_viewer.get("palette", q=UNKNOWN))


def test_the_trace_of_a_run_finds_all_its_entries_and_that_of_a_webhook_its_own_alone(as_viewer, entry):
    things.entry(entry.run, "Bob Stone")
    of_run, of_webhook = (words(as_viewer.get("log", trace=one)) for one in (OF_RUN, TRACE))
    assert "Bob Stone" in of_run
    assert "Ann Lee" in of_run
    assert "Bob Stone" not in of_webhook


@pytest.mark.parametrize("text", ["x", "'; --", "0" * 17, "０" * 16, "<script>alert(1)</script>", "a" * 500])
def test_what_is_no_trace_is_left_out_with_a_word_and_never_run(as_viewer, entry, text):
    answer = as_viewer.get("log", trace=text)
    assert answer.status_code == 200
    assert "the filter was left out" in words(answer)
    assert "<script>alert(1)" not in html(answer)
    assert as_viewer.client.get(f"/traces/{text[:40].replace('/', '')}/").status_code == 404


def test_an_unknown_trace_says_where_else_to_look(as_viewer):
    answer = as_viewer.get("trace", UNKNOWN)
    assert answer.status_code == 404
    assert "Look for it in the log of the processes" in words(answer)


def test_the_trace_of_another_link_is_not_there(entry, link, elsewhere, operator):
    theirs = granted(operator, elsewhere)
    assert theirs.get("trace", TRACE).status_code == theirs.get("trace", UNKNOWN).status_code == 404
    assert "Ann Lee" not in words(theirs.get("log", trace=TRACE))
    assert "Traces" not in words(theirs.get("palette", q=TRACE))
    ours = granted(operator, link)
    assert ours.get("trace", TRACE).status_code == 200


def test_of_a_trace_over_two_links_only_the_seen_one_is_told(entry, link, elsewhere, operator):
    hidden = things.entry(things.finished_run(elsewhere), "Mia Hidden", trace=TRACE)
    page = html(granted(operator, link).get("trace", TRACE))
    assert "Ann Lee" in page
    assert "Mia Hidden" not in page
    assert f"/runs/{hidden.run_id}/" not in page


# Requests ------------------------------------------------------------------------------------------------


def test_every_answer_names_its_request_and_takes_no_id_from_outside(as_nobody):
    answers = [as_nobody.client.get("/healthz", headers={"X-Request-ID": TRACE}) for _ in range(2)]
    ids = {read_trace(answer["X-Request-ID"]) for answer in answers}
    assert len(ids) == 2
    assert ids.isdisjoint({"", TRACE})


def test_pages_about_an_error_show_the_id_of_the_request(as_viewer, monkeypatch):
    fails = Browser(None, raise_request_exception=False).client
    fails.cookies = as_viewer.client.cookies

    def broken(*args):
        raise RuntimeError

    monkeypatch.setattr("dashboard.traces.views.read_story", broken)
    pages = {
        500: fails.get(reverse("trace", args=[TRACE])),
        404: as_viewer.client.get("/nothing/"),
        403: as_viewer.get("people"),
        400: as_viewer.client.get("/runs/?q=%00"),
    }
    for status, answer in pages.items():
        assert answer.status_code == status
        assert f"<code>{answer['X-Request-ID']}</code>" in html(answer), status
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})
    assert answer["X-Request-ID"] in html(answer)


def test_what_a_person_does_on_a_page_is_found_by_the_request(as_operator, link, world):
    link.full_run_at = None
    answer = as_operator.post("link_sync", link.key, kind="full")
    assert link.runs.get().trace == answer["X-Request-ID"]
