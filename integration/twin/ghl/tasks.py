"""Tasks of a contact, and the search over a location's tasks (docs/ghl-api.md#tasks)."""

from integration.twin.clock import to_iso, to_milliseconds
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row, Store

KIND = "ghl.task"
BASE = "/contacts/{contactId}/tasks"
READ, WRITE = "contacts.readonly", "contacts.write"

FIELDS = {
    "title": dto.Rule(dto.check_filled),
    "body": dto.Rule(dto.check_text, null=True),
    "dueDate": dto.Rule(dto.check_moment),
    "completed": dto.Rule(dto.check_flag),
    "assignedTo": dto.Rule(dto.check_text, null=True),
}
CREATE = {
    **FIELDS,
    "title": dto.Rule(dto.check_filled, required=True),
    "dueDate": dto.Rule(dto.check_moment, required=True),
    "completed": dto.Rule(dto.check_flag, required=True),
}
COMPLETE = {"completed": dto.Rule(dto.check_flag, required=True)}
SEARCH = {
    "contactId": dto.Rule(dto.check_texts),
    "completed": dto.Rule(dto.check_flag),
    "assignedTo": dto.Rule(dto.check_texts),
    "query": dto.Rule(dto.check_text),
    "limit": dto.Rule(dto.check_number),
    "skip": dto.Rule(dto.check_number),
    "businessId": dto.Rule(dto.check_text),
}


def save_task(store: Store, location: str, task: Doc) -> Doc:
    store.put(Row(KIND, location, task["id"], task, parent=task["contactId"]))
    people.touch_contact(store, location, task["contactId"])
    return task


@ROUTER.add("GET", BASE, scope=READ)
def list_tasks(call: Call) -> Doc:
    people.must_exist(call.store, call.account, call.params["contactId"])
    return {"tasks": call.store.find(KIND, call.account, "parent", call.params["contactId"])}


@ROUTER.add("POST", BASE, scope=WRITE, status=201)
def create_task(call: Call) -> Doc:
    body = dto.check_body(call.body, CREATE)
    people.must_exist(call.store, call.account, call.params["contactId"])
    return {"task": _save_changes(call, {"id": people.new_id(), "contactId": call.params["contactId"]}, body)}


@ROUTER.add("GET", BASE + "/{taskId}", scope=READ)
def get_task(call: Call) -> Doc:
    return {"task": _load_task(call)}


@ROUTER.add("PUT", BASE + "/{taskId}", scope=WRITE)
def update_task(call: Call) -> Doc:
    return {"task": _save_changes(call, _load_task(call), dto.check_body(call.body, FIELDS))}


@ROUTER.add("PUT", BASE + "/{taskId}/completed", scope=WRITE)
def complete_task(call: Call) -> Doc:
    return {"task": _save_changes(call, _load_task(call), dto.check_body(call.body, COMPLETE))}


@ROUTER.add("DELETE", BASE + "/{taskId}", scope=WRITE)
def delete_task(call: Call) -> Doc:
    call.store.delete(KIND, call.account, _load_task(call)["id"])
    return {"succeded": True}


@ROUTER.add("POST", "/locations/{locationId}/tasks/search", scope="locations/tasks.readonly", writes=False)
def search_tasks(call: Call) -> Doc:
    body = dto.check_body(call.body, SEARCH)
    skip, limit = int(body.get("skip", 0)), int(body.get("limit", 25))
    found = [task for task in _of_contacts(call, body.get("contactId")) if _matches_search(task, body)]
    return {"tasks": found[skip : skip + limit]}


def _load_task(call: Call) -> Doc:
    people.must_exist(call.store, call.account, call.params["contactId"])
    task = call.store.get(KIND, call.account, call.params["taskId"])
    if task is None or task["contactId"] != call.params["contactId"]:
        raise refuse(404, f"Task with id {call.params['taskId']} not found")
    return task


def _save_changes(call: Call, task: Doc, body: Doc) -> Doc:
    task |= body
    task["dueDate"] = to_iso(to_milliseconds(task["dueDate"]))
    # GET leaves empty fields out instead of giving null (docs/ghl-api.md#field-semantics).
    return save_task(call.store, call.account, {name: value for name, value in task.items() if value is not None})


def _of_contacts(call: Call, contacts: list[str] | None) -> list[Doc]:
    if contacts is None:
        return call.store.all(KIND, call.account)
    return [task for contact in contacts for task in call.store.find(KIND, call.account, "parent", contact)]


def _matches_search(task: Doc, body: Doc) -> bool:
    if "completed" in body and task["completed"] != body["completed"]:
        return False
    if body.get("assignedTo") and task.get("assignedTo") not in body["assignedTo"]:
        return False
    words = f"{task['title']} {task.get('body', '')}".lower()
    return str(body.get("query", "")).lower() in words
