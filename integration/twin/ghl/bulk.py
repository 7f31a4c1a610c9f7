"""Many contacts in one call: tags and business (docs/ghl-api.md#contacts)."""

from integration.twin.ghl import dto, fields, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc

# Documented for the business call; how many contacts bulk tags takes is unknown (docs/ghl-api.md#contacts).
MOST = 50
TAGS = {
    "contacts": dto.Rule(dto.check_texts, required=True),
    "tags": dto.Rule(dto.check_texts, required=True),
    "locationId": dto.Rule(dto.check_filled, required=True),
    "removeAllTags": dto.Rule(dto.check_flag),
}
BUSINESS = {
    "locationId": dto.Rule(dto.check_filled, required=True),
    "ids": dto.Rule(dto.check_texts, required=True),
    "businessId": dto.Rule(dto.check_text, required=True, null=True),
}


@ROUTER.add("POST", "/contacts/bulk/tags/update/{type}", scope="contacts.write", status=201)
def bulk_tags(call: Call) -> Doc:
    """Every contact has its own answer inside a 201."""
    kind = call.params["type"]
    if kind not in ("add", "remove"):
        raise refuse(422, ["type must be one of the following values: add, remove"])
    body = dto.check_body(call.body, TAGS)
    responses = [_tag_one(call, contact_id, kind, body) for contact_id in body["contacts"]]
    failed = sum(response["type"] == "error" for response in responses)
    # `succeded` is how GHL spells it (docs/ghl-api.md#contacts).
    return {"succeded": failed == 0, "errorCount": failed, "responses": responses}


def _tag_one(call: Call, contact_id: str, kind: str, body: Doc) -> Doc:
    contact = call.store.get(people.KIND, call.account, contact_id)
    if contact is None:
        return {"contactId": contact_id, "message": f"Contact with id {contact_id} not found", "type": "error"}
    before, given = contact["tags"], fields.normalise_tags(body["tags"])
    if kind == "add":
        contact["tags"] = list(dict.fromkeys([*before, *given]))
        fields.remember_tags(call.store, call.account, given)
    else:
        contact["tags"] = [] if body.get("removeAllTags") else [tag for tag in before if tag not in given]
    people.save_contact(call.store, contact)
    return {
        "contactId": contact_id,
        "message": "Tags updated",
        "type": "success",
        "oldTags": before,
        "tagsAdded": [tag for tag in contact["tags"] if tag not in before],
        "tagsRemoved": [tag for tag in before if tag not in contact["tags"]],
    }


@ROUTER.add("POST", "/contacts/bulk/business", scope="contacts.write")
def bulk_business(call: Call) -> Doc:
    body = dto.check_body(call.body, BUSINESS)
    if len(body["ids"]) > MOST:
        raise refuse(422, [f"ids must contain no more than {MOST} elements"])
    if body["businessId"] and call.store.get("ghl.business", call.account, body["businessId"]) is None:
        raise refuse(400, f"Business with id {body['businessId']} not found")
    for contact in [people.load_contact(call.store, call.account, contact_id) for contact_id in body["ids"]]:
        contact.pop("businessId", None)
        people.save_contact(call.store, contact | ({"businessId": body["businessId"]} if body["businessId"] else {}))
    return {"success": True, "ids": body["ids"]}
