"""Create, read, change, upsert, delete contacts; find duplicates; the deprecated list (docs/ghl-api.md#contacts)."""

import json

from integration.twin import quirks
from integration.twin.clock import to_milliseconds
from integration.twin.ghl import dto, fields, people
from integration.twin.ghl.access import error_body, new_trace_id, refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call, Refusal
from integration.twin.store import Doc

READ, WRITE = "contacts.readonly", "contacts.write"
DND = {"dnd", "dndSettings", "inboundDndSettings"}

TEXTS = ["firstName", "lastName", "name", "phone", "address1", "city", "state", "website", "timezone"]
SHARED = {
    **{name: dto.Rule(dto.check_text, null=True) for name in TEXTS},
    "email": dto.Rule(dto.check_email, null=True),
    "dateOfBirth": dto.Rule(dto.check_birth_date, null=True),
    "postalCode": dto.Rule(dto.check_text),
    "country": dto.Rule(dto.check_country),
    "dnd": dto.Rule(dto.check_flag),
    "dndSettings": dto.Rule(dto.check_dnd_settings),
    "inboundDndSettings": dto.Rule(dto.check_object),
    "tags": dto.Rule(dto.check_texts),
    "customFields": dto.Rule(dto.check_custom_fields),
}
CREATE = {
    **SHARED,
    "locationId": dto.Rule(dto.check_filled, required=True),
    "companyName": dto.Rule(dto.check_text, null=True),
    "gender": dto.Rule(dto.check_text),
    "source": dto.Rule(dto.check_text),
    "assignedTo": dto.Rule(dto.check_text),
}
UPSERT = {**CREATE, "createNewIfDuplicateAllowed": dto.Rule(dto.check_flag)}
UPDATE = {**SHARED, "source": dto.Rule(dto.check_text, null=True), "assignedTo": dto.Rule(dto.check_text, null=True)}


@ROUTER.add("GET", "/contacts/{contactId}", scope=READ)
def get_contact(call: Call) -> Doc:
    return {"contact": people.contact_answer(people.load_contact(call.store, call.account, call.params["contactId"]))}


@ROUTER.add("POST", "/contacts/", scope=WRITE, status=201)
def create_contact(call: Call) -> Doc:
    body = dto.check_body(call.body, CREATE)
    contact = _made_of(call, body)
    _refuse_duplicate(call, contact)
    return {"contact": people.created_answer(people.save_contact(call.store, contact))}


@ROUTER.add("PUT", "/contacts/{contactId}", scope=WRITE)
def update_contact(call: Call) -> Doc:
    body = dto.check_body(call.body, UPDATE)
    contact = people.load_contact(call.store, call.account, call.params["contactId"])
    # Only an e-mail or phone that changes is looked for elsewhere: a contact that shares one with somebody already
    # can still be edited in its other fields.
    before = dict(contact)
    fields.apply_body(call.store, call.account, contact, body)
    changed = {name: contact.get(name) for name in ("email", "phone") if contact.get(name) != before.get(name)}
    _refuse_duplicate(call, {"id": contact["id"], **changed})
    # Whether DND alone moves the date of change is not known (docs/ghl-api.md#search).
    touch = not (body and body.keys() <= DND and quirks.is_on("ghl_dnd_does_not_touch"))
    return {"succeded": True, "contact": people.contact_answer(people.save_contact(call.store, contact, touch=touch))}


@ROUTER.add("DELETE", "/contacts/{contactId}", scope=WRITE)
def delete_contact(call: Call) -> Doc:
    contact_id = call.params["contactId"]
    people.must_exist(call.store, call.account, contact_id)
    call.store.delete(people.KIND, call.account, contact_id)
    # Its tasks, notes and appointments, without webhooks of their own.
    call.store.run("DELETE FROM documents WHERE account=? AND parent=?", (call.account, contact_id))
    return {"succeded": True}


@ROUTER.add("POST", "/contacts/upsert", scope=WRITE)
def upsert_contact(call: Call) -> Doc:
    """docs/ghl-api.md#upsert: the first of e-mail and phone that fits wins."""
    body = dto.check_body(call.body, UPSERT)
    # Ignored where the location forbids duplicates (docs/ghl-api.md#upsert).
    unchecked = body.pop("createNewIfDuplicateAllowed", False) and _allows_duplicates(call)
    found = None if unchecked else _find_match(call, body)
    if found is None:
        contact = people.save_contact(call.store, _made_of(call, body))
        return {"new": True, "contact": people.contact_answer(contact), "traceId": new_trace_id()}
    contact, field = found
    if quirks.is_on("ghl_upsert_drops_second"):
        body = _without_others_value(call, body, contact, field)
    if quirks.is_on("ghl_upsert_ignores_gender"):
        body.pop("gender", None)
    fields.apply_body(call.store, call.account, contact, body)
    return {
        "new": False,
        "contact": people.contact_answer(people.save_contact(call.store, contact)),
        "traceId": new_trace_id(),
    }


@ROUTER.add("GET", "/contacts/search/duplicate", scope=READ)
def find_duplicate(call: Call) -> Doc:
    _need_location(call)
    given = {"email": call.query.get("email"), "phone": call.query.get("number")}
    found = _find_match(call, {name: value for name, value in given.items() if value})
    return {"contact": people.contact_answer(found[0]) if found else None}


@ROUTER.add("GET", "/contacts/", scope=READ)
def list_contacts(call: Call) -> Doc:
    """Deprecated: newest first, and without both cursors it starts over (docs/ghl-api.md#contacts)."""
    _need_location(call)
    limit = min(_read_number(call, "limit", 20), 100)
    after, after_id = call.query.get("startAfter"), call.query.get("startAfterId")
    conditions, values = ["kind=?", "account=?"], [people.KIND, call.account]
    # With one cursor missing page 1 comes again and again (docs/ghl-api.md#contacts).
    if after and after_id and quirks.is_on("ghl_list_needs_both_cursors"):
        conditions.append("(added, id) < (?, ?)")
        values += [int(float(after)), after_id]  # type: ignore[list-item]
    if call.query.get("query"):
        conditions.append("(name LIKE ? OR email LIKE ? OR phone LIKE ?)")
        values += [f"%{call.query['query'].lower()}%"] * 3
    where = " AND ".join(conditions)
    rows = call.store.run(
        f"SELECT body FROM documents WHERE {where} ORDER BY added DESC, id DESC LIMIT ?",  # noqa: S608 -- own words
        [*values, limit],
    )
    contacts = [people.list_entry(json.loads(row[0])) for row in rows]
    return {
        "contacts": contacts,
        "count": call.store.count(people.KIND, call.account),
        "meta": _page_meta(call, contacts),
    }


@ROUTER.add("GET", "/contacts/business/{businessId}", scope=READ)
def list_by_business(call: Call) -> Doc:
    _need_location(call)
    skip, limit = _read_number(call, "skip", 0), _read_number(call, "limit", 25)
    found = call.store.find(people.KIND, call.account, "ext", call.params["businessId"])
    query = call.query.get("query", "").lower()
    found = [contact for contact in found if query in people.full_name(contact).lower()]
    rows = [people.list_entry(contact) for contact in found[skip : skip + limit]]
    rows = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return {"contacts": rows, "count": len(found)}


def _made_of(call: Call, body: Doc) -> Doc:
    contact = people.blank_contact(call.account)
    fields.apply_body(call.store, call.account, contact, body)
    return contact


def _refuse_duplicate(call: Call, contact: Doc) -> None:
    """Raises Refusal with the contact that is in the way (docs/ghl-api.md#errors)."""
    if _allows_duplicates(call):
        return
    found = _find_match(call, contact, other_than=contact["id"])
    if found is None:
        return
    other, field = found
    meta = {"contactId": other["id"], "contactName": people.full_name(other), "matchingField": field}
    body = error_body(400, "This location does not allow duplicated contacts.")
    # The refusal of a duplicate has `meta` in place of `error` (docs/ghl-api.md#errors).
    body.pop("error")
    raise Refusal(400 if quirks.is_on("ghl_duplicate_400") else 409, {**body, "meta": meta})


def _find_match(call: Call, values: Doc, other_than: str = "") -> tuple[Doc, str] | None:
    """The contact that has the e-mail, else the phone, of `values`, and which of the two it was."""
    for field in _duplicate_fields(call):
        value = values.get(field)
        if not value:
            continue
        # E-mails are matched without case, phones as E.164 (docs/ghl-api.md#field-semantics).
        key = value.lower() if field == "email" else fields.normalise_phone(call.store, call.account, value)
        found = call.store.find(people.KIND, call.account, field, key or "")
        if field == "email":
            # Further addresses count, and come second (docs/ghl-api.md#second-addresses).
            found += _with_other_email(call, value.lower())
        for contact in found:
            if contact["id"] != other_than:
                return contact, field
    return None


def _with_other_email(call: Call, email: str) -> list[Doc]:
    sql = (
        "SELECT body FROM documents WHERE kind=? AND account=? AND EXISTS (SELECT 1 FROM"
        " json_each(body, '$.additionalEmails') e WHERE lower(json_extract(e.value, '$.email')) = ?) ORDER BY seq"
    )
    return [json.loads(row[0]) for row in call.store.run(sql, (people.KIND, call.account, email))]


def _load_location(call: Call) -> Doc:
    found = call.store.find_anywhere("ghl.location", call.account)
    return found[1] if found else {}


def _allows_duplicates(call: Call) -> bool:
    return bool(_load_location(call).get("settings", {}).get("allowDuplicateContact"))


def _duplicate_fields(call: Call) -> list[str]:
    """The order in which a location looks for duplicates."""
    return _load_location(call).get("settings", {}).get("contactUniqueIdentifiers") or ["email", "phone"]


def _without_others_value(call: Call, body: Doc, contact: Doc, field: str) -> Doc:
    """Drop the value of the second identifier when it belongs to somebody else."""
    for other in _duplicate_fields(call):
        if other != field and body.get(other) and _find_match(call, {other: body[other]}, other_than=contact["id"]):
            body = {name: value for name, value in body.items() if name != other}
    return body


def _need_location(call: Call) -> None:
    if not call.query.get("locationId"):
        raise refuse(422, ["locationId should not be empty", "locationId must be a string"])


def _read_number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name) or str(default)
    if not text.isdigit():
        raise refuse(422, [f"{name} must be a number string"])
    return int(text)


def _page_meta(call: Call, contacts: list[Doc]) -> Doc:
    total = call.store.count(people.KIND, call.account)
    if not contacts:
        return {"total": total, "nextPageUrl": None, "startAfterId": None, "startAfter": None}
    last = contacts[-1]
    after = to_milliseconds(last["dateAdded"])
    url = call.request.build_absolute_uri(
        f"{call.request.path}?locationId={call.account}&startAfter={after}&startAfterId={last['id']}"
    )
    return {"total": total, "nextPageUrl": url, "startAfterId": last["id"], "startAfter": after, "prevPage": None}
