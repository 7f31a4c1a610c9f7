"""Locations: their data, custom fields, tags (docs/ghl-api.md#locations)."""

import re
from typing import Any
from zoneinfo import available_timezones

from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.ghl.dictionary import KIND as TAG
from integration.twin.ghl.dictionary import save_tag
from integration.twin.router import Call
from integration.twin.store import Doc, Row, Store
from integration.twin.words import split_words

FIELD = "ghl.field"
BASE = "/locations/{locationId}"
FIELDS_READ, FIELDS_WRITE = "locations/customFields.readonly", "locations/customFields.write"
TAGS_READ, TAGS_WRITE = "locations/tags.readonly", "locations/tags.write"
TYPES = split_words(
    "TEXT LARGE_TEXT NUMERICAL PHONE MONETORY CHECKBOX SINGLE_OPTIONS MULTIPLE_OPTIONS DATE TEXTBOX_LIST"
    " FILE_UPLOAD RADIO EMAIL"
)
TAG_BODY = {"name": dto.Rule(dto.check_filled, required=True)}
UPDATE_FIELD = {
    "name": dto.Rule(dto.check_filled, required=True),
    "placeholder": dto.Rule(dto.check_text),
    "acceptedFormat": dto.Rule(dto.check_texts),
    "isMultipleFile": dto.Rule(dto.check_flag),
    "maxNumberOfFiles": dto.Rule(dto.check_number),
    "textBoxListOptions": dto.Rule(dto.check_list),
    "position": dto.Rule(dto.check_number),
    "model": dto.Rule(dto.one_of("contact", "opportunity")),
}
CREATE_FIELD = {**UPDATE_FIELD, "dataType": dto.Rule(dto.one_of(*TYPES), required=True)}


@ROUTER.add("GET", "/locations/search", scope="locations.readonly", access="agency")
def search_locations(call: Call) -> Doc:
    skip, limit = int(call.query.get("skip", 0)), int(call.query.get("limit", 10))
    found = call.store.all("ghl.location", call.token["companyId"])
    found = [place for place in found if call.query.get("email", place["email"]) == place["email"]]
    return {"locations": found[skip : skip + limit]}


@ROUTER.add("GET", BASE, scope="locations.readonly", access="both")
def get_location(call: Call) -> Doc:
    return {"location": call.store.get("ghl.location", call.token["companyId"], call.params["locationId"])}


@ROUTER.add("GET", BASE + "/timezones", scope="locations.readonly", access="both")
def list_timezones(call: Call) -> Doc:
    return {"timeZones": sorted(name for name in available_timezones() if "/" in name)}


@ROUTER.add("GET", BASE + "/customFields", scope=FIELDS_READ)
def list_fields(call: Call) -> Doc:
    model = call.query.get("model", "contact")
    if model not in ("contact", "opportunity", "all"):
        raise refuse(422, ["model must be one of the following values: contact, opportunity, all"])
    found = call.store.all(FIELD, call.account)
    return {"customFields": [field for field in found if model in ("all", field["model"])]}


@ROUTER.add("POST", BASE + "/customFields", scope=FIELDS_WRITE, status=201)
def create_field(call: Call) -> Doc:
    body = dto.check_body(call.body, CREATE_FIELD)
    field = new_field(call.account, people.new_id(), body["name"], body["dataType"], body.get("model", "contact"))
    if call.store.find(FIELD, call.account, "ext", field["fieldKey"]):
        raise refuse(400, f"Custom field with key {field['fieldKey']} already exists")
    return {"customField": save_field(call.store, {**field, **_plain_settings(body), **_picklist_options(body)})}


@ROUTER.add("GET", BASE + "/customFields/{id}", scope=FIELDS_READ)
def get_field(call: Call) -> Doc:
    return {"customField": _load_field(call)}


@ROUTER.add("PUT", BASE + "/customFields/{id}", scope=FIELDS_WRITE)
def update_field(call: Call) -> Doc:
    """A new name leaves the key as it was."""
    body = dto.check_body(call.body, UPDATE_FIELD)
    field = {**_load_field(call), "name": body["name"], **_plain_settings(body), **_picklist_options(body)}
    return {"customField": save_field(call.store, field)}


@ROUTER.add("DELETE", BASE + "/customFields/{id}", scope=FIELDS_WRITE)
def delete_field(call: Call) -> Doc:
    call.store.delete(FIELD, call.account, _load_field(call)["id"])
    return {"succeded": True}


def new_field(location: str, field_id: str, name: str, kind: str, model: str = "contact") -> Doc:
    # Made of the first name of the field; it stays when the field is renamed, see update_field().
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return {
        "id": field_id,
        "name": name,
        "fieldKey": f"{model}.{key}",
        "dataType": kind,
        "position": 0,
        "locationId": location,
        "model": model,
    }


def save_field(store: Store, field: Doc) -> Doc:
    store.put(Row(FIELD, field["locationId"], field["id"], field, ext=field["fieldKey"]))
    return field


def _plain_settings(body: Doc) -> Doc:
    return {name: body[name] for name in ("placeholder", "position") if name in body}


def _picklist_options(body: Doc) -> dict[str, Any]:
    """Labels of a list field; the DTO has no other place for choices (docs/ghl-api.md#custom-fields)."""
    given = body.get("textBoxListOptions")
    if given is None:
        return {}
    return {"picklistOptions": [item["label"] if isinstance(item, dict) else str(item) for item in given]}


def _load_field(call: Call) -> Doc:
    """By id or by key."""
    wanted = call.params["id"]
    found = call.store.get(FIELD, call.account, wanted)
    found = found or next(iter(call.store.find(FIELD, call.account, "ext", wanted)), None)
    if found is None:
        raise refuse(400, f"Custom field with id {wanted} not found")
    return found


@ROUTER.add("GET", BASE + "/tags", scope=TAGS_READ)
def list_tags(call: Call) -> Doc:
    return {"tags": call.store.all(TAG, call.account)}


@ROUTER.add("POST", BASE + "/tags", scope=TAGS_WRITE)
def create_tag(call: Call) -> Doc:
    """The dictionary keeps the case it is given (docs/ghl-api.md#tags)."""
    name = dto.check_body(call.body, TAG_BODY)["name"].strip()
    # Compared with case: the dictionary can hold variants of case side by side (docs/ghl-api.md#tags).
    if call.store.find(TAG, call.account, "ext", name):
        raise refuse(400, "The tag name is already exist.")
    return {"tag": save_tag(call.store, {"id": people.new_id(), "name": name, "locationId": call.account})}


@ROUTER.add("GET", BASE + "/tags/{tagId}", scope=TAGS_READ)
def get_tag(call: Call) -> Doc:
    return {"tag": _load_tag(call)}


@ROUTER.add("PUT", BASE + "/tags/{tagId}", scope=TAGS_WRITE)
def update_tag(call: Call) -> Doc:
    name = dto.check_body(call.body, TAG_BODY)["name"].strip()
    return {"tag": save_tag(call.store, {**_load_tag(call), "name": name})}


@ROUTER.add("DELETE", BASE + "/tags/{tagId}", scope=TAGS_WRITE)
def delete_tag(call: Call) -> Doc:
    call.store.delete(TAG, call.account, _load_tag(call)["id"])
    return {"succeded": True}


def _load_tag(call: Call) -> Doc:
    found = call.store.get(TAG, call.account, call.params["tagId"])
    if found is None:
        raise refuse(400, f"Tag with id {call.params['tagId']} not found")
    return found
