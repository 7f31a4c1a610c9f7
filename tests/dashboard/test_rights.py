"""Rights beside the role: every address is asked by an operator who lacks one of them, and no page offers its form."""

import pytest

from dashboard.models import Right, User
from dashboard.rights import NEEDS
from integration.models import Link
from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser, html, words
from tests.dashboard.form_finder import SendingFinder
from tests.dashboard.form_walk import name_of
from tests.dashboard.links.test_links import RULES
from tests.dashboard.rights_table import ROWS
from tests.dashboard.taken_back import taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
# Pages that are nothing without the values they show.
OF_PERSONAL_DATA = {"import", "import_check", "imported_rejected", "log_values", "rejected_values"}
# Pages that everybody reads: the right is needed to send their form.
ALSO_READ = {"operation", "link", "mapping", "workflow", "workflow_settings", "connection_gist_fields", "import"}


def without(person, right):
    setattr(person, right, False)
    person.save()
    return person


def answers_of(right):
    """By address and method what the table says for operators, and 403 wherever this right is needed."""
    rows = {(name, method): usual for name, method, *_, usual, _ in ROWS}
    for (name, method), usual in rows.items():
        needed = right in NEEDS.get(name, ()) and not (method == "GET" and name in ALSO_READ)
        if usual != "405" and (needed or (right == Right.SEE_PERSONAL and name in OF_PERSONAL_DATA)):
            rows[name, method] = "403"
    return rows


@pytest.mark.parametrize("right", list(Right))
def test_an_operator_without_a_right_is_refused_what_needs_it_and_offered_no_form_for_it(
    world, standing, operator, right
):
    person, offered = without(operator, right), {}
    # What is sent and not refused is the table's own walk: sent here is what this right is needed for.
    asked = {key: usual for key, usual in answers_of(right).items() if key[1] == "GET" or usual == "403"}
    wrong = {}
    for (name, method), usual in asked.items():
        if usual == "405" or name.startswith(("api_", "webhook_")):
            continue
        browser, where = Browser(person), address_of(name, standing)
        with taken_back():
            answer = getattr(browser.client, method.lower())(where, {"name": "Alder Gist"})
        if str(answer.status_code) != usual:
            wrong[name, method] = (answer.status_code, usual)
        if "text/html" in answer.get("Content-Type", "") and answer.status_code == 200:
            sent = [name_of(one.path) for one in SendingFinder(html(answer), where).sendings if one.method == "POST"]
            offered |= {(name, target): right for target in sent if right in NEEDS.get(target, ())}
    assert (wrong, offered) == ({}, {})


def test_a_refusal_says_which_right_is_missing_and_whom_to_ask(operator, link):
    page = Browser(without(operator, "may_run_live")).post("link_launch", link.key)
    assert page.status_code == 403
    assert "This needs the right “Run on live”" in words(page)
    assert "Ask an owner" in words(page)


@pytest.fixture
def live_link(world, link):
    link.mode = "live"
    link.save()
    for connection in (link.gist, link.ghl):
        connection.sandbox = False
        connection.save()
    return link


def test_a_sync_of_a_live_link_needs_its_right_and_a_dry_run_does_not(operator, live_link):
    link = live_link
    browser = Browser(without(operator, "may_run_live"))
    assert browser.post("link_sync", link.key, kind="full").status_code == 403
    assert browser.post("link_sync", link.key, kind="full", dry_run="1").status_code == 302
    assert "Sync now" not in words(browser.get("link", link.key))


def test_whatever_has_a_live_link_write_needs_the_right(operator, live_link):
    browser = Browser(without(operator, "may_run_live"))
    assert browser.post("problems_retry", hours="24", what="missed", link=live_link.key).status_code == 403
    Link.objects.update(enabled=False)
    rules = {**RULES, "mode": "live"}
    assert browser.post("link", live_link.key, **rules).status_code == 403
    assert browser.post("link", live_link.key, **rules | {"enabled": ""}).status_code == 302
    assert not Link.objects.get().enabled


def test_an_owner_holds_every_right_whatever_is_ticked_and_a_viewer_at_most_one(owner, viewer):
    for person in (owner, viewer):
        for right in Right:
            setattr(person, right, person is viewer)
    assert owner.rights == list(Right)
    assert viewer.rights == [Right.SEE_PERSONAL]


def test_a_new_viewer_is_shown_masks_and_an_owner_ticks_more_or_less(as_owner, viewer):
    as_owner.post("person_invite", email="lee@elm.example", role="viewer", scope="all", rights=["may_retry"])
    shown = html(as_owner.get("person_invite", role="operator"))
    assert shown.count('name="rights"') == shown.count("checked") - 1 == 4  # And that all links are seen.
    lee = User.objects.get(email="lee@elm.example")
    assert (lee.is_masked, "masked" in words(as_owner.get("people"))) == (True, True)
    for rights, is_masked in ([], True), (["sees_personal_data"], False):
        as_owner.post("person", viewer.pk, role="viewer", scope="all", rights=rights)
        viewer.refresh_from_db()
        assert viewer.is_masked == is_masked
