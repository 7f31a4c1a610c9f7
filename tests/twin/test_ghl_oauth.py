"""The GHL twin lets applications in as GHL does: consent, codes, tokens, scopes (docs/ghl-api.md#token)."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.twin.conftest import COMPANY, LOCATION, OTHER_LOCATION, Api

Contact = dict[str, Any]


def consent(choice: str, location: str = LOCATION, scopes: tuple[str, ...] = ("contacts.readonly",)) -> str:
    form = {
        "client_id": "sandbox-gistline",
        "redirect_uri": "http://localhost/back",
        "state": "s1",
        "location": location,
        "scopes": list(scopes),
        "choice": choice,
    }
    return Client().post("/sandbox/ghl/oauth/chooselocation", form)["Location"]


def token(**body: str) -> Any:
    form = {"client_id": "sandbox-gistline", "client_secret": "sandbox-secret", **body}
    return Client().post("/sandbox/ghl/oauth/token", json.dumps(form), content_type="application/json")


def signed_in(location: str = LOCATION, scopes: tuple[str, ...] = ("contacts.readonly",)) -> dict[str, Any]:
    code = consent("allow", location, scopes).split("code=")[1].split("&")[0]
    return token(grant_type="authorization_code", code=code).json()


def test_the_consent_page_shows_what_is_asked_for() -> None:
    query = "client_id=sandbox-gistline&redirect_uri=http://localhost/back&scope=contacts.readonly&state=s"
    page = Client().get(f"/sandbox/ghl/oauth/chooselocation?{query}")
    assert page.status_code == 200
    for text in ("Alder Dental Group", "contacts.readonly", "Allow", "Cancel", "Install from the marketplace"):
        assert text in page.content.decode()


def test_consent_comes_back_with_state_cancel_with_error_and_marketplace_without_state() -> None:
    assert consent("allow").endswith("&state=s1")
    assert consent("cancel") == "http://localhost/back?error=access_denied&state=s1"
    assert "state" not in consent("marketplace")


def test_a_code_works_once() -> None:
    code = consent("allow").split("code=")[1].split("&")[0]
    first = token(grant_type="authorization_code", code=code)
    assert (first.status_code, first.json()["userType"], first.json()["expires_in"]) == (200, "Location", 86399)
    assert token(grant_type="authorization_code", code=code).status_code == 400


def test_wrong_client_credentials_are_refused() -> None:
    assert token(grant_type="refresh_token", client_secret="wrong").status_code == 401


def test_a_spent_refresh_token_gives_the_same_answer_for_30_seconds(time_machine_at: Any) -> None:
    refresh = signed_in()["refresh_token"]
    first = token(grant_type="refresh_token", refresh_token=refresh).json()
    assert token(grant_type="refresh_token", refresh_token=refresh).json() == first
    time_machine_at(31)
    assert token(grant_type="refresh_token", refresh_token=refresh).status_code == 400
    assert token(grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 200


def test_refresh_tokens_are_counted_by_what_became_of_them(control: Api, time_machine_at: Any) -> None:
    refresh = signed_in()["refresh_token"]
    for _ in range(2):
        token(grant_type="refresh_token", refresh_token=refresh)
    time_machine_at(31)
    token(grant_type="refresh_token", refresh_token=refresh)
    assert control.get("/tokens/").json() == {"refreshes": {"fresh": 1, "again": 1, "spent": 1}}


def test_access_tokens_end_when_the_control_says_so(ghl: Api, control: Api) -> None:
    bearer = {"Authorization": f"Bearer {signed_in()['access_token']}"}
    assert ghl.get("/contacts/x", **bearer).status_code == 400
    assert [control.post("/expire/").json() for _ in range(2)] == [{"expired": 1}, {"expired": 0}]
    assert ghl.get("/contacts/x", **bearer).json()["message"] == "Invalid JWT"
    assert ghl.get("/contacts/x").status_code == 400  # A private token has no end.


@pytest.fixture
def time_machine_at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the clock of the token endpoint on by some seconds."""
    from integration.twin.ghl import oauth

    real = oauth.now_ms
    return lambda seconds: monkeypatch.setattr(oauth, "now_ms", lambda: real() + seconds * 1000)


def test_a_missing_scope_is_a_401(ghl: Api) -> None:
    bearer = f"Bearer {signed_in(scopes=('users.readonly',))['access_token']}"
    answer = ghl.get("/contacts/x", Authorization=bearer)
    assert (answer.status_code, answer.json()["message"]) == (401, "The token is not authorized for this scope.")


def test_an_agency_token_opens_locations_one_by_one(ghl: Api) -> None:
    agency = signed_in("agency", ("oauth.readonly", "oauth.write", "contacts.readonly"))
    bearer = {"Authorization": f"Bearer {agency['access_token']}"}
    assert (agency["userType"], "locationId" in agency) == ("Company", False)
    assert "not yet supported" in ghl.get("/contacts/x", **bearer).json()["message"]
    listed = ghl.get(f"/oauth/installedLocations?companyId={COMPANY}&appId=sandbox", **bearer).json()
    assert {place["_id"] for place in listed["locations"]} == {LOCATION, OTHER_LOCATION}
    body = {"companyId": COMPANY, "locationId": OTHER_LOCATION}
    one = ghl.post("/oauth/locationToken", body, **bearer).json()
    assert one["locationId"] == OTHER_LOCATION
    found = ghl.post(
        "/contacts/search",
        {"locationId": OTHER_LOCATION, "pageLimit": 1},
        Authorization=f"Bearer {one['access_token']}",
    )
    assert found.status_code == 200
