"""Rights beside the role: every address is asked by an operator who lacks one of them, and no page offers its form."""

import pytest

from dashboard.models import Right, User
from dashboard.rights import NEEDS
from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser, html, words
from tests.dashboard.form_finder import SendingFinder
from tests.dashboard.form_walk import name_of
from tests.dashboard.rights_table import NAMES, PEOPLE, ROWS
from tests.dashboard.taken_back import taken_back
from tests.dashboard.test_permissions import answers_that_differ

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
OPERATOR = PEOPLE.index("operator")
# Answered without the operator's own rights, or by what is sent: below.
PAGES_OF_PEOPLE = {"import", "import_check", "imported_rejected"}
# Both take an operator's word only for what is no change: what they show needs nothing.
ALSO_READ = {"operation", "link", "mapping", "workflow", "workflow_settings", "connection_gist_fields", "import"}


def without(person, right):
    setattr(person, right, False)
    person.save()
    return person


def expected(right):
    """What the table says for operators, and 403 wherever this right is needed."""
    rows = {(name, method): usual for name, method, *_, usual, _ in ROWS}
    for name, method in rows:
        reads_only = method == "GET" and name in ALSO_READ
        if rows[name, method] != "405" and right in NEEDS.get(name, ()) and not reads_only:
            rows[name, method] = "403"
        if right == Right.SEE_PERSONAL and name in PAGES_OF_PEOPLE | {"log_values", "rejected_values"}:
            rows[name, method] = rows[name, method] if rows[name, method] == "405" else "403"
    return rows


@pytest.mark.parametrize("right", list(Right))
def test_an_operator_without_a_right_is_refused_wherever_it_is_needed(world, standing, operator, right):
    person = without(operator, right)
    assert answers_that_differ(lambda: Browser(person), standing, expected(right)) == {}


@pytest.mark.parametrize("right", list(Right))
def test_no_page_offers_a_form_whose_right_is_missing(world, standing, operator, right):
    browser, offered = Browser(without(operator, right)), {}
    for name in NAMES:
        if name.startswith(("api_", "webhook_")):
            continue
        with taken_back():
            page = browser.client.get(where := address_of(name, standing))
        if "text/html" not in page.get("Content-Type", "") or page.status_code != 200:
            continue
        for sending in SendingFinder(html(page), where.partition("?")[0]).sendings:
            target = name_of(sending.path) if sending.method == "POST" else ""
            if right in NEEDS.get(target, ()):
                offered.setdefault(name, set()).add(target)
    assert offered == {}


def test_a_refusal_says_which_right_is_missing_and_whom_to_ask(operator, link):
    page = Browser(without(operator, "may_run_live")).post("link_launch", link.key)
    assert page.status_code == 403
    assert "This needs the right “Run on live”" in words(page)
    assert "Ask an owner" in words(page)


def test_a_sync_of_a_live_link_needs_its_right_and_a_dry_run_does_not(world, operator, link):
    link.mode = "live"
    link.save()
    for connection in (link.gist, link.ghl):
        connection.sandbox = False
        connection.save()
    browser = Browser(without(operator, "may_run_live"))
    assert browser.post("link_sync", link.key, kind="full").status_code == 403
    assert browser.post("link_sync", link.key, kind="full", dry_run="1").status_code == 302
    assert "Sync now" not in words(browser.get("link", link.key))


def test_an_owner_holds_every_right_whatever_is_ticked_and_a_viewer_at_most_one(owner, viewer):
    for person in (owner, viewer):
        for right in Right:
            setattr(person, right, person is viewer)
    assert owner.rights == list(Right)
    assert viewer.rights == [Right.SEE_PERSONAL]


def test_a_new_viewer_is_shown_masks_and_an_owner_ticks_more_or_less(as_owner, viewer):
    as_owner.post("person_invite", email="lee@elm.example", role="viewer", scope="all", rights=["may_retry"])
    lee = User.objects.get(email="lee@elm.example")
    assert (lee.is_masked, "masked" in words(as_owner.get("people"))) == (True, True)
    for rights, is_masked in ([], True), (["sees_personal_data"], False):
        as_owner.post("person", viewer.pk, role="viewer", scope="all", rights=rights)
        viewer.refresh_from_db()
        assert viewer.is_masked == is_masked
