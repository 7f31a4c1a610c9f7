"""Connections: a login that does not work is never stored, and one in use is never lost by accident."""

import pytest

from integration.models import Connection
from integration.webhooks.addresses import webhook_addresses
from tests.dashboard.browser import html, words

NEW_GIST = {"name": "Alder Gist", "key": "gist-demo-alder", "sandbox": "on"}
NEW_TOKEN = {"location_id": "A1derDenta1Group0001", "token": "pit-sandbox-alder", "sandbox": "on"}


def steps(page):
    """The lines of the connection check, in words."""
    return words(page).partition("Is everything in place?")[2].partition("Status")[0]


# Connecting ----------------------------------------------------------------------------------------------


def test_a_gist_key_that_works_becomes_a_checked_connection(as_operator, world):
    page = as_operator.go(as_operator.post("connection_new_gist", **NEW_GIST))
    made = Connection.objects.get()
    assert (made.status, made.credentials["access_token"]) == ("ok", "gist-demo-alder")
    assert "“Alder Gist” is connected." in words(page)


def test_a_wrong_gist_key_is_refused_and_not_stored(as_operator, world):
    page = as_operator.post("connection_new_gist", **{**NEW_GIST, "key": "wrong"})
    assert page.status_code == 422
    assert "Gist" in words(page)
    assert 'role="alert"' in html(page)
    assert not Connection.objects.exists()


def test_a_private_token_that_works_takes_the_name_of_its_location(as_operator, world):
    page = as_operator.go(as_operator.post("connection_new_ghl", **NEW_TOKEN))
    made = Connection.objects.get()
    assert (made.status, made.name, made.account_id) == ("ok", "Alder Dental Group", world.location)
    assert "“Alder Dental Group” is connected." in words(page)


@pytest.mark.parametrize("wrong", [{"token": "pit-wrong"}, {"location_id": "elsewhere"}], ids=["token", "location"])
def test_a_wrong_private_token_or_location_is_refused_and_not_stored(as_operator, world, wrong):
    page = as_operator.post("connection_new_ghl", **{**NEW_TOKEN, **wrong})
    assert page.status_code == 422
    assert 'class="banner is-bad"' in html(page)
    assert not Connection.objects.exists()


def test_a_provider_that_is_down_is_told_and_nothing_is_stored(as_operator, world, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.random.uniform", lambda low, high: 0)
    world.fault({"side": "gist", "kind": "500"})
    page = as_operator.post("connection_new_gist", **NEW_GIST)
    assert page.status_code == 422
    assert not Connection.objects.exists()


def test_the_same_location_again_keeps_its_connection(as_operator, world, link):
    as_operator.post("connection_new_ghl", **NEW_TOKEN)
    link.ghl.refresh_from_db()
    assert (Connection.objects.filter(provider="ghl").count(), link.ghl.name) == (1, "Alder GHL")


def test_without_the_demo_no_sandbox_is_offered(as_operator, settings):
    settings.DEMO = False
    for name in ("connection_new_gist", "connection_new_ghl"):
        assert "sandbox" not in words(as_operator.get(name))


@pytest.mark.parametrize("name", ["connection_new_gist", "connection_new_ghl"])
def test_a_form_sent_empty_says_what_is_missing(as_operator, name):
    page = as_operator.post(name, name="")
    assert (page.status_code, "This field is required." in words(page)) == (422, True)


def test_secrets_are_never_shown(as_operator, world, gist, ghl):
    for connection in (gist, ghl):
        for name in ("connection", "connection_reconnect"):
            page = html(as_operator.get(name, connection.key))
            assert not {world.api_key, world.private_token} & set(page.replace('"', " ").split())


# The check -----------------------------------------------------------------------------------------------


def test_the_check_shows_each_step(as_operator, world, ghl):
    said = steps(as_operator.go(as_operator.post("connection_check", ghl.key)))
    assert "Login accepted fine" in said
    assert "Location “Alder Dental Group”." in said
    assert "One contact read" in said


def test_the_check_of_a_dead_key_says_so_and_stops_there(as_operator, world, gist):
    gist.credentials = {"access_token": "gone"}
    gist.save()
    page = as_operator.go(as_operator.post("connection_check", gist.key))
    gist.refresh_from_db()
    assert gist.status == "reconnect"
    assert "needs you" in steps(page)
    assert "One contact read Not known until the login works again. not checked" in steps(page)


def test_the_check_answers_htmx_with_its_own_part(as_operator, world, gist):
    as_operator.client.defaults["HTTP_HX_REQUEST"] = "true"
    part = html(as_operator.post("connection_check", gist.key))
    assert part.strip().startswith('<div class="split" id="health">')


def test_a_lost_encryption_key_is_told_with_its_cure(as_operator, world, gist, settings):
    settings.ENCRYPTION_KEYS = ["q7Z9yq0wWnOJ6p8Jx4X1V0mW4Qe4x7c7v8tqYV0m3nE="]
    page = as_operator.go(as_operator.post("connection_check", gist.key))
    assert "Restart the host with the newest key, or put the key back that was taken out." in words(page)


# Renaming, disconnecting, deleting -----------------------------------------------------------------------


def test_a_connection_is_renamed_and_keeps_its_key(as_operator, gist):
    as_operator.post("connection_rename", gist.key, name="Alder Dental")
    assert Connection.objects.get(key="alder-gist").name == "Alder Dental"


def test_a_connection_needs_a_name(as_operator, gist):
    page = as_operator.post("connection_rename", gist.key, name=" ")
    assert (page.status_code, Connection.objects.get().name) == (422, "Alder Gist")
    assert "<h1>Alder Gist</h1>" in html(page)


def test_disconnecting_forgets_the_login_and_keeps_what_hangs_on_it(as_operator, link):
    page = as_operator.go(as_operator.post("connection_disconnect", link.ghl.key))
    link.ghl.refresh_from_db()
    assert (link.ghl.credentials, link.ghl.status) == ({}, "disconnected")
    assert link.mapping_versions.count() == 1
    assert "mappings and history stay" in words(page)


def test_a_disconnected_account_is_not_called_any_more(as_operator, world, link):
    as_operator.post("connection_disconnect", link.ghl.key)
    world.forget_calls()
    page = as_operator.go(as_operator.post("link_sync", "alder"))
    assert "Alder GHL needs a new login before Alder can sync" in words(page)
    assert world.calls()["ghl"] == 0


def test_a_connection_in_use_cannot_be_deleted(as_owner, link):
    page = as_owner.go(as_owner.post("connection_delete", link.gist.key, confirm="Alder Gist"))
    assert "“Alder Gist” is used by “Alder”." in words(page)
    assert Connection.objects.count() == 2


@pytest.mark.parametrize("typed", ["", "alder gist", "Alder"])
def test_deleting_needs_the_name_typed(as_owner, gist, typed):
    page = as_owner.go(as_owner.post("connection_delete", gist.key, confirm=typed))
    assert "Nothing was deleted" in words(page)
    assert Connection.objects.count() == 1


def test_a_connection_that_no_link_uses_is_deleted_by_its_name(as_owner, gist):
    page = as_owner.go(as_owner.post("connection_delete", gist.key, confirm=" Alder Gist "))
    assert "“Alder Gist” is deleted." in words(page)
    assert not Connection.objects.exists()


def test_operators_are_not_offered_to_delete(as_operator, as_owner, gist):
    assert "Delete the connection" not in words(as_operator.get("connection", gist.key))
    assert "Delete the connection" in words(as_owner.get("connection", gist.key))


# Reconnecting --------------------------------------------------------------------------------------------


def test_reconnecting_gist_keeps_the_connection(as_operator, world, link):
    link.gist.credentials = {"access_token": "gone"}
    link.gist.save()
    link.gist.set_status("reconnect", "The API key was refused.")
    as_operator.post("connection_reconnect", link.gist.key, key=world.api_key)
    again = Connection.objects.get(pk=link.gist.pk)
    assert (again.status, again.status_reason, again.name) == ("ok", "", "Alder Gist")
    assert again.credentials == {"access_token": world.api_key}


def test_reconnecting_with_a_wrong_key_keeps_the_present_login(as_operator, world, gist):
    page = as_operator.post("connection_reconnect", gist.key, key="wrong")
    gist.refresh_from_db()
    assert (page.status_code, gist.credentials, gist.status) == (422, {"access_token": world.api_key}, "ok")


def test_reconnecting_ghl_with_a_token_of_another_location_is_refused(as_operator, world, ghl):
    page = as_operator.post("connection_reconnect", ghl.key, token="pit-sandbox-bluefin")
    ghl.refresh_from_db()
    assert (page.status_code, ghl.credentials) == (422, {"private_token": world.private_token})


def test_every_page_says_which_login_is_broken(as_operator, gist):
    gist.set_status("reconnect", "The API key was refused.")
    page = as_operator.get("log")
    assert "Alder Gist: the Gist login is broken. The API key was refused." in words(page)
    assert f"/connections/{gist.key}/reconnect/" in html(page)


def test_a_reconnect_takes_the_banner_away(as_operator, world, gist):
    gist.set_status("reconnect", "The API key was refused.")
    page = as_operator.go(as_operator.post("connection_reconnect", gist.key, key=world.api_key))
    assert "login is broken" not in words(page)


OTHER_KEY = "q7Z9yq0wWnOJ6p8Jx4X1V0mW4Qe4x7c7v8tqYV0m3nE="


@pytest.mark.parametrize("name", ["overview", "links", "link", "mapping_versions", "connections", "runs", "log"])
def test_a_lost_encryption_key_leaves_the_pages_standing(as_operator, link, settings, name):
    settings.ENCRYPTION_KEYS = [OTHER_KEY]
    arguments = ["alder"] if name in ("link", "mapping_versions") else []
    assert as_operator.get(name, *arguments).status_code == 200


def test_a_lost_encryption_key_is_cured_by_a_new_login(as_operator, world, gist, settings):
    settings.ENCRYPTION_KEYS = [OTHER_KEY]
    as_operator.post("connection_reconnect", gist.key, key=world.api_key)
    assert Connection.objects.get().credentials == {"access_token": world.api_key}


def test_checking_a_disconnected_account_leaves_it_disconnected(as_operator, world, ghl):
    as_operator.post("connection_disconnect", ghl.key)
    as_operator.post("connection_check", ghl.key)
    ghl.refresh_from_db()
    assert ghl.status == "disconnected"


def test_an_operator_makes_new_addresses_and_a_viewer_does_not(as_operator, as_viewer, gist):
    old = webhook_addresses(gist)["contact_created"]["url"]
    assert as_viewer.post("connection_addresses", gist.key).status_code == 403
    page = as_operator.go(as_operator.post("connection_addresses", gist.key))
    gist.refresh_from_db()
    new = webhook_addresses(gist)["contact_created"]["url"]
    assert "The addresses are new; the old ones take nothing any more." in words(page)
    assert new in html(page)
    assert old not in html(page)


def test_ghl_s_address_is_not_renewed(as_operator, ghl):
    page = words(as_operator.go(as_operator.post("connection_addresses", ghl.key)))
    assert "GHL's address is the same for everybody and no secret" in page.replace("’", "'")
    assert "Make new addresses" not in page
