"""Every address, asked by nobody, a viewer, an operator and an owner."""

import pytest
from django.urls import URLPattern, reverse

from dashboard.models import ApiKey, Invitation, User
from dashboard.urls import urlpatterns
from integration.models import (
    Connection,
    ConnectLink,
    Erasure,
    Execution,
    GhlApp,
    ImportFile,
    InboxEvent,
    Link,
    LogEntry,
    MappingVersion,
    Pair,
    Pause,
    Problem,
    Question,
    Related,
    Run,
    Snapshot,
    Workflow,
    WorkflowVersion,
)
from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser
from tests.dashboard.rights_table import NAMES, PEOPLE, ROWS
from tests.dashboard.taken_back import taken_back

# Rights and refusals are the same on every database.
pytestmark = pytest.mark.one_engine

WRITTEN = (
    *(User, Invitation, Erasure, ApiKey),
    *(Connection, Link, MappingVersion, Run, LogEntry, Question, InboxEvent, Snapshot, Pair, Related),
    *(GhlApp, ConnectLink),
    *(Workflow, WorkflowVersion, Execution, ImportFile, Problem, Pause),
)


@pytest.mark.parametrize("person", PEOPLE[2:])
def test_each_person_gets_what_the_table_says(request, world, standing, person):
    user = None if person == "nobody" else request.getfixturevalue(person)
    place = PEOPLE.index(person)
    assert answers_that_differ(lambda: Browser(user), standing, {(row[0], row[1]): row[place] for row in ROWS}) == {}


def answers_that_differ(open_browser, standing, expected):
    """Each address asked by itself; what was answered and what was expected, where that is not the same."""
    wrong = {}
    for (name, method), usual in expected.items():
        with taken_back():
            answer = ask(open_browser(), method, address_of(name, standing))
        if answer != usual:
            wrong[name, method] = (answer, usual)
    return wrong


def ask(browser, method, where):
    answer = getattr(browser.client, method.lower())(where, {"name": "Alder Gist"})
    to_login = answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    return "login" if to_login else str(answer.status_code)


def test_no_address_asks_gist_or_ghl_when_it_is_opened(world, standing, as_owner):
    world.forget_calls()
    for name in NAMES:
        as_owner.client.get(address_of(name, standing))
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_the_table_knows_every_address():
    assert {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)} == set(NAMES)


def test_a_viewer_s_post_writes_nothing(world, standing, viewer):
    browser, before, wrote = Browser(viewer), rows_of(WRITTEN), []
    for name in NAMES:
        if not name.startswith("webhook_"):
            form = {"confirm": "Alder", "name": "Other", "key": "x", "do": "save"}
            with taken_back():
                browser.client.post(address_of(name, standing), form)
                wrote += [name] if rows_of(WRITTEN) != before else []
    assert wrote == []


def rows_of(models):
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_an_ended_session_sends_the_whole_page_to_the_login(as_nobody):
    headers = {"HX-Request": "true", "HX-Target": "results", "HX-Current-URL": "http://testserver/runs/?status=failed"}
    answer = as_nobody.client.get(reverse("runs"), headers=headers, follow=True)
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fruns%2F%3Fstatus%3Dfailed"


def test_a_refusal_says_which_role_is_needed(as_viewer):
    answer = as_viewer.get("connection_new_gist")
    assert "This needs the role operator." in answer.content.decode()


def test_a_page_that_does_not_exist_says_so(as_viewer):
    answer = as_viewer.get("link", "nowhere")
    assert (answer.status_code, "No such page" in answer.content.decode()) == (404, True)
