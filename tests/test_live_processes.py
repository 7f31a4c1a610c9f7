"""Live with real processes: the twins send webhooks, the workers write, and everything comes to rest."""

import os
import time

import pytest
import requests

from tests.processes import SETUP, Up, apply, clear, database, emails, prepare, writes

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


def test_gist_shows_the_open_tasks_within_two_seconds_whoever_changed_them(up):
    prepare(up.start(), gist=1)
    up.report("sync", "alder", "--wait")
    listen(up)
    (there,), base = everyone(up, "ghl"), f"{up.url}/sandbox/ghl/contacts"
    tasks = f"{base}/{there['id']}/tasks"
    made = ghl("POST", tasks, {"title": "Call back", "dueDate": "2030-01-02T10:00:00Z", "completed": False})["task"]
    figures = {"made by hand": shown_after(up, 1)}
    ghl("PUT", f"{tasks}/{made['id']}/completed", {"completed": True})
    figures["completed there"] = shown_after(up, 0)
    tick(up, there["id"], made["id"], False)
    figures["reopened on the contact page"] = shown_after(up, 1)
    tick(up, there["id"], made["id"], True)
    figures["completed on the contact page"] = shown_after(up, 0)
    ghl("POST", tasks, {"title": "Another", "dueDate": "2030-01-02T10:00:00Z", "completed": False})
    shown_after(up, 1)
    other = next(one for one in ghl("GET", tasks)["tasks"] if one["title"] == "Another")
    ghl("DELETE", f"{tasks}/{other['id']}")
    figures["deleted"] = shown_after(up, 0)
    assert max(figures.values()) <= within(2), figures


def within(seconds):
    """As long on a machine that does nothing else; on a busy one each process waits for its turn."""
    return seconds * max(1, os.getloadavg()[0] / os.cpu_count())


def ghl(method, address, body=None):
    answer = requests.request(method, address, json=body, headers=GHL, timeout=5)
    answer.raise_for_status()
    return answer.json()


def shown_after(up, number):
    """Seconds until Gist shows so many open tasks."""
    began = time.monotonic()
    up.wait_for(lambda: open_tasks(up) == number, 20, f"Gist shows {number} open tasks")
    return time.monotonic() - began


def open_tasks(up):
    (one,) = everyone(up, "gist")
    return (one.get("custom_properties") or {}).get("ghl_open_tasks")


def tick(up, contact_id, task_id, done):
    """As somebody does on the contact page."""
    rooms = "__import__('integration.people', fromlist=['commands', 'find'])"
    person = f"{rooms}.find.find_by_id(Link.objects.get(), 'ghl', {contact_id!r})"
    up.ask(f"{rooms}.commands.tick_task({person}, {task_id!r}, {done}, None)")


def test_gist_shows_the_tasks_of_a_welcome_workflow_within_two_seconds(up):
    clear(up.start())
    tasks = [{"title": "Call"}, {"title": "Send the brochure"}]
    (link,) = SETUP["links"]
    welcome = {"template": "welcome_new_contact", "enabled": True, "tasks": tasks}
    apply(up, {**SETUP, "links": [{**link, "workflows": [welcome]}]})
    up.report("sync", "alder", "--wait")
    listen(up)
    body = {"email": "new@example.test", "name": "New Person"}
    requests.post(f"{up.url}/sandbox/gist/contacts", json=body, headers=GIST, timeout=5).raise_for_status()
    up.wait_for(lambda: both_tasks(up), 30, "the workflow has made both tasks")
    assert shown_after(up, 2) <= within(2)


def both_tasks(up):
    people = everyone(up, "ghl")
    return people and len(ghl("GET", f"{up.url}/sandbox/ghl/contacts/{people[0]['id']}/tasks")["tasks"]) == 2
