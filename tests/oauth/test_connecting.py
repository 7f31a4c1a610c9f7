"""Connect GoHighLevel: to the consent page and back, and everything that may come back instead of a yes."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from integration.models import Connection
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.twin import worlds
from tests import consent
from tests.dashboard.browser import Browser, Form, html, words

BLUEFIN = worlds.LOCATION_IDS["bluefin"]


def to_consent(browser, **query):
    """The address of GHL's page that the browser is sent to."""
    return browser.get("oauth_start", **query or {"sandbox": "1"})["Location"]


def back(browser, url, **changes):
    """Open the address GHL sends to, with parts of its query changed (None: taken out)."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | changes
    given = {name: value for name, value in query.items() if value is not None}
    return browser.client.get(f"{urlsplit(url).path}?{urlencode(given)}")


def connect(browser, query=None, **answers):
    """The whole way; what is shown at its end."""
    return browser.go(back(browser, consent.answer(to_consent(browser, **query or {}), **answers)))


def everything():
    return list(Connection.objects.order_by("pk").values())


# There and back ------------------------------------------------------------------------------------------


def test_the_consent_page_is_asked_for_all_scopes_with_a_state(browser, world):
    asked = parse_qs(urlsplit(to_consent(browser)).query)
    assert set(asked["scope"][0].split()) == set(NEEDED_SCOPES)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/oauth/ghl/callback/"]
    assert len(asked["state"][0]) >= 20


def test_a_location_that_said_yes_becomes_a_checked_connection(browser, world):
    page = connect(browser)
    made = Connection.objects.get()
    assert (made.status, made.account_id, made.name) == ("ok", world.location, "Alder Dental Group")
    assert (made.uses_oauth, made.sandbox) == (True, True)
    assert "“Alder Dental Group” is connected." in words(page)
    assert "All granted" in words(page)


def test_a_scope_that_was_not_granted_is_named(browser, world):
    page = words(connect(browser, without=("contacts.write",)))
    assert Connection.objects.get().status == "scope"
    assert "Missing: contacts.write. Add them to the app, then reconnect." in page


def test_cancelling_at_ghl_changes_nothing_and_says_so(browser, world):
    page = connect(browser, choice="cancel")
    assert "You cancelled at GoHighLevel. Nothing was changed." in words(page)
    assert not Connection.objects.exists()


def test_without_an_app_in_the_settings_it_says_what_to_set(browser):
    page = browser.go(browser.get("oauth_start"))
    assert "GHL_CLIENT_ID" in words(page)
    assert "No GHL app is set up." in words(page)


def test_without_the_demo_there_is_no_sandbox_to_sign_in_to(browser, settings):
    settings.DEMO = False
    assert "speaks to the sandbox, which is off" in words(browser.go(browser.get("oauth_start", sandbox="1")))


def test_without_the_demo_a_sandbox_s_connection_is_not_signed_in_to_a_real_account(browser, ghl, settings):
    settings.DEMO, settings.GHL_CLIENT_ID, settings.GHL_CLIENT_SECRET = False, "app-1", "secret"
    page = words(browser.go(browser.get("oauth_start", reconnect=ghl.key)))
    assert "speaks to the sandbox, which is off" in page


# What nobody asked for -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["forged", "é"])
def test_a_wrong_state_is_refused(browser, world, state):
    page = back(browser, consent.answer(to_consent(browser)), state=state)
    assert page.status_code == 400
    assert "This sign-in was not begun here, or it was begun twice." in words(page)
    assert not Connection.objects.exists()


def test_a_sign_in_begun_by_somebody_else_is_refused(browser, owner, world):

    page = back(Browser(owner), consent.answer(to_consent(browser)))
    assert (page.status_code, Connection.objects.count()) == (400, 0)


def test_a_sign_in_works_once(browser, world):
    url = consent.answer(to_consent(browser))
    back(browser, url)
    assert back(browser, url).status_code == 400
    assert Connection.objects.count() == 1


def test_a_code_that_ghl_does_not_know_is_told_with_what_to_do(browser, world):
    page = browser.go(back(browser, consent.answer(to_consent(browser)), code="made-up"))
    assert "Codes work once and for ten minutes: start again." in words(page)
    assert not Connection.objects.exists()


@pytest.mark.parametrize("query", [{}, {"error": "server_error"}, {"error": "access_denied"}, {"code": ""}], ids=str)
def test_a_callback_without_a_sign_in_is_refused(browser, query):
    page = browser.get("oauth_callback", **query)
    assert (page.status_code, "Nothing was connected." in words(page)) == (400, True)


def test_what_ghl_says_instead_of_a_code_is_shown_as_text(browser, world):
    said = {"code": None, "error": "server_error", "error_description": "<b>Busy</b>"}
    page = back(browser, consent.answer(to_consent(browser)), **said)
    assert page.status_code == 400
    assert "GoHighLevel did not sign you in: &lt;b&gt;Busy&lt;/b&gt;" in html(page)


def test_a_ghl_that_is_down_changes_nothing(browser, world):
    url = consent.answer(to_consent(browser))
    world.fault({"side": "ghl", "kind": "500", "path": "/oauth/token"})
    page = browser.go(back(browser, url))
    assert "GHL could not be reached to finish the sign-in. Try again." in words(page)
    assert not Connection.objects.exists()


# An agency -----------------------------------------------------------------------------------------------


def test_an_agency_chooses_the_location(browser, world):
    assert "Asking GoHighLevel where the app is installed" in words(connect(browser, location="agency"))
    page = words(browser.get("oauth_location", read="now"))
    assert "Which locations?" in page
    assert BLUEFIN in page
    assert not Connection.objects.exists()
    shown = browser.go(browser.post("oauth_location", location=BLUEFIN))
    made = Connection.objects.get()
    assert (made.account_id, made.status, made.company_id) == (BLUEFIN, "ok", worlds.COMPANY_ID)
    assert "is connected." in words(shown)


def test_only_a_location_of_the_agency_can_be_chosen(browser, world):
    connect(browser, location="agency")
    page = browser.post("oauth_location", location="elsewhere")
    assert "elsewhere is not one of the available choices." in words(page)
    assert not Connection.objects.exists()


def test_the_choice_ends_with_the_connection(browser, world):
    connect(browser, location="agency")
    browser.post("oauth_location", location=BLUEFIN)
    assert browser.get("oauth_location").status_code == 400


def test_the_agency_s_tokens_do_not_lie_open_in_the_session(browser, world):
    connect(browser, location="agency")
    kept = str(dict(browser.client.session))
    assert "access_token" not in kept
    assert "eyJhbGci" not in kept


# From the marketplace ------------------------------------------------------------------------------------


def install(browser, **answers):
    """An install that came back, as the page shows it once it has asked GHL."""
    connect(browser, choice="marketplace", **answers)
    return words(browser.get("oauth_confirm", read="now"))


def confirm(browser, **button):
    """Sends the form as it stands on the page."""
    return browser.post("oauth_confirm", **dict(Form(browser.get("oauth_confirm"), "install").fields), **button)


def test_an_install_from_the_marketplace_connects_nothing_by_itself(browser, world):
    page = connect(browser, choice="marketplace")
    assert "Connect this GoHighLevel account?" in words(page)
    assert "Asking GoHighLevel which account it is" in words(page)
    browser.get("oauth_confirm", read="now")
    assert not Connection.objects.exists()


def test_the_question_names_the_location_by_name_and_id(browser, world):
    page = install(browser)
    assert f"Location in the sandbox Alder Dental Group {world.location}" in page
    assert "Connected here as" not in page
    assert f"Alder Dental Group {world.location}" in words(browser.get("oauth_confirm"))


def test_the_question_names_an_agency_and_its_locations(browser, world):
    page = install(browser, location="agency")
    assert f"Agency in the sandbox {worlds.COMPANY_ID}" in page
    assert "Alder Dental Group" in page


def test_a_location_that_is_connected_already_is_named_as_it_is_called_here(browser, ghl):
    assert "Connected here as Alder GHL; its login is replaced" in install(browser)


def test_without_the_scope_to_read_its_name_the_id_has_to_do(browser, world):
    assert f"GoHighLevel does not tell its name {world.location}" in install(browser, without=("locations.readonly",))


def test_it_is_connected_once_a_person_says_so(browser, world):
    install(browser)
    page = browser.go(confirm(browser))
    assert "“Alder Dental Group” is connected." in words(page)
    assert Connection.objects.get().status == "ok"


def test_nobody_confirms_what_was_not_named_to_them(browser, world):
    connect(browser, choice="marketplace")
    assert "Asking GoHighLevel which account it is" in words(confirm(browser))
    assert not Connection.objects.exists()


def test_another_install_in_between_is_named_anew(browser, world):
    install(browser)
    connect(browser, choice="marketplace", location=BLUEFIN)
    confirm(browser)
    assert not Connection.objects.exists()
    assert BLUEFIN in words(browser.get("oauth_confirm", read="now"))


def test_what_is_confirmed_is_the_account_that_the_page_named(browser, world):
    """A page elsewhere can send the browser to the callback, and here, while the question about another one stands."""
    install(browser)
    fields = dict(Form(browser.get("oauth_confirm"), "install").fields)
    install(browser, location=BLUEFIN)
    page = browser.post("oauth_confirm", **fields, do="connect")
    assert not Connection.objects.exists()
    assert BLUEFIN in words(page)
    confirm(browser)
    assert Connection.objects.get().account_id == BLUEFIN


def test_what_is_not_wanted_is_forgotten(browser, world):
    install(browser)
    page = browser.go(confirm(browser, do="discard"))
    assert "Nothing was connected." in words(page)
    assert confirm(browser).status_code == 400
    assert not Connection.objects.exists()


def test_a_confirmation_counts_once(browser, world):
    install(browser)
    confirm(browser)
    assert confirm(browser).status_code == 400
    assert browser.get("oauth_confirm").status_code == 400


def test_a_code_that_could_not_be_asked_about_is_asked_again(browser, world):
    connect(browser, choice="marketplace")
    world.fault({"side": "ghl", "kind": "500", "path": "/oauth/token"})
    assert "GHL could not be reached to finish the sign-in." in words(browser.get("oauth_confirm", read="now"))
    world.fault()
    assert "Alder Dental Group" in words(browser.get("oauth_confirm", read="now"))


def test_neither_code_nor_tokens_lie_open_in_the_session(browser, world):
    url = consent.answer(to_consent(browser), choice="marketplace")
    back(browser, url)
    assert parse_qs(urlsplit(url).query)["code"][0] not in str(dict(browser.client.session))
    browser.get("oauth_confirm", read="now")
    kept = str(dict(browser.client.session))
    assert "access_token" not in kept
    assert "eyJhbGci" not in kept


def test_an_agency_from_the_marketplace_chooses_the_location_too(browser, world):
    install(browser, location="agency")
    assert "Which locations?" in words(browser.go(confirm(browser)))


# Reconnecting --------------------------------------------------------------------------------------------


@pytest.fixture
def known(browser, world, gist, link):
    """A link whose GHL side signed in over OAuth, and whose login broke."""
    connect(browser)
    link.ghl.refresh_from_db()
    link.ghl.set_status("reconnect", "GHL refused to renew the login.")
    return link.ghl


def test_reconnect_goes_straight_to_ghl(browser, known):
    answer = browser.get("connection_reconnect", known.key)
    assert answer["Location"] == f"/oauth/ghl/start/?reconnect={known.key}"


def test_the_same_location_keeps_the_connection_and_all_that_hangs_on_it(browser, link, known):
    before = known.credentials
    connect(browser, {"reconnect": known.key})
    known.refresh_from_db()
    assert (known.status, known.status_reason, known.name) == ("ok", "", "Alder GHL")
    assert known.credentials != before
    assert (Connection.objects.filter(provider="ghl").count(), link.mapping_versions.count()) == (1, 1)


def test_another_location_is_refused_and_the_login_kept(browser, known):
    before = everything()
    page = words(connect(browser, {"reconnect": known.key}, location=BLUEFIN))
    assert f"You signed in to another location ({BLUEFIN}) than “Alder GHL” stands for" in page
    assert everything() == before


def test_another_location_of_the_agency_is_refused_too(browser, known):
    connect(browser, {"reconnect": known.key}, location="agency")
    before = everything()
    page = browser.go(browser.post("oauth_location", location=BLUEFIN))
    assert "You signed in to another location" in words(page)
    assert everything() == before


def test_signing_in_to_a_known_location_anew_makes_no_second_connection(browser, known):
    connect(browser)
    assert Connection.objects.filter(provider="ghl").count() == 1


def test_a_connection_that_does_not_exist_cannot_be_reconnected(browser, gist):
    assert browser.get("oauth_start", reconnect="nowhere").status_code == 404
    assert browser.get("oauth_start", reconnect=gist.key).status_code == 404


def test_a_disconnected_account_comes_back(browser, known):
    browser.post("connection_disconnect", known.key)
    connect(browser, {"reconnect": known.key})
    known.refresh_from_db()
    assert (known.status, known.uses_oauth) == ("ok", True)


def test_a_private_token_instead_of_the_login_forgets_its_scopes(browser, world, known):
    browser.post("connection_reconnect", known.key, token=world.private_token)
    assert "Scopes, granted against needed" not in words(browser.get("connection", known.key))


def test_a_code_kept_under_a_lost_key_is_asked_for_anew(browser, world, settings):
    connect(browser, choice="marketplace")
    settings.ENCRYPTION_KEYS = ["q7Z9yq0wWnOJ6p8Jx4X1V0mW4Qe4x7c7v8tqYV0m3nE="]
    assert confirm(browser).status_code == 400
