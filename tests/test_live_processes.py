"""Live with real processes: the twins send webhooks, the workers write, and everything comes to rest."""

import pytest
import requests

from tests.processes import Up, database, emails, prepare, writes

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]
GHL = {"Authorization": "Bearer pit-sandbox-alder", "Version": "2021-07-28"}
GIST = {"Authorization": "Bearer gist-demo-alder"}


@pytest.fixture
def up(tmp_path):
    with database(tmp_path) as address:
        running = Up(tmp_path / "data", address)
        running.settings["GHL_WEBHOOK_PUBLIC_KEYS"] = str(running.folder / "sandbox-webhook-keys" / "public.pem")
        yield running
        running.end()


def listen(up):
    """Have both twins send their webhooks to Gistline, as an operator would set it up."""
    gist = up.report("webhooks", "g")
    ghl = up.report("webhooks", "h")
    up.control("POST", "hooks", {"account": "alder", "ghl": {"url": ghl["ghl"]["url"]}, "gist": gist})


def everyone(up, side):
    account = "48211" if side == "gist" else "A1derDenta1Group0001"
    return up.control("GET", f"contacts/{side}/{account}")["contacts"]


def at_rest(up):
    return up.control("GET", "deliveries")["pending"] == 0 and up.ask("PendingRead.objects.count()") == 0


def test_one_edit_causes_one_write_on_the_other_side_and_then_silence(up):
    prepare(up.start(), gist=3)
    assert up.report("sync", "alder", "--wait")["created"] == 3
    listen(up)
    (there, *_) = everyone(up, "ghl")
    up.control("DELETE", "calls")
    edit = {"firstName": "Anna", "lastName": "Changed"}
    requests.put(f"{up.url}/sandbox/ghl/contacts/{there['id']}", json=edit, headers=GHL, timeout=5).raise_for_status()
    up.wait_for(lambda: "Anna Changed" in {one["name"] for one in everyone(up, "gist")}, 20, "Gist has the edit")
    up.wait_for(lambda: at_rest(up), 20, "nothing is under way")
    assert (writes(up, "ghl"), writes(up, "gist")) == (1, 1)


def test_someone_new_in_gist_appears_in_ghl_once(up):
    prepare(up.start(), gist=1)
    up.report("sync", "alder", "--wait")
    listen(up)
    body = {"email": "new@example.test", "name": "New Person", "tags": ["vip"]}
    requests.post(f"{up.url}/sandbox/gist/contacts", json=body, headers=GIST, timeout=5).raise_for_status()
    up.wait_for(lambda: "new@example.test" in emails(up, "ghl"), 20, "GHL has the person")
    up.wait_for(lambda: at_rest(up), 20, "nothing is under way")
    assert emails(up, "ghl").count("new@example.test") == 1
    assert emails(up, "gist") == emails(up, "ghl")
