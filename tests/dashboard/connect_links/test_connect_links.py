"""A client connects one location by an address that was sent to them, and reaches nothing else by it."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from integration.errors import SetupError
from integration.models import AuditEntry, Connection, ConnectLink
from integration.oauth.app import TokenAnswer, sandbox_app
from integration.oauth.connect_links import make_connect_link, use_connect_link
from tests import consent
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.django_db

FORM = {"client": "Alder Dental", "asker": "Harbour Pine", "hours": "72", "sandbox": "on"}


@pytest.fixture
def token(world) -> str:
    return make_connect_link("Alder Dental", "Harbour Pine", hours=72, sandbox=True)[1]


@pytest.fixture
def client(db) -> Browser:
    return Browser()


def say_yes(browser, token, **answer):
    """From the page to GHL and back; what GHL sends the browser to."""
    return browser.client.get(consent.answer(browser.get("connect_start", token)["Location"], **answer))


# Making one ----------------------------------------------------------------------------------------------


def test_the_address_is_shown_once_and_only_its_digest_is_kept(as_owner):
    page = html(as_owner.post("connect_link_new", **FORM))
    made = ConnectLink.objects.get()
    secret = page.partition("/connect/")[2].partition("/")[0]
    assert len(secret) > 40
    assert secret not in str(ConnectLink.objects.values())
    assert secret not in html(as_owner.get("connect_links"))
    assert timedelta(hours=71) < made.ends_at - timezone.now() <= timedelta(hours=72)
    assert AuditEntry.objects.get(what="connect_link_new").subject == "Alder Dental"


def test_without_an_app_nobody_could_say_yes_so_none_is_made(as_owner):
    page = as_owner.post("connect_link_new", **{**FORM, "sandbox": ""})
    assert (page.status_code, ConnectLink.objects.count()) == (422, 0)
    assert "No GHL app is set up yet" in words(page)


def test_only_owners_make_and_see_them(as_operator):
    assert as_operator.get("connect_links").status_code == 403
    assert as_operator.post("connect_link_new", **FORM).status_code == 403


# The client's way ----------------------------------------------------------------------------------------


def test_the_page_says_who_asks_and_what_is_granted(client, token):
    page = words(client.get("connect_client", token))
    assert "Harbour Pine asks to connect your GoHighLevel" in page
    assert "Write contacts, tags, tasks and notes contacts.write" in page
    assert ConnectLink.objects.get().opened_at


def test_a_yes_becomes_one_checked_connection_and_the_page_may_be_closed(client, token, world):
    page = client.go(say_yes(client, token))
    made = Connection.objects.get()
    assert (made.account_id, made.status, made.sandbox) == (world.location, "ok", True)
    assert "Connected, you may close this page" in words(page)
    assert "Alder Dental Group is connected for Harbour Pine." in words(page)
    assert ConnectLink.objects.get().connection == made


def test_the_trail_says_that_the_client_did_it(client, token):
    say_yes(client, token)
    entry = AuditEntry.objects.get(what="connect_link_used")
    assert (entry.actor, entry.subject) == ("Connect link for Alder Dental", "GHL A1derD")
    assert "access_token" not in str(vars(entry))


def test_it_works_once_and_says_so(client, token):
    say_yes(client, token)
    for name in ("connect_client", "connect_start"):
        page = client.get(name, token)
        assert (page.status_code, "was used already: it works once" in words(page)) == (410, True)


def test_of_two_who_come_back_with_it_one_connects(client, token):
    other = Browser()
    say_yes(client, token)
    link = ConnectLink.objects.get()
    ConnectLink.objects.filter(pk=link.pk).update(used_at=None)
    back = consent.answer(other.get("connect_start", token)["Location"])
    ConnectLink.objects.filter(pk=link.pk).update(used_at=link.used_at)
    assert "works once" in words(other.client.get(back))


def test_whoever_connected_is_signed_in_to_nothing(client, token):
    client.go(say_yes(client, token))
    for name in ("overview", "connections", "connect_links"):
        assert client.get(name)["Location"].startswith("/accounts/login/")


def test_what_was_begun_in_another_browser_is_not_taken(client, token):
    back = consent.answer(client.get("connect_start", token)["Location"])
    answer = Browser().client.get(back)
    assert answer["Location"].startswith("/accounts/login/")
    assert not Connection.objects.exists()


def test_a_state_that_was_not_given_out_is_not_taken(client, token):
    client.get("connect_start", token)
    answer = client.get("oauth_callback", state="forged", code="abc")
    assert answer["Location"].startswith("/accounts/login/")


def test_an_operator_s_own_sign_in_is_not_taken_for_a_client_s(as_operator, token):
    as_operator.get("connect_start", token)
    asked = as_operator.get("oauth_start", sandbox="1")["Location"]
    page = as_operator.go(as_operator.client.get(consent.answer(asked)))
    assert "is connected." in words(page)
    assert ConnectLink.objects.get().is_open


def test_a_no_connects_nothing_and_leads_back(client, token):
    page = say_yes(client, token, choice="cancel")
    assert "You said no at GoHighLevel. Nothing was connected." in words(page)
    assert f"/connect/{token}/" in html(page)
    assert ConnectLink.objects.get().is_open


def test_a_whole_agency_is_not_connected_by_it(client, token):
    assert "You allowed it for a whole agency." in words(say_yes(client, token, location="agency"))
    assert (Connection.objects.count(), ConnectLink.objects.get().is_open) == (0, True)


def test_a_login_that_works_is_not_replaced(client, token, ghl):
    assert "connected already, and its login works. Nothing was changed." in words(say_yes(client, token))
    before = ghl.credentials
    ghl.refresh_from_db()
    assert (ghl.credentials, ConnectLink.objects.get().is_open) == (before, True)


def test_a_login_that_broke_is_mended_and_keeps_what_hangs_on_it(client, token, link):
    link.ghl.set_status("reconnect", "GHL refused to renew the login.")
    say_yes(client, token)
    link.ghl.refresh_from_db()
    assert (link.ghl.status, ConnectLink.objects.get().connection) == ("ok", link.ghl)


def test_neither_token_nor_state_lies_open_in_the_session(client, token):
    client.get("connect_start", token)
    assert token not in str(dict(client.client.session))


# What ends it --------------------------------------------------------------------------------------------


def test_one_that_was_withdrawn_opens_nothing_any_more(as_owner, client, token):
    back = consent.answer(client.get("connect_start", token)["Location"])
    as_owner.post("connect_link_revoke", ConnectLink.objects.get().pk)
    assert "was withdrawn" in words(client.get("connect_client", token))
    assert "was withdrawn" in words(client.client.get(back))
    assert not Connection.objects.exists()
    assert AuditEntry.objects.filter(what="connect_link_revoke").count() == 1


def test_it_ends_by_itself(client, token):
    ConnectLink.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    page = client.get("connect_client", token)
    assert (page.status_code, "has ended" in words(page)) == (410, True)


def test_an_address_that_nobody_made_is_none(client):
    assert client.get("connect_client", "wrong").status_code == 404
    assert client.get("connect_done").status_code == 404


def test_trying_addresses_is_slowed_down(client, token, empty_cache):
    empty_cache()
    answers = [client.get("connect_client", "wrong").status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]


def test_the_domain_stores_nothing_for_a_link_that_is_gone(world):
    answer = TokenAnswer("a", "r", 60, location_id=world.location)
    with pytest.raises(SetupError, match="ended"):
        use_connect_link(7, sandbox_app(), answer, "")
    assert not Connection.objects.exists()


def test_ghl_gets_the_redirect_address_that_the_app_knows(client, token):
    asked = client.get("connect_start", token)["Location"]
    assert urlsplit(asked).query.count("redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Foauth%2Fghl%2Fcallback%2F") == 1
