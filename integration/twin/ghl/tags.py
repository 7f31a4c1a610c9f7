"""Tags, followers, campaigns and workflows of a contact: what is added to it and taken off (docs/ghl-api.md#tags)."""

from integration.twin.ghl import dto, fields, people
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc

ONE = "/contacts/{contactId}"
WRITE = "contacts.write"
TAGS = {"tags": dto.Rule(dto.check_texts, required=True)}
FOLLOWERS = {"followers": dto.Rule(dto.check_texts, required=True)}
WORKFLOW = {"eventStartTime": dto.Rule(dto.check_moment)}


@ROUTER.add("POST", ONE + "/tags", scope=WRITE, status=201)
def add_tags(call: Call) -> Doc:
    given = fields.normalise_tags(dto.check_body(call.body, TAGS)["tags"])
    contact = _load_contact(call)
    # Tags that are there already change nothing, not even dateUpdated.
    if set(given) - set(contact["tags"]):
        contact["tags"] = list(dict.fromkeys([*contact["tags"], *given]))
        fields.remember_tags(call.store, call.account, given)
        people.save_contact(call.store, contact)
    return {"tags": contact["tags"]}


@ROUTER.add("DELETE", ONE + "/tags", scope=WRITE)
def remove_tags(call: Call) -> Doc:
    given = fields.normalise_tags(dto.check_body(call.body, TAGS)["tags"])
    contact = _load_contact(call)
    if set(given) & set(contact["tags"]):
        contact["tags"] = [tag for tag in contact["tags"] if tag not in given]
        people.save_contact(call.store, contact)
    return {"tags": contact["tags"]}


@ROUTER.add("POST", ONE + "/followers", scope=WRITE, status=201)
def add_followers(call: Call) -> Doc:
    given = dto.check_body(call.body, FOLLOWERS)["followers"]
    contact = _load_contact(call)
    before = contact.get("followers", [])
    contact["followers"] = list(dict.fromkeys([*before, *given]))
    people.save_contact(call.store, contact)
    return {"followers": contact["followers"], "followersAdded": [user for user in given if user not in before]}


@ROUTER.add("DELETE", ONE + "/followers", scope=WRITE)
def remove_followers(call: Call) -> Doc:
    given = dto.check_body(call.body, FOLLOWERS)["followers"]
    contact = _load_contact(call)
    before = contact.get("followers", [])
    contact["followers"] = [user for user in before if user not in given]
    people.save_contact(call.store, contact)
    return {"followers": contact["followers"], "followersRemoved": [user for user in given if user in before]}


@ROUTER.add("POST", ONE + "/campaigns/{campaignId}", scope=WRITE, status=201)
def add_to_campaign(call: Call) -> Doc:
    return _add_to_list(call, "campaigns", call.params["campaignId"])


@ROUTER.add("DELETE", ONE + "/campaigns/{campaignId}", scope=WRITE)
def remove_from_campaign(call: Call) -> Doc:
    return _remove_from_list(call, "campaigns", call.params["campaignId"])


@ROUTER.add("DELETE", ONE + "/campaigns/removeAll", scope=WRITE)
def remove_from_every_campaign(call: Call) -> Doc:
    contact = _load_contact(call)
    contact["campaigns"] = []
    people.save_contact(call.store, contact)
    return {"succeded": True}


@ROUTER.add("POST", ONE + "/workflow/{workflowId}", scope=WRITE)
def add_to_workflow(call: Call) -> Doc:
    dto.check_body(call.body, WORKFLOW)
    return _add_to_list(call, "workflows", call.params["workflowId"])


@ROUTER.add("DELETE", ONE + "/workflow/{workflowId}", scope=WRITE)
def remove_from_workflow(call: Call) -> Doc:
    dto.check_body(call.body, WORKFLOW)
    return _remove_from_list(call, "workflows", call.params["workflowId"])


def _load_contact(call: Call) -> Doc:
    return people.load_contact(call.store, call.account, call.params["contactId"])


def _add_to_list(call: Call, name: str, joined: str) -> Doc:
    contact = _load_contact(call)
    contact[name] = list(dict.fromkeys([*contact.get(name, []), joined]))
    people.save_contact(call.store, contact)
    return {"succeded": True}


def _remove_from_list(call: Call, name: str, left: str) -> Doc:
    contact = _load_contact(call)
    contact[name] = [item for item in contact.get(name, []) if item != left]
    people.save_contact(call.store, contact)
    return {"succeded": True}
