"""What the sandbox does on purpose: limits, faults, lag, counts, and the door to all that."""

from typing import Any

import pytest
from django.test import Client

from integration.twin import quirks
from integration.twin.ghl.oauth import CLIENTS
from tests.twin.conftest import LOCATION, Api


def limit(control: Api, **limits: Any) -> None:
    assert control.post("/limits/", limits).status_code == 200


def faults(control: Api, *rules: dict[str, Any], seed: int = 1) -> None:
    assert control.post("/faults/", {"faults": list(rules), "seed": seed}).status_code == 200


def test_every_ghl_answer_says_what_is_left(ghl: Api) -> None:
    answer = ghl.get("/contacts/nobody")
    assert answer["X-RateLimit-Max"] == "100"
    assert answer["X-RateLimit-Remaining"] == "99"
    assert answer["X-RateLimit-Interval-Milliseconds"] == "10000"
    assert answer["X-RateLimit-Limit-Daily"] == "200000"
    assert answer["X-RateLimit-Daily-Remaining"] == "199999"


def test_one_call_too_many_is_refused_and_not_counted(ghl: Api, control: Api) -> None:
    limit(control, ghl={"calls": 2, "seconds": 60, "daily": 200_000})
    assert [ghl.get("/contacts/x").status_code for _ in range(3)] == [400, 400, 429]
    refused = ghl.get("/contacts/x")
    assert (refused.json()["message"], refused["X-RateLimit-Remaining"]) == ("Too Many Requests", "0")
    assert refused["X-RateLimit-Daily-Remaining"] == "199998"


def test_the_window_slides(ghl: Api, control: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from integration.twin import limits

    limit(control, ghl={"calls": 1, "seconds": 60, "daily": None})
    ghl.get("/contacts/x")
    assert ghl.get("/contacts/x").status_code == 429
    real = limits.time.time
    monkeypatch.setattr(limits, "time", type("Later", (), {"time": staticmethod(lambda: real() + 61)}))
    assert ghl.get("/contacts/x").status_code == 400


def test_the_day_has_an_end_too(ghl: Api, control: Api) -> None:
    limit(control, ghl={"calls": 100, "seconds": 10, "daily": 1})
    assert [ghl.get("/contacts/x").status_code for _ in range(2)] == [400, 429]


def test_accounts_and_sides_have_their_own_windows(ghl: Api, gist: Api, control: Api) -> None:
    limit(control, ghl={"calls": 1, "seconds": 60, "daily": None}, gist={"calls": 1, "seconds": 60})
    ghl.get("/contacts/x")
    assert ghl.get("/contacts/x", Authorization="Bearer pit-sandbox-bluefin").status_code == 400
    assert [gist.get("/tags").status_code for _ in range(2)] == [200, 429]
    assert "errors" in gist.get("/tags").json()


def test_null_lifts_the_limit(ghl: Api, control: Api) -> None:
    limit(control, ghl={"calls": 1, "seconds": 60, "daily": 1})
    limit(control, ghl=None)
    assert {ghl.get("/contacts/x").status_code for _ in range(5)} == {400}


def test_calls_are_counted_by_operation_and_status(ghl: Api, control: Api) -> None:
    ghl.get("/contacts/x")
    ghl.get(f"/locations/{LOCATION}")
    counted = control.get("/calls/").json()["ghl"]
    assert counted["total"] == 2
    assert counted["by_status"] == {"400": 1, "200": 1}
    assert counted["by_operation"]["GET /contacts/{contactId}"] == 1
    assert counted["max_in_window"] == 2
    control.delete("/calls/")
    assert control.get("/calls/").json()["ghl"]["total"] == 0


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic {key}", "Bearer {key}x"])
def test_the_control_opens_with_its_key_only(settings: Any, given: str) -> None:
    key = settings.SANDBOX_CONTROL_KEY
    assert Client(headers={"Authorization": f"Bearer {key}"}).get("/sandbox/control/calls/").status_code == 200
    client = Client(REMOTE_ADDR="127.0.0.1", headers={"Authorization": given.format(key=key)} if given else None)
    assert client.get("/sandbox/control/calls/").status_code == 401


def test_without_a_key_nobody_controls_it(settings: Any) -> None:
    settings.SANDBOX_CONTROL_KEY = ""
    assert Client(headers={"Authorization": "Bearer "}).get("/sandbox/control/calls/").status_code == 401


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/", "https://example.test/hook", "http://169.254.169.254/latest/", "http://127.0.0.1@evil.test/",
        "http://0.0.0.0/", "file:///etc/passwd", "http://[::ffff:10.0.0.1]/", "http://2130706433/", "//evil.test", "",
    ],
)  # fmt: skip
def test_webhooks_and_people_are_sent_to_this_machine_only(control: Api, ghl: Api, url: str) -> None:
    assert control.post("/hooks/", {"ghl": {"url": url}}).status_code == 400
    assert control.post("/hooks/", {"gist": {"contact_created": {"url": url}}}).status_code == 400
    client = next(iter(CLIENTS))
    form = {"client_id": client, "redirect_uri": url, "choice": "allow", "scopes": []}
    for answer in (
        Client().post("/sandbox/ghl/oauth/chooselocation", form),
        Client().get("/sandbox/ghl/oauth/chooselocation", {"client_id": client, "redirect_uri": url}),
    ):
        assert answer.status_code == 400


def test_nobody_fills_the_disk_by_a_slip(control: Api) -> None:
    body = {"side": "gist", "account": "alder", "count": 10**9}
    assert control.post("/fill/", body).json() == {"error": "ValueError: count must be 0 to 200000"}


def test_nonsense_is_refused_by_the_control(control: Api) -> None:
    assert control.post("/faults/", {"faults": [{"kind": "flood"}]}).status_code == 400
    assert control.post("/reset/", {"world": "moon"}).status_code == 400
    assert control.post("/limits/", {"ghl": {"calls": 1}}).status_code == 400
    assert control.get("/nowhere/").status_code == 404


def test_a_fault_hits_only_what_its_rule_names(ghl: Api, gist: Api, control: Api) -> None:
    faults(control, {"side": "ghl", "method": "GET", "path": "^/contacts/", "kind": "500"})
    assert ghl.get("/contacts/x").status_code == 500
    assert ghl.get(f"/locations/{LOCATION}").status_code == 200
    assert gist.get("/contacts/1").status_code == 404


def test_a_fault_may_happen_only_so_often(ghl: Api, control: Api) -> None:
    faults(control, {"kind": "429", "times": 2, "retry_after": 3})
    answers = [ghl.get("/contacts/x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 400]
    assert answers[0]["Retry-After"] == "3"


def test_the_same_seed_draws_the_same_faults(ghl: Api, control: Api) -> None:
    def drawn(seed: int) -> list[int]:
        faults(control, {"kind": "500", "rate": 0.5}, seed=seed)
        return [ghl.get("/contacts/x").status_code for _ in range(20)]

    first = drawn(1)
    assert drawn(1) == first
    assert drawn(2) != first
    assert set(first) == {400, 500}


@pytest.mark.parametrize(("kind", "written"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_breaks_the_connection_before_or_after_the_write(
    ghl: Api, control: Api, kind: str, written: bool
) -> None:
    faults(control, {"kind": kind, "times": 1})
    answer: Any = ghl.post("/contacts/", {"locationId": LOCATION, "email": "cut@x.test"})
    with pytest.raises(ConnectionResetError):
        b"".join(answer.streaming_content)
    stored = control.get("/contacts/ghl/alder/").json()["contacts"]
    assert ("cut@x.test" in [contact.get("email") for contact in stored]) is written
    assert control.get("/calls/").json()["ghl"]["by_status"] == {"0": 1}


def test_a_refusal_may_be_lost_too(ghl: Api, control: Api) -> None:
    faults(control, {"kind": "reset_after", "times": 1})
    answer: Any = ghl.get("/contacts/nobody")
    with pytest.raises(ConnectionResetError):
        b"".join(answer.streaming_content)


def test_broken_json_is_cut_in_the_middle(ghl: Api, control: Api) -> None:
    faults(control, {"kind": "broken_json", "times": 1})
    answer = ghl.get(f"/locations/{LOCATION}")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_latency_and_hang_take_their_time(ghl: Api, control: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from integration.twin import faults as module

    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    faults(control, {"kind": "latency", "seconds": 1.5, "times": 1}, {"kind": "hang", "seconds": 9, "times": 1})
    assert ghl.get("/contacts/x").streaming
    assert slept == [1.5, 9]


def test_an_expired_token_stays_expired_until_it_is_renewed(ghl: Api, control: Api) -> None:
    from tests.twin.test_ghl_oauth import signed_in, token

    login = signed_in()
    bearer = f"Bearer {login['access_token']}"
    faults(control, {"kind": "expired_token", "times": 1})
    assert [ghl.get("/contacts/x", Authorization=bearer).status_code for _ in range(2)] == [401, 401]
    fresh = token(grant_type="refresh_token", refresh_token=login["refresh_token"]).json()
    assert ghl.get("/contacts/x", Authorization=f"Bearer {fresh['access_token']}").status_code == 400


def test_with_lag_the_search_shows_the_past(ghl: Api, control: Api, ada: dict[str, Any]) -> None:
    def found_ids(value: str) -> list[str]:
        body = {"locationId": LOCATION, "pageLimit": 10, "query": value}
        return [contact["id"] for contact in ghl.post("/contacts/search", body).json()["contacts"]]

    faults(control, {"kind": "lag", "seconds": 600})
    made = ghl.post("/contacts/", {"locationId": LOCATION, "email": "late@x.test"}).json()["contact"]
    ghl.put(f"/contacts/{ada['id']}", {"email": "changed@x.test"})
    assert ghl.get(f"/contacts/{made['id']}").status_code == 200
    assert (found_ids("late@x.test"), found_ids("changed@x.test"), found_ids("ada@marsh.test")) == ([], [], [ada["id"]])


def test_lag_ends(ghl: Api, control: Api) -> None:
    from integration.twin.store import current_store

    faults(control, {"kind": "lag", "seconds": 600})
    ghl.post("/contacts/", {"locationId": LOCATION, "email": "late@x.test"})
    current_store().run("UPDATE ghosts SET until = 1")
    body = {"locationId": LOCATION, "pageLimit": 10, "query": "late@x.test"}
    assert ghl.post("/contacts/search", body).json()["total"] == 1


def test_a_reset_of_the_sandbox_forgets_everything(ghl: Api, gist: Api, control: Api, ada: dict[str, Any]) -> None:
    faults(control, {"kind": "500"})
    limit(control, gist={"calls": 1, "seconds": 60})
    control.post("/reset/", {"world": "empty"})
    assert ghl.get(f"/contacts/{ada['id']}").status_code == 400
    assert control.get("/contacts/gist/alder/").json() == {"contacts": []}
    assert [gist.get("/tags").status_code for _ in range(2)] == [200, 200]


def test_filling_makes_the_same_people_on_both_sides(control: Api) -> None:
    control.post("/reset/", {"world": "empty"})
    for side in ("ghl", "gist"):
        control.post("/fill/", {"side": side, "account": "alder", "count": 30, "start": 5, "with_tags": True})
    people = {side: control.get(f"/contacts/{side}/alder/").json()["contacts"] for side in ("ghl", "gist")}
    assert [row["email"] for row in people["ghl"]] == [row["email"] for row in people["gist"]]
    assert people["ghl"][0]["email"] == "person5@example.test"
    assert [row["phone"] for row in people["ghl"]] == [row["phone"] for row in people["gist"]]
    assert len({row["phone"] for row in people["ghl"]}) == 30


def test_another_edition_of_the_same_people_shares_nothing_but_the_address(control: Api) -> None:
    control.post("/reset/", {"world": "empty"})
    for side, edition in (("ghl", 0), ("gist", 1)):
        body = {"side": side, "account": "alder", "count": 30, "with_tags": True, "edition": edition}
        control.post("/fill/", body)
    ghl, gist = (control.get(f"/contacts/{side}/alder/").json()["contacts"] for side in ("ghl", "gist"))
    for one, other in zip(ghl, gist, strict=True):
        assert one["email"] == other["email"]
        assert one["phone"] != other["phone"]
        assert one["tags"] != [tag["name"] for tag in other["tags"]]
        assert f"{one['firstName']} {one['lastName']}" != other["name"]


def test_a_quirk_can_be_switched_off(ghl: Api, control: Api) -> None:
    assert control.post("/quirks/", {"ghl_unknown_contact_400": False}).status_code == 200
    assert ghl.get("/contacts/nobody").status_code == 404
    assert control.post("/quirks/", {"no_such_quirk": True}).status_code == 400


def test_every_quirk_is_played_by_code() -> None:
    from pathlib import Path

    source = "".join(path.read_text() for path in Path(quirks.__file__).parent.rglob("*.py"))
    for quirk in quirks.ROWS:
        assert source.count(f'"{quirk.code}"') >= 2, f"{quirk.code} is only registered"
