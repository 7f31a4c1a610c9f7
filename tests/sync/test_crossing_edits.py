"""Edits that cross: somebody changes a record while Gistline's own write to it is on its way.

The answer to that write shows the edit. It must not be taken for known: it has reached nobody yet.
"""

import itertools
import json

import pytest
from requests.adapters import HTTPAdapter

from integration.models import PendingRead, Related
from integration.people import commands
from integration.people.find import find_by_id
from integration.workflows import versions
from tests.sync.hands import edit
from tests.world import sync


@pytest.fixture
def crossing(monkeypatch):
    """Has `edit` made right before the first call of `method` to an address that ends with `path`."""
    forward = HTTPAdapter.send

    def prepare(method, path, edit):
        waiting = [edit]

        def send(self, request, **options):
            if waiting and request.method == method and request.path_url.endswith(path):
                waiting.pop()()
            return forward(self, request, **options)

        monkeypatch.setattr(HTTPAdapter, "send", send)
        return waiting

    return prepare


def names(side, world):
    contact = world.everyone(side)[0]
    tags = contact["tags"]
    return sorted(tag if isinstance(tag, str) else tag["name"] for tag in tags)


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_a_tag_added_in_gist_while_gist_is_written_reaches_ghl(world, link, pair, crossing, kind):
    edit(world, pair, ghl={"phone": "+15550109876"})
    left = crossing("POST", "/contacts", lambda: edit(world, pair, gist={"tags": ["late"]}))
    sync(link, kind)
    assert left == []
    assert names("ghl", world) == ["late", "vip"]


def test_a_tag_added_in_ghl_while_ghl_is_written_reaches_gist(world, link, pair, crossing):
    edit(world, pair, gist={"phone": "+15550109876"})
    add = lambda: world.ghl("POST", f"/contacts/{pair[1]}/tags", json={"tags": ["late"]})  # noqa: E731
    crossing("PUT", f"/contacts/{pair[1]}", add)
    sync(link)
    assert names("gist", world) == ["late", "vip"]


def test_a_tag_added_beside_our_own_tag_reaches_the_other_side(world, link, pair, crossing):
    edit(world, pair, gist={"tags": ["ours"]})
    crossing("POST", f"/contacts/{pair[1]}/tags", lambda: edit(world, pair, ghl={"tags": ["vip", "theirs"]}))
    sync(link)
    assert names("gist", world) == names("ghl", world) == ["ours", "theirs", "vip"]


def test_another_field_edited_while_one_is_written_reaches_the_other_side(world, link, pair, crossing):
    edit(world, pair, gist={"phone": "+15550109876"})
    crossing("PUT", f"/contacts/{pair[1]}", lambda: edit(world, pair, ghl={"lastName": "Hill"}))
    sync(link)
    assert world.everyone("gist")[0]["name"] == "Ann Hill"


def test_a_choice_made_while_the_contact_is_written_reaches_the_other_side(world, link, pair, crossing):
    fields = world.ghl("GET", f"/locations/{world.location}/customFields")["customFields"]
    plan = next(one["id"] for one in fields if "plan" in one["fieldKey"])
    late = {"customFields": [{"id": plan, "field_value": "gold"}]}
    edit(world, pair, gist={"phone": "+15550109876"})
    crossing("PUT", f"/contacts/{pair[1]}", lambda: edit(world, pair, ghl=late))
    sync(link)
    assert world.everyone("gist")[0]["custom_properties"]["plan"] == "gold"


def test_somebody_made_in_gist_while_gistline_creates_them_keeps_what_they_have(world, link, crossing):
    """Gist finds an existing contact by its address instead of making one, and answers with all it has."""
    world.ghl_contact(firstName="Bo", lastName="Right", email="bo@example.test")
    late = {"email": "bo@example.test", "tags": ["late"], "phone": "+15550109876"}
    crossing("POST", "/contacts", lambda: world.gist_contact(**late))
    sync(link)
    (bo,) = world.everyone("ghl")
    assert (bo["tags"], bo["phone"]) == (["late"], "+15550109876")


def test_after_a_crossing_edit_the_next_run_is_quiet(world, link, pair, crossing):
    edit(world, pair, ghl={"phone": "+15550109876"})
    crossing("POST", "/contacts", lambda: edit(world, pair, gist={"tags": ["late"]}))
    sync(link)
    again = sync(link)
    assert (again.unchanged, PendingRead.objects.count()) == (1, 0)


def test_writing_without_a_crossing_edit_reads_nobody_again(world, link, pair):
    """An answer in the provider's own spelling is no edit."""
    edit(world, pair, gist={"name": "anna lee", "phone": "+1 555 010 9876", "tags": ["NEW"]})
    world.gist_contact(email="bo@example.test", name="Bo Right", phone="+15550101235", tags=["Loud"])
    world.forget_calls()
    sync(link)
    # Location, definitions, a page of contacts, one of opt-outs; a name as it stood, name and number, a tag, a new one.
    assert world.calls()["ghl"] == 4 + 4


def test_a_task_ticked_in_ghl_while_its_title_is_written_is_news(world, link, pair, crossing, operator):
    triggers = [{"on": "ghl.task_completed"}]
    does = [{"do": "note.create", "values": {"body": "Done"}}]
    versions.create_workflow(link, "keep_in_step", definition={"triggers": triggers, "actions": does}, enabled=True)
    task_id = new_task(world, pair)["id"]
    sync(link)
    address = f"/contacts/{pair[1]}/tasks/{task_id}"
    crossing("PUT", address, lambda: world.ghl("PUT", f"{address}/completed", json={"completed": True}))
    commands.edit_record(find_by_id(link, "ghl", pair[1]), "task", task_id, {"title": "Call at once"}, operator)
    sync(link)
    assert [note["body"] for note in world.ghl("GET", f"/contacts/{pair[1]}/notes")["notes"]] == ["Done"]


def test_a_task_renamed_before_its_creation_is_answered_is_known_as_it_was_sent(
    world, link, pair, monkeypatch, operator
):
    forward = HTTPAdapter.send

    def send(self, request, **options):
        answer = forward(self, request, **options)
        if request.method == "POST" and request.path_url.endswith("/tasks"):
            answer._content = answer.content.replace(b"Call Ann", b"Call Bo")
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    commands.add_record(find_by_id(link, "ghl", pair[1]), "task", {"title": "Call Ann"}, operator)
    assert Related.objects.get().base["title"] == "Call Ann"


def test_sixty_people_edited_on_both_sides_at_once_lose_no_edit(world, link, monkeypatch):
    """Each edit in GHL is carried to Gist, and while it is on its way the same person gets another one in Gist."""
    made = [world.gist_contact(email=f"p{n:02}@example.test", name=f"Person {n:02}", tags=["old"]) for n in range(60)]
    sync(link)
    for one in world.everyone("ghl"):
        number = int(one["lastName"])
        world.ghl("PUT", f"/contacts/{one['id']}", json={"phone": f"+141555526{number:02}"})
    edits = itertools.cycle([{"tags": ["late"]}, {"custom_properties": {"plan": "gold"}}, {"name": "Changed Name"}])
    waiting = {
        one["id"]: {"id": one["id"], "email": one["email"], **edit} for one, edit in zip(made, edits, strict=False)
    }
    forward = HTTPAdapter.send

    def send(self, request, **options):
        writes = request.method == "POST" and request.path_url.endswith("/gist/contacts")
        late = waiting.pop(json.loads(request.body).get("id"), None) if writes else None
        if late:
            world.gist("POST", "/contacts", json=late)
        return forward(self, request, **options)

    monkeypatch.setattr(HTTPAdapter, "send", send)
    sync(link)
    there = {one["email"]: one for one in world.everyone("ghl")}
    assert waiting == {}
    assert sum("late" in one["tags"] for one in there.values()) == 20
    assert sum(one["firstName"] == "Changed" for one in there.values()) == 20
    assert sum([field["value"] for field in one["customFields"]] == ["gold"] for one in there.values()) == 20
    assert sorted(one["phone"][-2:] for one in world.everyone("gist")) == [f"{n:02}" for n in range(60)]
    assert sync(link).unchanged == 60


def new_task(world, pair):
    body = {"title": "Call", "dueDate": "2030-01-02T15:00:00Z", "completed": False}
    return world.ghl("POST", f"/contacts/{pair[1]}/tasks", json=body)["task"]


def test_people_deleted_while_gist_is_paged_hide_nobody(world, link, crossing):
    made = [world.gist_contact(email=f"p{number:03}@example.test", name=f"Person {number}") for number in range(130)]

    def delete_twenty():
        for one in made[:20]:
            world.gist("DELETE", f"/contacts/{one['id']}")

    crossing("GET", "per_page=59&order_by=created_at&order=asc", delete_twenty)
    sync(link)
    assert len([one for one in world.everyone("ghl") if one["email"] >= "p020"]) == 110
