"""The guide: each step is ticked by what shows it, never by a click."""

import pytest

from integration.models import AuditEntry, Connection, GhlApp, InboxEvent
from integration.oauth.app import live_app
from integration.oauth.own_app import find_own_app
from integration.providers.ghl.oauth import NEEDED_SCOPES
from tests.dashboard import things
from tests.dashboard.browser import Browser, html, words

pytestmark = [pytest.mark.one_engine, pytest.mark.django_db]

APP = {"client_id": "6847-mbq2k", "client_secret": "s3cret-of-the-app"}


@pytest.fixture
def real(ghl):
    """A location that signed in through the app, with every scope, and came back here."""
    ghl.sandbox, ghl.scopes = False, " ".join(NEEDED_SCOPES)
    ghl.settings = {"redirect_uri": "http://127.0.0.1:8000/oauth/ghl/callback/"}
    ghl.save()
    return ghl


def ticked(browser, chapter="app"):
    """Titles of the steps that are done."""
    steps = html(browser.get("guide_chapter", chapter)).split("<li")
    return [step.split("<h2>")[1].split("</h2>")[0] for step in steps if step.startswith(' class="is-done"')]


def chapters_done(browser):
    page = html(browser.get("guide_chapter", "app"))
    return [one.split("</span>")[-1] for one in page.split('<span class="visually-hidden">, done')[:-1]]


def test_it_opens_where_the_reader_stands(as_viewer, as_operator):
    assert as_viewer.get("guide")["Location"] == "/guide/app/"


def test_a_new_installation_has_nothing_ticked(as_owner):
    assert ticked(as_owner) == []
    assert chapters_done(as_owner) == []


def test_its_own_addresses_are_ready_to_copy(as_viewer, settings):
    settings.PUBLIC_URL = "https://sync.example.test"
    page = html(as_viewer.get("guide_chapter", "app"))
    assert 'data-copy="guide-redirect"' in page
    assert "https://sync.example.test/webhooks/ghl/" in page
    assert all(scope in page for scope in NEEDED_SCOPES)


def test_what_is_entered_counts_in_every_process_at_once_and_is_not_shown_again(as_owner):
    page = as_owner.go(as_owner.post("guide_app", **APP))
    assert (live_app().client_id, live_app().client_secret) == tuple(APP.values())
    assert "Whether GHL takes them shows with the first sign-in." in words(page)
    assert APP["client_secret"] not in html(page)
    entry = AuditEntry.objects.get(what="guide_app")
    assert (entry.subject, APP["client_secret"] in str(vars(entry))) == (APP["client_id"], False)


def test_the_secret_is_stored_encrypted(as_owner):
    from django.db import connection

    as_owner.post("guide_app", **APP)
    with connection.cursor() as cursor:
        stored = cursor.execute("SELECT client_secret FROM integration_ghlapp").fetchone()[0]
    assert stored.startswith("gAAAAA")


def test_the_environment_comes_first_and_the_page_says_so(as_owner, settings):
    as_owner.post("guide_app", **APP)
    settings.GHL_CLIENT_ID, settings.GHL_CLIENT_SECRET = "env-id", "env-secret"
    page = as_owner.get("guide_chapter", "app")
    assert "Set in the environment" in words(page)
    assert "Store client id and secret" not in words(page)
    assert find_own_app().client_id == "env-id"
    assert as_owner.post("guide_app", **APP).status_code == 422


def test_half_of_an_app_in_the_environment_is_none_and_the_page_says_which(as_owner, settings):
    as_owner.post("guide_app", **APP)
    settings.GHL_CLIENT_ID = "env-id"
    assert find_own_app() is None
    assert "set both GHL_CLIENT_ID and GHL_CLIENT_SECRET, or neither" in words(as_owner.get("guide_chapter", "app"))
    assert "Make an app" not in " ".join(ticked(as_owner))


def test_another_app_says_which_logins_it_cannot_renew(as_owner, real):
    Connection.objects.filter(pk=real.pk).update(token_expires_at="2030-01-01T00:00Z")
    as_owner.post("guide_app", **APP)
    page = as_owner.go(as_owner.post("guide_app", client_id="other-app", client_secret="x"))
    assert "1 connection signed in through another app" in words(page)


def test_forgetting_is_on_record(as_owner):
    as_owner.post("guide_app", **APP)
    as_owner.post("guide_app_forget")
    assert (GhlApp.objects.count(), find_own_app()) == (0, None)
    assert AuditEntry.objects.first().what == "guide_app_forget"


def test_a_secret_that_cannot_be_read_is_no_app(as_owner, settings):
    as_owner.post("guide_app", **APP)
    settings.ENCRYPTION_KEYS = ["q7Z9yq0wWnOJ6p8Jx4X1V0mW4Qe4x7c7v8tqYV0m3nE="]
    assert "Cannot be read" in words(as_owner.get("guide_chapter", "app"))
    assert ticked(as_owner) == []


def test_the_chapter_is_done_once_a_sign_in_came_back_with_every_scope(as_owner, real):
    as_owner.post("guide_app", **APP)
    assert "Create the GHL app" in chapters_done(as_owner)
    Connection.objects.filter(pk=real.pk).update(scopes="contacts.readonly")
    assert "Create the GHL app" not in chapters_done(as_owner)
    assert "contacts.write" in words(as_owner.get("guide_chapter", "app")).partition("Not granted everywhere")[2]


def test_a_sign_in_that_came_back_to_another_address_ticks_nothing(as_owner, real):
    Connection.objects.filter(pk=real.pk).update(settings={"redirect_uri": "https://old.example/oauth/ghl/callback/"})
    assert not any("Paste the" in step for step in ticked(as_owner))


def test_a_webhook_that_was_turned_away_shows_nothing(as_owner, real):
    event = InboxEvent.objects.create(provider="ghl", connection=real, topic="ContactCreate", body=b"", state="refused")
    assert not any("webhook" in step for step in ticked(as_owner))
    InboxEvent.objects.filter(pk=event.pk).update(state="done")
    assert any("webhook" in step for step in ticked(as_owner))


def test_what_the_sandbox_does_ticks_nothing_of_the_real_accounts(as_owner, link):
    assert chapters_done(as_owner) == []
    type(link).objects.filter(pk=link.pk).update(full_run_at="2026-01-01T00:00Z")
    assert chapters_done(as_owner) == ["Rehearse in the sandbox"]


def test_gist_s_webhooks_are_done_when_each_that_tells_of_contacts_came(as_owner, gist):
    from integration.checks.judge import CONTACT_TOPICS

    Connection.objects.filter(pk=gist.pk).update(sandbox=False)
    for topic in CONTACT_TOPICS:
        assert "Gist’s webhooks" not in chapters_done(as_owner)
        InboxEvent.objects.create(provider="gist", connection=gist, topic=topic, body=b"", state="done")
    assert "Gist’s webhooks" in chapters_done(as_owner)


def test_only_operators_see_the_secret_addresses_of_gist(as_viewer, as_operator, gist):
    Connection.objects.filter(pk=gist.pk).update(sandbox=False)
    assert "/webhooks/gist/" in html(as_operator.get("guide_chapter", "webhooks"))
    assert "/webhooks/gist/" not in html(as_viewer.get("guide_chapter", "webhooks"))


def test_a_link_that_only_watches_is_not_live(as_owner, link):
    Connection.objects.update(sandbox=False)
    link.mode = "watch"
    type(link).objects.filter(pk=link.pk).update(mode="watch", full_run_at="2026-01-01T00:00Z")
    assert "Go live in stages" not in chapters_done(as_owner)
    type(link).objects.filter(pk=link.pk).update(mode="live")
    assert "Go live in stages" in chapters_done(as_owner)


def test_forty_links_cost_no_more_queries_than_one(as_owner, link, django_assert_max_num_queries):
    things.links(3)
    with django_assert_max_num_queries(22):
        as_owner.get("guide_chapter", "app")


def test_it_names_no_link_and_no_account_that_the_reader_does_not_see(viewer, link):
    Connection.objects.update(sandbox=False)
    (other,) = things.links(1)
    viewer.all_links = False
    viewer.save()
    viewer.links.set([other])
    pages = [words(Browser(viewer).get("guide_chapter", chapter)) for chapter in ("location", "gist-key", "live")]
    assert [page for page in pages if "Alder" in page] == []
    assert other.name in pages[2]
