"""The log: found by filters that stand in the URL, opened to before and after, retried one by one."""

import re
from datetime import timedelta

import pytest

from integration.models import Run, Snapshot
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.world import finish, sync


def labels(page):
    return re.findall(r'<th scope="row"><a class="row-link"[^>]*>([^<]+)<', html(page))


@pytest.fixture
def story(run):
    """Three entries: Ann was created, Bob failed, Eve failed and was settled later."""
    things.entry(run, "Ann Lee", gist_id="g-1", changes=[{"side": "ghl", "field": "city", "before": "", "after": "X"}])
    things.failure(run, "Bob Ray", ghl_id="h-2")
    things.failure(run, "Eve Day", resolved_at=run.finished_at)
    return run


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Eve Day", "Bob Ray", "Ann Lee"]),
        ({"outcome": "failed"}, ["Eve Day", "Bob Ray"]),
        ({"open": "yes"}, ["Bob Ray"]),
        ({"reason": "new_contact"}, ["Ann Lee"]),
        ({"field": "city"}, ["Ann Lee"]),
        ({"link": "alder", "outcome": "created"}, ["Ann Lee"]),
        ({"q": "ray"}, ["Bob Ray"]),
        ({"q": "h-2"}, ["Bob Ray"]),
        ({"q": "outcome:failed eve"}, ["Eve Day"]),
        ({"q": "field:city"}, ["Ann Lee"]),
    ],
    ids=str,
)
def test_filters_stand_in_the_url_or_are_typed_as_words(as_viewer, story, query, expected):
    assert labels(as_viewer.get("log", **query)) == expected


def test_people_are_found_by_an_address_that_their_record_has(as_viewer, link, story):
    Snapshot.objects.create(link=link, side="gist", external_id="g-1", email="ann@example.test")
    assert labels(as_viewer.get("log", q="ANN@example.test")) == ["Ann Lee"]


def test_entries_of_one_run_only(as_viewer, link, story):
    other = things.entry(things.finished_run(link), "Zoe")
    assert labels(as_viewer.get("log", run=other.run_id)) == ["Zoe"]
    assert labels(as_viewer.get("log", q=f"run:{other.run_id}")) == ["Zoe"]


@pytest.mark.parametrize("name", ["outcome", "reason", "link", "run", "open"])
def test_a_filter_that_cannot_be_understood_is_left_out_and_said(as_viewer, story, name):
    page = as_viewer.get("log", **{name: "nonsense"})
    assert f"“nonsense” is no {name}; the filter was left out." in words(page)
    assert len(labels(page)) == 3


def test_each_filter_can_be_taken_off_alone(as_viewer, story):
    page = html(as_viewer.get("log", outcome="failed", q="bob"))
    assert 'href="?q=bob" aria-label="Remove outcome Failed"' in page
    assert 'href="?outcome=failed" aria-label="Remove search bob"' in page


# One entry -----------------------------------------------------------------------------------------------


def test_an_entry_shows_before_and_after(as_viewer, run):
    changes = [
        {"side": "ghl", "field": "name", "before": "Ann", "after": "Anna"},
        {"side": "gist", "field": "tags", "before": ["a", "b"], "after": ["b", "c"]},
        {"side": "ghl", "field": "city", "before": "", "after": "Bonn"},
    ]
    page = html(as_viewer.get("log_entry", things.entry(run, changes=changes).pk))
    assert "<del>Ann</del><ins>Anna</ins>" in page
    assert '<del>a</del><ins>c</ins><span class="faint">1 kept</span>' in page
    assert '<del><span class="blank">blank</span></del><ins>Bonn</ins>' in page


def test_an_entry_says_why_and_what_to_do(as_viewer, run):
    page = words(as_viewer.get("log_entry", things.failure(run).pk))
    assert "GHL refused the e-mail address." in page
    assert "Correct the value named in the answer" in page


def test_a_planned_write_is_not_shown_as_done(as_viewer, run):
    assert "Planned, not written" in words(as_viewer.get("log_entry", things.entry(run, planned=True).pk))


def test_an_entry_shows_its_calls_with_the_secret_hidden(as_viewer, world, link):
    world.gist_contact(email="not an address", name="Wrong")
    page = html(as_viewer.get("log_entry", sync(link).entries.get(outcome="failed").pk))
    assert "authorization: Bearer <mark>hidden</mark>" in page
    assert "POST /contacts/: 4" in page
    assert world.private_token not in page


def test_a_row_opens_and_closes_in_place(as_viewer, run):
    entry = things.failure(run)
    opened = html(as_viewer.get("log_entry", entry.pk, part="row", row="open"))
    closed = html(as_viewer.get("log_entry", entry.pk, part="row", row="closed"))
    assert ('aria-expanded="true"' in opened, "is-detail" in opened) == (True, True)
    assert ('aria-expanded="false"' in closed, "is-detail" in closed) == (True, False)


# Trying again --------------------------------------------------------------------------------------------


def test_retrying_one_entry_starts_a_run_for_that_person_alone(as_operator, operator, run):
    entry, _ = things.failure(run, "Ann"), things.failure(run, "Bob")
    answer = as_operator.post("log_retry", entry.pk)
    started = Run.objects.get(kind="retry")
    assert answer["Location"] == f"/runs/{started.pk}/"
    assert (started.started_by, started.target.entries) == (operator, [entry.pk])


def test_a_retry_that_succeeds_settles_the_entry_and_lists_both_attempts(as_operator, world, link):
    wrong = world.gist_contact(email="not an address", name="Wrong")
    entry = sync(link).entries.get(outcome="failed")
    world.gist("POST", "/contacts", json={"id": wrong["id"], "email": "right@example.test"})
    as_operator.post("log_retry", entry.pk)
    finish(Run.objects.get(kind="retry"))
    page = words(as_operator.get("log_entry", entry.pk))
    assert "Nothing of it is open since" in page
    assert "Created, New contact" in page
    assert "Retry this one" not in page


def test_a_retry_that_cannot_begin_says_why(as_operator, run):
    entry = things.failure(run)
    run.link.enabled = False
    run.link.save()
    page = as_operator.go(as_operator.post("log_retry", entry.pk))
    assert "Alder is paused. Switch it on first." in words(page)


def test_only_what_failed_and_is_open_can_be_retried(as_operator, run):
    settled = things.failure(run, resolved_at=run.finished_at)
    for entry in (things.entry(run), settled):
        assert "Retry this one" not in words(as_operator.get("log_entry", entry.pk))


def test_a_viewer_sees_no_retry_button(as_viewer, run):
    assert "Retry this one" not in words(as_viewer.get("log_entry", things.failure(run).pk))


def test_a_field_is_found_whatever_letters_its_name_has(as_viewer, run):
    things.entry(run, changes=[{"side": "gist", "field": "custom_properties.größe", "before": "1", "after": "2"}])
    assert labels(as_viewer.get("log", field="custom_properties.größe")) == ["Ann Lee"]


def test_what_did_not_fail_is_not_retried_by_its_address_either(as_operator, run):
    as_operator.post("log_retry", things.entry(run).pk)
    as_operator.post("log_retry", things.failure(run, resolved_at=run.finished_at).pk)
    assert Run.objects.count() == 1


# Of a long log -------------------------------------------------------------------------------------------


def test_a_long_log_is_searched_a_stretch_at_a_time_and_says_how_far(as_viewer, as_operator, run, monkeypatch):
    monkeypatch.setattr("dashboard.log.search.STRETCH", 3)
    change = {"side": "ghl", "field": "city", "before": "", "after": "X"}
    things.entry(run, "Ann Lee", changes=[change])
    things.entry(run, "Ann Ray", gist_id="g-1")
    things.entries(run, 4)
    for query, expected in (({"q": "ann"}, ["Ann Ray", "Ann Lee"]), ({"field": "city"}, ["Ann Lee"])):
        first = as_viewer.get("log", **query)
        assert "0 entries in this part of the log" in words(first)
        assert "None of these 3 entries fits, back to" in words(first)
        before = re.search(r'before=(\d+)">Search further back', html(first))[1]
        second = as_viewer.get("log", before=before, **query)
        assert labels(second) == expected
        # That was the rest of it.
        assert "Search further back" not in words(second)
        assert html(as_operator.get("log", outcome="created", **query)).count("Search further back") == 1
    # A whole id is found at once, however old.
    assert labels(as_viewer.get("log", q="g-1")) == ["Ann Ray"]


def test_days_are_kept_apart_though_an_entry_was_written_after_a_later_one(as_viewer, run):
    at = run.finished_at
    for label, minutes in (("Old", 5_000), ("Late", 2_881), ("Early", 2_890), ("Next", 1_500), ("New", 0)):
        things.entry(run, label, created_at=at - timedelta(minutes=minutes))
    until, since = ((at - timedelta(minutes=minutes)).isoformat() for minutes in (2_885, 4_000))
    assert labels(as_viewer.get("log", until=until)) == ["Early", "Old"]
    assert labels(as_viewer.get("log", since=since, until=until)) == ["Early"]
    assert labels(as_viewer.get("log", since=until)) == ["New", "Next", "Late"]
