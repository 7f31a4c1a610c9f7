"""Everything that ever happened to one person, in pages that cost the same however long the log is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import Execution, LogEntry, Pair, Question, Workflow
from integration.people.find import KnownPerson
from integration.people.person import questions_about
from integration.people.timeline import read_timeline
from tests.dashboard import things


@pytest.fixture
def person(link):
    return KnownPerson(
        link, {"gist": "1001", "ghl": "abc"}, Pair.objects.create(link=link, gist_id="1001", ghl_id="abc")
    )


def entry(run, number=0, **facts):
    return things.entry(run, f"Entry {number}", **{"gist_id": "1001", "ghl_id": "abc", **facts})


def labels(page):
    return [event.entry.label for event in page.events if event.entry]


def execution(link, state="skipped", **facts):
    flow = Workflow.objects.create(link=link, template="task_done", name="Task done")
    version = flow.versions.create(number=1, definition={})
    return Execution.objects.create(
        link=link, workflow=flow, version=version, cause=f"c{flow.pk}", trigger="ghl.task_completed", state=state,
        ghl_id="abc", message="The condition does not hold.", **facts,
    )  # fmt: skip


def test_entries_of_either_id_stand_once_newest_first(run, person):
    entry(run, 1, ghl_id=""), entry(run, 2, gist_id=""), entry(run, 3), things.entry(run, "Bob", gist_id="7")
    assert labels(read_timeline(person)) == ["Entry 3", "Entry 2", "Entry 1"]


def test_another_link_s_entries_with_the_same_id_are_somebody_else_s(run, person):
    (other,) = things.links(1)
    entry(things.finished_run(other), 1)
    assert read_timeline(person).events == []


def test_pages_hold_each_entry_once_while_new_ones_come_in(run, person):
    for number in range(60):
        entry(run, number, ghl_id="abc" if number % 2 else "")
    first = read_timeline(person)
    entry(run, 99)
    second = read_timeline(person, before=first.older)
    third = read_timeline(person, before=second.older)
    seen = [label for page in (first, second, third) for label in labels(page)]
    assert seen == [f"Entry {number}" for number in reversed(range(60))]
    assert (third.older, first.first, third.first) == (None, True, False)


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("all", {"new", "task", "skip", "bad"}),
        ("changes", {"new", "task"}),
        ("tasks", {"task"}),
        ("skips", {"skip"}),
        ("errors", {"bad"}),
        ("nonsense", {"new", "task", "skip", "bad"}),
    ],
)
def test_what_is_shown_can_be_chosen(run, person, show, expected):
    things.entry(run, "new", gist_id="1001")
    things.entry(run, "task", "updated", gist_id="1001", kind="task")
    things.entry(run, "skip", "skipped", gist_id="1001")
    things.entry(run, "bad", "failed", gist_id="1001")
    assert set(labels(read_timeline(person, show=show))) == expected


def test_workflows_that_did_nothing_stand_with_why(person, link):
    skipped = execution(link)
    execution(link, "done")
    assert [event.execution for event in read_timeline(person).events] == [skipped]
    assert read_timeline(person, show="changes").events == []


def test_questions_stand_where_they_were_asked_answered_ones_too(person, link):
    asked = Question.objects.create(link=link, kind="conflict", about="x", pair=person.pair, field="plan")
    settled = Question.objects.create(
        link=link, kind="conflict", about="y", pair=person.pair, field="plan", closed_at=timezone.now(), answer="gist"
    )
    assert {event.question for event in read_timeline(person, questions_about(person)).events} == {asked, settled}


def test_what_is_no_entry_stands_on_the_page_of_its_time(run, person, link):
    for number in range(30):
        entry(run, number)
    old, new = execution(link), execution(link)
    Execution.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1))
    first = read_timeline(person)
    second = read_timeline(person, before=first.older)
    assert [event.execution for event in first.events if event.execution] == [new]
    assert [event.execution for event in second.events if event.execution] == [old]


def test_a_page_costs_the_same_queries_however_much_happened(run, person):
    asked = []
    for count in (1, 300):
        for number in range(count):
            entry(run, number)
        with CaptureQueriesContext(connection) as queries:
            read_timeline(person)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 5


def test_entries_are_found_along_the_indexes_of_the_person(run, person):
    """Asked by link and id with the newest first, the database neither scans the log nor sorts it."""
    for side in ("gist_id", "ghl_id"):
        rows = LogEntry.objects.filter(link=person.link, **{side: "abc"}).order_by("-pk")[:26]
        plan = rows.explain()
        assert "log_of_" in plan or connection.vendor != "sqlite"
        assert "TEMP B-TREE" not in plan
