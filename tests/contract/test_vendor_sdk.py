"""HighLevel's own Python SDK works against the GHL twin: a second client that we did not write."""

import asyncio

import httpx
import pytest
import requests


@pytest.fixture
def sdk(world, monkeypatch):
    # Here and not above: it takes seconds, in each process that gathers tests.
    from highlevel import HighLevel

    monkeypatch.setattr(HighLevel, "BASE_URL", f"{world.base}/ghl")
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", _handle)
    # Made inside the event loop of the test: outside of one it opens a loop that it never closes.
    return lambda: HighLevel(private_integration_token=world.private_token).contacts


async def _handle(self, request: httpx.Request) -> httpx.Response:
    """The same way in-process as `requests` takes in the tests."""
    body = await request.aread()
    sent = requests.request(str(request.method), str(request.url), headers=dict(request.headers), data=body, timeout=10)
    return httpx.Response(sent.status_code, headers={"Content-Type": "application/json"}, content=sent.content)


def test_the_sdk_creates_finds_changes_and_deletes_a_contact(sdk, world):
    async def story():
        contacts = sdk()
        body = {"locationId": world.location, "firstName": "Ann", "email": "ann@example.test"}
        one = (await contacts.create_contact(body))["contact"]["id"]
        await contacts.update_contact(one, {"lastName": "Lee"})
        read = (await contacts.get_contact(one))["contact"]
        by_email = {"field": "email", "operator": "eq", "value": "ann@example.test"}
        search = {"locationId": world.location, "pageLimit": 10, "filters": [by_email]}
        found = await contacts.search_contacts_advanced(search)
        tags = await contacts.add_tags(one, {"tags": ["VIP"]})
        gone = await contacts.delete_contact(one)
        return read, found, tags, gone

    read, found, tags, gone = asyncio.run(story())
    assert (read["firstName"], read["lastName"]) == ("Ann", "Lee")
    assert [hit["id"] for hit in found["contacts"]] == [read["id"]]
    assert tags["tags"] == ["vip"]
    assert gone["succeded"]
    assert world.everyone("ghl") == []


def test_the_sdk_works_with_tasks_and_notes(sdk, world):
    one = world.ghl_contact(firstName="Ann")["id"]

    async def story():
        contacts = sdk()
        task = {"title": "Call", "dueDate": "2026-12-01T10:00:00Z", "completed": False}
        made = (await contacts.create_task(one, task))["task"]
        await contacts.update_task_completed(one, made["id"], {"completed": True})
        await contacts.create_note(one, {"body": "Called"})
        return await contacts.get_all_tasks(one), await contacts.get_all_notes(one)

    tasks, notes = asyncio.run(story())
    assert [(task["title"], task["completed"]) for task in tasks["tasks"]] == [("Call", True)]
    assert [note["body"] for note in notes["notes"]] == ["Called"]


def test_the_sdk_hears_refusals_as_its_own_errors(sdk, world):
    body = {"locationId": world.location, "firstName": "Ann", "email": "ann@example.test"}

    async def twice():
        contacts = sdk()
        await contacts.create_contact(body)
        await contacts.create_contact(body)

    from highlevel.error import GHLError

    with pytest.raises(GHLError) as refusal:
        asyncio.run(twice())
    assert "duplicate" in str(refusal.value.response or refusal.value).lower()
