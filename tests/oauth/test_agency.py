"""An agency connects several locations at once, each linked with the Gist workspace of the same client."""

import pytest

from integration.connections.proposals import propose_pairs
from integration.models import AuditEntry, Connection, Link
from integration.twin import worlds
from tests import consent
from tests.dashboard.browser import html, words

ALDER, BLUEFIN = worlds.LOCATION_IDS["alder"], worlds.LOCATION_IDS["bluefin"]


@pytest.fixture
def signed_in(browser, world):
    """At the choice of locations, with the whole agency."""
    asked = browser.get("oauth_start", sandbox="1")["Location"]
    browser.client.get(consent.answer(asked, location="agency"))
    return browser


def test_several_are_connected_at_once_and_linked_in_watch_mode(signed_in, gist):
    page = signed_in.post("oauth_location", **{"location": [ALDER, BLUEFIN], f"gist-{ALDER}": gist.key})
    assert page["Location"] == "/connections/"
    made = Connection.objects.filter(provider="ghl", status="ok")
    assert {one.account_id for one in made} == {ALDER, BLUEFIN}
    link = Link.objects.get()
    assert (link.gist, link.ghl.account_id, link.mode) == (gist, ALDER, "watch")
    assert link.mapping_versions.get().rows.count() == 4
    assert "It watches: it reads, and writes nothing." in words(signed_in.go(page))


def test_each_stands_in_the_audit_trail(signed_in, gist):
    signed_in.post("oauth_location", **{"location": [ALDER, BLUEFIN], f"gist-{ALDER}": gist.key})
    recorded = list(AuditEntry.objects.exclude(what="signed_in").order_by("pk").values_list("what", "subject"))
    assert recorded == [
        ("oauth_location", "Alder Dental Group"),
        ("link_new", "Alder Dental Group"),
        ("oauth_location", "Bluefin Plumbing"),
    ]


def test_the_workspace_of_the_same_name_is_chosen_already(signed_in, gist):
    Connection.objects.filter(pk=gist.pk).update(name="Alder Dental")
    page = html(signed_in.get("oauth_location", read="now"))
    assert page.count(f'<option value="{gist.key}" selected>') == 1


def test_a_location_that_is_connected_already_says_so_and_gets_no_proposal(signed_in, gist, ghl):
    page = signed_in.get("oauth_location", read="now")
    assert "Connected already as Alder GHL; its login is replaced" in words(page)
    assert f'<option value="{gist.key}" selected>' not in html(page)


def test_nothing_ticked_is_said(signed_in):
    assert "Tick at least one location." in words(signed_in.post("oauth_location"))
    assert not Connection.objects.exists()


def test_what_fails_with_one_keeps_no_other_from_it_and_can_be_chosen_again(signed_in, world, monkeypatch):
    from integration.errors import Retryable
    from integration.oauth import connect

    given = connect.location_token

    def refuse_alder(app, answer, location_id):
        if location_id == ALDER:
            raise Retryable("GHL is busy.")
        return given(app, answer, location_id)

    monkeypatch.setattr(connect, "location_token", refuse_alder)
    page = words(signed_in.go(signed_in.post("oauth_location", location=[ALDER, BLUEFIN])))
    assert "Alder Dental Group is not connected: GHL is busy." in page
    assert Connection.objects.get().account_id == BLUEFIN
    monkeypatch.undo()


def test_a_workspace_of_the_real_gist_is_not_linked_with_the_sandbox(signed_in, gist):
    Connection.objects.filter(pk=gist.pk).update(sandbox=False)
    page = signed_in.post("oauth_location", **{"location": [ALDER], f"gist-{ALDER}": gist.key})
    assert "is not one of the available choices" in words(page)
    assert not Link.objects.exists()


def test_an_agency_with_more_locations_than_a_page_has_is_read_to_the_end(signed_in, monkeypatch):
    from integration.oauth import connect

    monkeypatch.setattr(connect, "PAGE", 1)
    page = words(signed_in.get("oauth_location", read="now"))
    assert (ALDER in page, BLUEFIN in page) == (True, True)


@pytest.mark.parametrize(
    ("locations", "workspaces", "proposed"),
    [
        ({"l": "Alder Dental Group"}, {"g": "Alder Dental (Gist)"}, {"l": "g"}),
        ({"l": "Bluefin Plumbing Co."}, {"g": "Alder Dental"}, {}),
        ({"l": "Harbour Dental"}, {"g": "Harbour Dental Nord", "h": "Harbour Dental Süd"}, {}),
        ({"l": "Harbour", "m": "Harbour"}, {"g": "Harbour"}, {}),
        ({"l": "Cedar Yoga", "m": "Cedar Yoga Nord"}, {"g": "cedar yoga", "h": "Fernway"}, {}),
        ({"l": "Gist"}, {"g": "GHL"}, {}),
    ],
    ids=["alike", "strangers", "two workspaces", "two locations", "one of two names", "nothing but empty words"],
)
def test_a_proposal_is_made_only_where_it_could_be_nobody_else(locations, workspaces, proposed):
    assert propose_pairs(locations, workspaces) == proposed
