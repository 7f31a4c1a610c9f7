"""What keeps a page safe: its headers, escaped names, and a token in every form."""

import re

import pytest
from django.urls import reverse

from integration.models import Connection, Run
from tests.dashboard import things
from tests.dashboard.browser import Browser, html
from tests.dashboard.things import MARKUP
from tests.world import sync

POSTS = (
    "workflow_new",
    "connection_new_gist",
    "connection_new_ghl",
    "link_new",
    "oauth_confirm",
    "oauth_location",
    "account_login",
    "account_logout",
    "mfa_login_webauthn",
)


@pytest.mark.parametrize("name", ["overview", "log", "connection_new_ghl", "account_change_password", "healthz"])
def test_pages_load_and_run_nothing_from_elsewhere(as_owner, name):
    policy = as_owner.get(name)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-" not in policy


def test_the_sign_in_page_has_the_same_policy(as_nobody):
    assert "unsafe-" not in as_nobody.get("account_login")["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["overview", "links", "log", "runs", "connections"])
def test_pages_hold_no_script_or_style_of_their_own(as_owner, link, run, name):
    page = html(as_owner.get(name))
    assert not re.findall(r"<script(?![^>]+\bsrc=)[^>]*>", page)
    assert not re.findall(r"<style|\sstyle=|\son\w+=", page)


def test_other_sites_learn_and_frame_nothing(as_owner):
    headers = as_owner.get("overview").headers
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "same-origin")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_cookies_are_out_of_reach_of_scripts(as_nobody, owner):
    as_nobody.get("account_login")
    as_nobody.post("account_login", login=owner.email, password="a-long-password")
    assert {name: bool(cookie["httponly"]) for name, cookie in as_nobody.client.cookies.items()} == {
        "csrftoken": True,
        "sessionid": True,
    }


# Markup --------------------------------------------------------------------------------------------------


@pytest.fixture
def marked(link):
    """A run that is about somebody whose name, answer and values are markup."""
    run = things.finished_run(link, error=MARKUP)
    change = {"side": "ghl", "field": MARKUP, "before": MARKUP, "after": [MARKUP]}
    call = {"method": "POST", "path": "/", "status": 422, "request": {"name": MARKUP}, "response": MARKUP}
    things.failure(run, MARKUP, changes=[change], calls=[call])
    Connection.objects.update(name=MARKUP, status="reconnect", status_reason=MARKUP, account_name=MARKUP)
    type(link).objects.update(name=MARKUP)
    return run


@pytest.mark.parametrize("name", ["overview", "links", "link", "connections", "connection", "runs", "run", "log"])
def test_markup_in_names_and_answers_is_shown_as_text(as_owner, marked, name):
    arguments = {"link": ["alder"], "connection": ["alder-ghl"], "run": [marked.pk]}
    page = html(as_owner.get(name, *arguments.get(name, [])))
    assert "&lt;script&gt;" in page
    assert MARKUP not in page


def test_markup_in_an_entry_is_shown_as_text(as_owner, marked):
    page = html(as_owner.get("log_entry", marked.entries.get().pk))
    assert page.count("&lt;script&gt;") >= 6
    assert "<script>alert" not in page


def test_markup_in_a_contact_s_name_travels_from_gist_to_the_page_as_text(as_owner, world, link):
    world.gist_contact(email="ann@example.test", name=MARKUP)
    run = sync(link)
    for page in (as_owner.get("log"), as_owner.get("run", run.pk), as_owner.get("mapping", "alder", read="now")):
        assert "&lt;script&gt;alert" in html(page)
        assert MARKUP not in html(page)


@pytest.mark.parametrize("name", ["log", "runs", "connections", "workflows"])
def test_markup_in_a_filter_is_shown_as_text(as_owner, run, name):
    page = html(as_owner.get(name, q=MARKUP, status=MARKUP, outcome=MARKUP))
    assert "&lt;script&gt;" in page
    assert MARKUP not in page


# Forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "connection_check",
        "connection_rename",
        "connection_reconnect",
        "connection_disconnect",
        "connection_delete",
        "link",
        "link_sync",
        "link_filters",
        "link_delete",
        "mapping",
    ],
)
def test_a_post_without_the_form_s_token_is_refused(owner, link, name):
    key = link.gist.key if name.startswith("connection") else link.key
    answer = Browser(owner, enforce_csrf_checks=True).post(name, key, confirm="Alder")
    assert answer.status_code == 403
    assert "Nothing was changed" in html(answer)
    assert (Connection.objects.count(), Run.objects.count()) == (2, 0)


@pytest.mark.parametrize("name", POSTS)
def test_no_other_form_goes_without_a_token_either(owner, name):
    assert Browser(owner, enforce_csrf_checks=True).post(name, x="1").status_code == 403


def test_runs_and_entries_are_not_retried_without_a_token(owner, run):
    browser, entry = Browser(owner, enforce_csrf_checks=True), things.failure(run)
    answers = [
        browser.post("run_cancel", run.pk),
        browser.post("run_retry", run.pk),
        browser.post("log_retry", entry.pk),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Run.objects.count() == 1


@pytest.mark.parametrize("where", ["act", "link", "delete", "tags", "book", "task", "note/x"])
def test_nothing_is_done_with_a_contact_without_a_token(owner, link, where):
    browser = Browser(owner, enforce_csrf_checks=True)
    assert browser.client.post(f"/contacts/alder/ghl/abc/{where}/", {"do": "sync"}).status_code == 403


def test_with_its_token_a_form_is_taken(owner, gist):
    browser = Browser(owner, enforce_csrf_checks=True)
    page = html(browser.get("connection", gist.key))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    browser.post("connection_rename", gist.key, name="Renamed", csrfmiddlewaretoken=token)
    assert Connection.objects.get().name == "Renamed"


def test_the_header_that_htmx_sends_is_taken_too(owner, gist):
    browser = Browser(owner, enforce_csrf_checks=True)
    token = re.search(r'"X-CSRFToken": "(\w+)"', html(browser.get("connection", gist.key)))[1]
    where = reverse("connection_rename", args=[gist.key])
    browser.client.post(where, {"name": "Renamed"}, headers={"X-CSRFToken": token})
    assert Connection.objects.get().name == "Renamed"
