"""Every address again, asked by people who see some links only: what belongs to another link is not there for them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern

from dashboard.grants import NEEDS_ALL_LINKS, OWN_PAGES, OWNERS_ONLY, WITHOUT_LINK, find_links
from dashboard.lists import EXPORTED
from dashboard.urls import urlpatterns
from integration.models import Alert, ImportFile, InboxEvent, MappingDraft, Pause, PendingRead, Question, Run, Snapshot
from tests.dashboard import things
from tests.dashboard.browser import Browser, html, words
from tests.dashboard.rights_table import NAMES, PEOPLE, ROWS
from tests.dashboard.test_permissions import answers_that_differ

# Rights are the same on every database.
pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
# Stands in everything that belongs to the link which is not seen.
HIDDEN = "Xanadu"
NEEDS_A_SCOPE = [{"do": "ghl.custom_values.list", "with": {}}]
PUBLIC = {
    "webhook_ghl",
    "webhook_gist",
    "healthz",
    "readyz",
    "metrics",
    "invitation",
    "connect_client",
    "connect_start",
    "connect_done",
}
# Take an API key and no session: tests/dashboard/api/test_keys_see.py.
PUBLIC |= {name for name in NAMES if name.startswith("api_")} | {"mcp"}
LISTS = ["overview", "connections", "links", "runs", "workflows", "problems", "problems_person", "problems_rejected",
         "problems_waiting", "problems_waiting_events", "contacts", "log", "capabilities", "workflow_new",
         "imports", "catalogue", "alerts", "palette", "link_switcher", "suggestions"]  # fmt: skip
# Sent without an object: what they reach is looked at below, one by one.
COMMANDS = {"overview_look", "saved_view_new", "import_upload", "problems_retry", "log_retry_matching"}


def has_object(name):
    patterns = [one for one in urlpatterns if isinstance(one, URLPattern) and one.name == name]
    return any(one.pattern.converters for one in patterns) and name not in PUBLIC | WITHOUT_LINK


def belongs_to_link(name):
    return has_object(name) and name.split("_")[0] not in OWNERS_ONLY and not name.startswith(OWN_PAGES)


@pytest.fixture
def elsewhere():
    (made,) = things.links(1)
    return made


def grant(person, *links):
    person.all_links = False
    person.save()
    person.links.set(links)
    return Browser(person)


def expected_elsewhere(name, method, usual):
    if name in NEEDS_ALL_LINKS:
        return "403"
    return "404" if belongs_to_link(name) else usual


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_what_belongs_to_another_link_is_not_there(request, world, standing, elsewhere, role):
    person, place = request.getfixturevalue(role), PEOPLE.index(role)
    grant(person, elsewhere)
    expected = {(row[0], row[1]): expected_elsewhere(row[0], row[1], row[place]) for row in ROWS}
    assert answers_that_differ(lambda: Browser(person), standing, expected) == {}


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_on_their_own_link_people_may_what_their_role_says(request, world, link, standing, role):
    InboxEvent.objects.update(connection=link.ghl)
    person, place = request.getfixturevalue(role), PEOPLE.index(role)
    grant(person, link)
    expected = {(row[0], row[1]): "403" if row[0] in NEEDS_ALL_LINKS else row[place] for row in ROWS}
    assert answers_that_differ(lambda: Browser(person), standing, expected) == {}


def test_an_owner_sees_every_link_whatever_was_granted(standing, owner):
    browser = grant(owner)
    assert browser.get("link", "alder").status_code == 200


def test_every_address_with_an_object_says_whose_it_is():
    given = {"key": "", "link": "", "pk": 0, "trace": ""}
    assert [name for name in NAMES if belongs_to_link(name) and find_links(name, given) is None] == []


# Lists ---------------------------------------------------------------------------------------------------


@pytest.fixture
def hidden():
    """A link with one of everything, each of which says HIDDEN somewhere."""
    (made,) = things.links(1)
    made.name = made.gist.name = made.ghl.name = HIDDEN
    made.ghl.status, made.ghl.status_reason = "reconnect", HIDDEN
    for one in (made, made.gist, made.ghl):
        one.save()
    failed = things.failure(things.finished_run(made, status="failed", failed=1, error=HIDDEN), HIDDEN)
    things.problem(failed, text=HIDDEN, subject=HIDDEN)
    Pause.objects.create(link=made, what="mapping", key=HIDDEN)
    Alert.objects.create(event="silence", subject="1", since=failed.created_at, title=HIDDEN, connection=made.ghl)
    ImportFile.objects.create(link=made, name=HIDDEN, folder="hidden")
    things.conflict(made, HIDDEN)
    things.event(made, state="refused", topic=HIDDEN, reason="unreadable", body=b"{")
    things.event(made, state="parked", topic=HIDDEN, message=HIDDEN)
    things.execution(things.workflow(made, name=HIDDEN), HIDDEN)
    Snapshot.objects.create(link=made, side="gist", external_id="9", label=HIDDEN, parked=True, base={})
    PendingRead.objects.create(
        link=made, side="gist", external_id="9", first_at=failed.created_at, due_at=failed.created_at
    )
    return made


@pytest.mark.parametrize("query", [{}, {"q": HIDDEN.lower()}], ids=["all", "searched"])
@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_what_belongs_to_another_link(hidden, link, operator, as_owner, name, query):
    if name not in ("capabilities", "catalogue", "problems_waiting_events", "suggestions") and not query:
        assert HIDDEN in html(as_owner.get(name))
    assert HIDDEN not in html(grant(operator, link).get(name, **query))


def test_counts_are_those_of_the_links_that_are_seen(hidden, link, viewer, as_owner):
    assert Question.objects.count() == 1
    seen = words(grant(viewer, link).get("overview"))
    assert "1 question" not in seen
    assert "1 link" in seen or "Alder" in seen
    assert "1 question" in words(as_owner.get("overview"))


def test_a_workflow_cannot_be_made_for_another_link(hidden, link, operator):
    grant(operator, link).post("workflow_new", template="welcome_new_contact", link=hidden.key)
    assert hidden.workflows.count() == 1


def test_a_connection_that_another_link_uses_too_can_be_read_and_not_changed(hidden, link, operator):
    hidden.ghl = link.ghl
    hidden.save()
    browser = grant(operator, link)
    assert HIDDEN not in words(browser.get("connection", link.ghl.key))
    assert browser.post("connection_disconnect", link.ghl.key).status_code == 403


def test_every_list_is_looked_at():
    lists = {name for name in NAMES if not has_object(name) and name not in PUBLIC | NEEDS_ALL_LINKS | WITHOUT_LINK}
    own = {name for name in lists if name.startswith(OWN_PAGES)}
    about_the_installation = {
        "people",
        "person_invite",
        "keys",
        "key_new",
        "data",
        "retention_save",
        "encryption",
        "encryption_rotate",
        "health",
        "audit",
        "audit_check",
        "audit_export",
        "rail_health",
    }
    about_the_installation |= {"guide", "guide_app", "guide_app_forget"}
    about_the_installation |= {"alert_settings", "alert_rules"}
    about_the_installation |= {"connect_links", "connect_link_new"}
    about_the_installation |= {"company_sign_in", "company_callback"}
    about_the_registry = {"catalogue_export", "glossary"}
    # tests/dashboard/exports/ reads what they send.
    files = {f"{name}_export" for name in EXPORTED}
    assert lists - own - about_the_installation - about_the_registry - files - COMMANDS == set(LISTS)


def test_an_operation_of_the_catalogue_offers_and_takes_links_that_are_seen_alone(hidden, link, operator, as_owner):
    browser = grant(operator, link)
    assert HIDDEN in html(as_owner.get("operation", "ghl.tags.list"))
    assert HIDDEN not in html(browser.get("operation", "ghl.tags.list", link=hidden.key))
    assert "is no link" in words(browser.post("operation", "ghl.tags.list", link=hidden.key))


def test_where_an_operation_is_used_names_workflows_of_seen_links_alone(hidden, link, operator, as_owner):
    used = hidden.workflows.get().definition["actions"][0]["do"]
    assert f"/workflows/{hidden.workflows.get().pk}/" in html(as_owner.get("operation", used))
    assert f"/workflows/{hidden.workflows.get().pk}/" not in html(grant(operator, link).get("operation", used))


def test_a_file_cannot_be_brought_for_another_link_nor_read_as_one_of_its_files(hidden, link, operator):
    browser = grant(operator, link)
    sent = {"target": "both", "mode": "both", "like": hidden.import_files.get().pk}
    file = SimpleUploadedFile("new.csv", b"E-mail\nann@example.test\n")
    assert browser.post("import_upload", file=file, link=hidden.pk, target="both", mode="both").status_code == 422
    assert browser.post("import_upload", file=file, **sent).status_code == 422
    assert ImportFile.objects.count() == 1


@pytest.mark.parametrize("key", ["", "hidden"])
def test_retrying_what_failed_leaves_failures_of_other_links_alone(hidden, link, operator, key):
    browser = grant(operator, link)
    before = Run.objects.count()
    browser.post("problems_retry", hours="24", what="failed", link=hidden.key if key else "")
    browser.post("problems_retry", hours="24", what="missed", link=hidden.key)
    browser.post("log_retry_matching", filter="")
    assert Run.objects.count() == before


def test_rows_of_a_mapping_are_copied_to_seen_links_alone(hidden, link, operator, as_owner):
    browser = grant(operator, link)
    assert HIDDEN in html(as_owner.get("mapping_copy", link.key))
    assert HIDDEN not in html(browser.get("mapping_copy", link.key))
    browser.post("mapping_copy", link.key, row="0", to=hidden.key)
    assert not MappingDraft.objects.filter(link=hidden).exists()


def test_badges_count_what_is_seen(hidden, link, viewer, as_owner):
    things.finished_run(hidden, status="running")
    assert "1 active" in words(as_owner.get("imports"))
    seen = words(grant(viewer, link).get("imports"))
    assert "active" not in seen
    assert "0 need a person" in seen


def test_a_connection_names_no_workflow_of_another_link_that_needs_a_scope(hidden, link, operator, as_owner):
    hidden.ghl, link.ghl.scopes = link.ghl, "contacts.readonly"
    hidden.save()
    link.ghl.save()
    definition = {**hidden.workflows.get().definition, "actions": NEEDS_A_SCOPE}
    hidden.workflows.update(enabled=True, name="Kubla Khan", definition=definition)
    assert "Kubla Khan" in words(as_owner.get("connection", link.ghl.key))
    assert "Kubla Khan" not in words(grant(operator, link).get("connection", link.ghl.key))
