"""Each ready-made workflow as an operator meets it: switched on from the gallery, set off on one side, and read on the
contact's page. The twins send their webhooks, the workers work.
"""

import itertools
import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import ACCOUNTS, SETUP, Up, apply, clear, database

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.enable_socket]
GHL = {"Authorization": "Bearer pit-sandbox-alder", "Version": "2021-07-28"}
GIST = {"Authorization": "Bearer gist-demo-alder"}
PATIENCE = 30_000
"""Milliseconds a page may take to show what came of it."""
NAMES = itertools.cycle(["Ann", "Bea", "Cleo", "Dora", "Ella", "Fay", "Gus", "Hal", "Ida", "Jon", "Kit", "Lou"])


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """One link in step, both twins sending their webhooks to it."""
    folder = tmp_path_factory.mktemp("journeys")
    with database(folder) as address:
        running = Up(folder / "data", address)
        running.settings["GHL_WEBHOOK_PUBLIC_KEYS"] = str(running.folder / "sandbox-webhook-keys" / "public.pem")
        running.start(90)
        clear(running)
        apply(running, SETUP)
        running.manage("sync", "alder", "--wait")
        hooks = {"account": "alder", "ghl": {"url": running.report("webhooks", "h")["ghl"]["url"]}}
        running.control("POST", "hooks", {**hooks, "gist": running.report("webhooks", "g")})
        yield running
        running.end()


class World:
    """People's own hands in both twins, and the operator's in the browser."""

    def __init__(self, up: Up, page: Page):
        self.up, self.page = up, page

    def ghl(self, method, path, body=None, **options):
        return self._send(method, f"{self.up.url}/sandbox/ghl{path}", GHL, body, **options)

    def gist(self, method, path, body=None):
        return self._send(method, f"{self.up.url}/sandbox/gist{path}", GIST, body)

    @staticmethod
    def _send(method, url, headers, body, **options):
        answer = requests.request(method, url, headers=headers, json=body, timeout=30, **options)
        assert answer.ok, answer.text
        return answer.json()

    def trigger(self, topic, gist_id, **data):
        event = {"side": "gist", "account": "alder", "topic": topic, "contact": gist_id, "data": data}
        self.up.control("POST", "trigger", event)

    def switch_on(self, title):
        """From the list of workflows: three clicks, the link being the only one."""
        self.page.goto("/workflows/")
        self.page.get_by_role("main").get_by_role("link", name="Add a workflow").first.click()
        self.page.get_by_text(title, exact=True).click()
        self.page.get_by_role("button", name="Create and switch on").click()
        self.page.wait_for_url(re.compile(r"/workflows/\d+/"))
        expect(self.page.locator("#flow-badge")).to_have_text("On")

    def person(self, **fields):
        """Somebody new in Gist, who comes to GHL by webhook; their ids there."""
        name = f"{next(NAMES)} {len(self._all('gist'))}"
        email = f"{name.replace(' ', '.').lower()}@example.test"
        contact = self.gist("POST", "/contacts", {"email": email, "name": name, **fields})["contact"]
        self.up.wait_for(lambda: self._in_ghl(email), 30, "the contact arrives in GHL")
        self.up.wait_for(lambda: self.up.ask("PendingRead.objects.count()") == 0, 30, "the webhooks come to rest")
        return str(contact["id"]), self._in_ghl(email)

    def _in_ghl(self, email):
        return next((one["id"] for one in self._all("ghl") if one["email"] == email), "")

    def _all(self, side):
        return self.up.control("GET", f"contacts/{side}/{ACCOUNTS[side]}")["contacts"]

    def task(self, ghl_id, title="Call back"):
        body = {"title": title, "dueDate": "2030-01-02T15:00:00Z", "completed": False}
        return self.ghl("POST", f"/contacts/{ghl_id}/tasks", body)["task"]

    def carried(self, gist_id, name, value):
        """All that Gist shows once it shows that value: an earlier one may have come first, told in the same words."""

        def shown():
            properties = self.gist("GET", f"/contacts/{gist_id}")["contact"]["custom_properties"]
            return properties if properties.get(name) == value else None

        return self.up.wait_for(shown, PATIENCE / 1000, f"Gist shows {value} as {name}")

    def read(self, gist_id, *sentences):
        """The contact's page says all of it in its timeline, after a while."""
        address = f"/contacts/alder/gist/{gist_id}/"

        def told():
            self.page.goto(address)
            said = self.page.locator("#timeline").inner_text()
            return all(sentence in said for sentence in sentences)

        self.up.wait_for(told, PATIENCE / 1000, f"the timeline tells {sentences}")


@pytest.fixture
def world(up, page):
    sign_in(page)
    made = World(up, page)
    yield made
    assert page.troubles == []
    # Of what the test set going some may be written still.
    up.ask("[delete_row(one) for one in Workflow.objects.all()]")


def test_a_new_contact_arrives_with_two_tasks_a_note_and_a_tag_in_the_order_given(world, page):
    world.switch_on("Welcome new contact")
    for search, label, text in (
        ("create a task", "Title", "Send the price list"),
        ("add tags ghl", "Tags", "from-gist"),
    ):
        page.locator("#open-picker").click()
        page.keyboard.type(search)
        page.keyboard.press("Enter")
        page.get_by_label(label, exact=True).fill(text)
    page.locator("#save").click()
    expect(page.get_by_text("Version 2 is saved.")).to_be_visible()
    gist_id, ghl_id = world.person()
    world.read(gist_id, "Send the price list", "Came from Gist", "Tags in GHL")
    titles = [task["title"] for task in world.ghl("GET", f"/contacts/{ghl_id}/tasks")["tasks"]]
    assert len(titles) == 2
    assert titles[1] == "Send the price list"
    assert page.locator("#card-task .items > *").count() >= 2
    assert "from-gist" in world.ghl("GET", f"/contacts/{ghl_id}")["contact"]["tags"]


def by_tag(world, gist_id, task):
    world.gist("POST", "/tags", {"name": f"task-done:{task['id']}", "contacts": [{"id": int(gist_id)}]})


def by_property(world, gist_id, task):
    world.gist("POST", "/contacts", {"id": int(gist_id), "custom_properties": {"ghl_complete_task": task["title"]}})


def by_webhook_with_the_id(world, gist_id, task):
    world.trigger("workflow", gist_id, action="complete_task", task=task["id"])


def by_webhook_with_the_title(world, gist_id, task):
    world.trigger("workflow", gist_id, action="complete_task", task=task["title"])


@pytest.mark.parametrize(
    "way", [by_tag, by_property, by_webhook_with_the_id, by_webhook_with_the_title], ids=lambda way: way.__name__
)
def test_a_task_done_in_gist_is_completed_in_ghl_and_carried_back(world, page, way):
    gist_id, ghl_id = world.person()
    task = world.task(ghl_id)
    world.switch_on("Task done")
    way(world, gist_id, task)
    world.read(gist_id, "Gist now shows", "GHL task completed")
    expect(page.get_by_role("checkbox", name="Completed: Call back")).to_be_checked()
    world.carried(gist_id, "ghl_last_task_done", "Call back")


def test_a_task_completed_in_ghl_is_carried_to_gist(world, page):
    gist_id, ghl_id = world.person()
    task = world.task(ghl_id)
    world.switch_on("Task done")
    world.ghl("PUT", f"/contacts/{ghl_id}/tasks/{task['id']}/completed", {"completed": True})
    world.read(gist_id, "was completed in GHL", "Gist now shows")
    world.carried(gist_id, "ghl_open_tasks", 0)


def test_a_changed_contact_updates_its_open_tasks_and_the_next_appointment(world, page):
    gist_id, ghl_id = world.person()
    name = world.ghl("GET", f"/contacts/{ghl_id}")["contact"]
    old = f"{name['firstName']} {name['lastName']}"
    world.task(ghl_id, f"Call {old}")
    book(world, ghl_id, f"Check-up {old}")
    world.switch_on("Keep in step")
    world.ghl("PUT", f"/contacts/{ghl_id}", {"firstName": "Renamed", "lastName": "Person"})
    world.read(gist_id, "Open tasks updated", "Next appointment updated")
    expect(page.locator("#card-task")).to_contain_text("Call Renamed Person")
    expect(page.locator("#card-appointment")).to_contain_text("Check-up Renamed Person")


def book(world, ghl_id, title):
    found = world.ghl("GET", "/calendars/", params={"locationId": ACCOUNTS["ghl"]})["calendars"][0]
    body = {"calendarId": found["id"], "locationId": ACCOUNTS["ghl"], "contactId": ghl_id, "title": title}
    times = {"startTime": "2030-02-01T15:00:00Z", "endTime": "2030-02-01T15:30:00Z", "ignoreFreeSlotValidation": True}
    who = {"assignedUserId": found["teamMembers"][0]["userId"]}
    world.ghl("POST", "/calendars/events/appointments", {**body, **times, **who})


def test_a_meeting_is_booked_moved_and_cancelled_as_an_appointment(world, page):
    gist_id, _ = world.person()
    world.switch_on("Meeting booked")
    meeting = {"id": int(gist_id) * 7, "title": "Demo", "scheduled_at": "2030-03-01T15:00:00Z"}
    world.trigger("meeting_scheduled", gist_id, meeting=meeting)
    world.read(gist_id, "Appointment “Demo”")
    expect(page.locator("#card-appointment")).to_contain_text("Demo")
    world.trigger("meeting_rescheduled", gist_id, meeting={**meeting, "scheduled_at": "2030-03-05T15:00:00Z"})
    world.up.wait_for(lambda: starts(world) == ["2030-03-05T15:00:00Z"], 30, "the appointment is moved")
    world.trigger("meeting_cancelled", gist_id, meeting=meeting)

    def is_cancelled():
        page.goto(f"/contacts/alder/gist/{gist_id}/")
        return "ancelled" in page.locator("#card-appointment").inner_text()

    world.up.wait_for(is_cancelled, 30, "the page shows that it is cancelled")


def starts(world):
    return world.up.ask("[one.base['start_at'] for one in Related.objects.filter(gist_key__startswith='meeting:')]")


def test_an_opened_conversation_has_gist_show_how_things_stand(world, page):
    gist_id, ghl_id = world.person()
    world.switch_on("Contact opened")
    world.task(ghl_id, "Ring about the plan")
    sender = {"type": "contact", "id": int(gist_id)}
    world.gist("POST", "/conversations", {"from": sender, "body": "Hello"})
    world.read(gist_id, "Gist now shows")
    shown = world.carried(gist_id, "ghl_next_task", "Ring about the plan")
    page.goto(shown["gistline_url"])
    expect(page.get_by_role("checkbox", name="Complete: Ring about the plan")).to_be_visible()


def test_a_task_ticked_on_the_contact_page_is_completed_and_carried(world, page):
    gist_id, ghl_id = world.person()
    world.task(ghl_id)
    world.switch_on("Task done")
    page.goto(f"/contacts/alder/gist/{gist_id}/")
    page.get_by_role("checkbox", name="Complete: Call back").click()
    expect(page.get_by_role("checkbox", name="Completed: Call back")).to_be_checked()
    world.read(gist_id, "Task “Call back” was completed.", "Gist now shows")
    assert [task["completed"] for task in world.ghl("GET", f"/contacts/{ghl_id}/tasks")["tasks"]] == [True]
