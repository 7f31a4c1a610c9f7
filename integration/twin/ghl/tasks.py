"""Tasks of a contact, and the search over a location's tasks (docs/ghl-api.md#tasks)."""

from integration.twin.clock import iso, milliseconds
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row, Store

KIND = "ghl.task"
BASE = "/contacts/{contactId}/tasks"
READ, WRITE = "contacts.readonly", "contacts.write"

FIELDS = {
    "title": dto.Rule(dto.filled),
    "body": dto.Rule(dto.text, null=True),
    "dueDate": dto.Rule(dto.moment),
    "completed": dto.Rule(dto.flag),
    "assignedTo": dto.Rule(dto.text, null=True),
}
CREATE = {
    **FIELDS,
    "title": dto.Rule(dto.filled, required=True),
    "dueDate": dto.Rule(dto.moment, required=True),
    "completed": dto.Rule(dto.flag, required=True),
}
COMPLETE = {"completed": dto.Rule(dto.flag, required=True)}
SEARCH = {
    "contactId": dto.Rule(dto.texts),
    "completed": dto.Rule(dto.flag),
    "assignedTo": dto.Rule(dto.texts),
    "query": dto.Rule(dto.text),
    "limit": dto.Rule(dto.number),
    "skip": dto.Rule(dto.number),
    "businessId": dto.Rule(dto.text),
}


def save(store: Store, location: str, task: Doc) -> Doc:
    store.put(Row(KIND, location, task["id"], task, parent=task["contactId"]))
    people.touch(store, location, task["contactId"])
    return task


@ROUTER.add("GET", BASE, scope=READ)
def list_tasks(call: Call) -> Doc:
    people.must_exist(call.store, call.account, call.params["contactId"])
    return {"tasks": call.store.find(KIND, call.account, "parent", call.params["contactId"])}


@ROUTER.add("POST", BASE, scope=WRITE, status=201)
def create_task(call: Call) -> Doc:
    body = dto.check(call.body, CREATE)
    people.must_exist(call.store, call.account, call.params["contactId"])
    return {"task": _changed(call, {"id": people.new_id(), "contactId": call.params["contactId"]}, body)}


@ROUTER.add("GET", BASE + "/{taskId}", scope=READ)
def get_task(call: Call) -> Doc:
    return {"task": _task(call)}


@ROUTER.add("PUT", BASE + "/{taskId}", scope=WRITE)
def update_task(call: Call) -> Doc:
    return {"task": _changed(call, _task(call), dto.check(call.body, FIELDS))}


@ROUTER.add("PUT", BASE + "/{taskId}/completed", scope=WRITE)
def complete_task(call: Call) -> Doc:
    return {"task": _changed(call, _task(call), dto.check(call.body, COMPLETE))}


@ROUTER.add("DELETE", BASE + "/{taskId}", scope=WRITE)
def delete_task(call: Call) -> Doc:
    call.store.delete(KIND, call.account, _task(call)["id"])
    return {"succeded": True}


@ROUTER.add("POST", "/locations/{locationId}/tasks/search", scope="locations/tasks.readonly", writes=False)
def search_tasks(call: Call) -> Doc:
    body = dto.check(call.body, SEARCH)
    skip, limit = int(body.get("skip", 0)), int(body.get("limit", 25))
    found = [task for task in _of_contacts(call, body.get("contactId")) if _fits(task, body)]
    return {"tasks": found[skip : skip + limit]}


def _task(call: Call) -> Doc:
    people.must_exist(call.store, call.account, call.params["contactId"])
    task = call.store.get(KIND, call.account, call.params["taskId"])
    if task is None or task["contactId"] != call.params["contactId"]:
        raise refuse(404, f"Task with id {call.params['taskId']} not found")
    return task


def _changed(call: Call, task: Doc, body: Doc) -> Doc:
    task |= body
    task["dueDate"] = iso(milliseconds(task["dueDate"]))
    return save(call.store, call.account, {name: value for name, value in task.items() if value is not None})


def _of_contacts(call: Call, contacts: list[str] | None) -> list[Doc]:
    if contacts is None:
        return call.store.all(KIND, call.account)
    return [task for contact in contacts for task in call.store.find(KIND, call.account, "parent", contact)]


def _fits(task: Doc, body: Doc) -> bool:
    if "completed" in body and task["completed"] != body["completed"]:
        return False
    if body.get("assignedTo") and task.get("assignedTo") not in body["assignedTo"]:
        return False
    words = f"{task['title']} {task.get('body', '')}".lower()
    return str(body.get("query", "")).lower() in words
