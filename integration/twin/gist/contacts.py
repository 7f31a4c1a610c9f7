"""Create or update, read, delete contacts; batches (docs/gist-api.md#contacts)."""

from typing import Any

from integration.twin import quirks
from integration.twin.gist import people, tagging
from integration.twin.gist.access import body_of, refuse
from integration.twin.gist.api import ROUTER
from integration.twin.router import Call, Reply
from integration.twin.store import Doc, Row

BATCH = "gist.batch"
KEYS = ("id", "user_id", "email")


@ROUTER.add("POST", "/contacts")
def upsert_contact(call: Call) -> Doc:
    return {"contact": _apply_upsert(call, body_of(call))}


def _apply_upsert(call: Call, body: Doc) -> Doc:
    """Matched by id, else user_id, else e-mail. Raises Refusal(400) when none of them is given."""
    if not any(body.get(name) not in (None, "") for name in KEYS):
        raise refuse(400, "Either email or user_id is required")
    contact = _find_known(call, body) or people.new_contact(call.store)
    # Before anything is written over the contact, so that a refusal leaves it whole.
    _refuse_taken(call, contact, body)
    people.apply_body(contact, body)
    _put_tags(call, contact, body.get("tags"))
    return people.save_contact(call.store, call.account, contact)


def _find_known(call: Call, body: Doc) -> Doc | None:
    """The contact that `body` names, None when it is to be made. Raises Refusal(404) for an unknown id."""
    contact = people.find_contact(call.store, call.account, body)
    if contact is None and body.get("id") not in (None, ""):
        raise refuse(404, "Contact not found")
    return contact


def _refuse_taken(call: Call, contact: Doc, body: Doc) -> None:
    for name in ("email", "user_id"):
        if body.get(name) in (None, ""):
            continue
        other = people.find_contact(call.store, call.account, {name: body[name]})
        if other and other["id"] != contact["id"]:
            raise refuse(422, f"{name} has already been taken")


def _put_tags(call: Call, contact: Doc, names: Any) -> None:
    if names is None:
        return
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise refuse(422, "tags must be a list of names")
    # Tags of an upsert are taken to be added only (docs/gist-api.md#contacts).
    if not quirks.is_on("gist_tags_only_add"):
        contact["tags"] = []
    for name in names:
        if name.strip():
            tagging.put_on(contact, tagging.ensure_tag(call.store, call.account, name))


@ROUTER.add("GET", "/contacts/{id}")
def get_contact(call: Call) -> Doc:
    return {"contact": people.load_contact(call.store, call.account, {"id": call.params["id"]})}


@ROUTER.add("DELETE", "/contacts/{id}")
def delete_by_id(call: Call) -> Doc:
    return _delete_contact(call, {"id": call.params["id"]})


@ROUTER.add("DELETE", "/contacts")
def delete_by_query(call: Call) -> Doc:
    named = {name: call.query[name] for name in ("email", "user_id") if call.query.get(name)}
    if not named:
        raise refuse(400, "Either email or user_id is required")
    return _delete_contact(call, named)


def _delete_contact(call: Call, named: Doc) -> Doc:
    contact = people.load_contact(call.store, call.account, named)
    call.store.delete(people.KIND, call.account, contact["id"])
    return {"contact": contact}


@ROUTER.add("POST", "/contacts/batch")
def upsert_batch(call: Call) -> Doc | Reply:
    """The 2022 gem expects the contacts back, others a batch id: a quirk chooses (docs/gist-api.md#contacts)."""
    given = body_of(call).get("contacts")
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise refuse(400, "contacts must be a list of objects")
    contacts = [_apply_upsert(call, item) for item in given]
    number = call.store.next_number("gist.id")
    state = {"batch_id": number, "status": "completed", "total": len(contacts), "processed": len(contacts), "failed": 0}
    call.store.put(Row(BATCH, call.account, str(number), state))
    if quirks.is_on("gist_batch_id"):
        return Reply(202, {"batch_id": number, "status": "queued"})
    return {"contacts": contacts, "batch_id": number}


@ROUTER.add("GET", "/contacts/batch/{batch_id}")
def batch_status(call: Call) -> Doc:
    state = call.store.get(BATCH, call.account, call.params["batch_id"])
    if state is None:
        raise refuse(404, "Batch not found")
    return state
