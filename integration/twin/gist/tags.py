"""POST /tags with its four jobs, list, delete (docs/gist-api.md#tags)."""

from integration.twin.gist import pages, people, tagging
from integration.twin.gist.access import body_of, refuse, require_number
from integration.twin.gist.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc


@ROUTER.add("GET", "/tags")
def list_tags(call: Call) -> Doc:
    return pages.cut_page(call, "tags", call.store.all(tagging.KIND, call.account))


@ROUTER.add("POST", "/tags")
def post_tag(call: Call) -> Doc:
    """Create {"name"}, rename {"id", "name"}, tag and untag {"name", "contacts": [{"id", "untag"}]}."""
    body = body_of(call)
    tag = _read_tag(call, body)
    contacts = body.get("contacts") or []
    if not isinstance(contacts, list) or not all(isinstance(item, dict) for item in contacts):
        raise refuse(400, "contacts must be a list of objects")
    # All of them are looked up first: one that is unknown fails the call before anything is changed.
    found = [(people.load_contact(call.store, call.account, item), bool(item.get("untag"))) for item in contacts]
    for contact, untag in found:
        if tagging.take_off(contact, tag) if untag else tagging.put_on(contact, tag):
            tagging.save_tagged(call.store, call.account, contact)
    return {"tag": tag}


def _read_tag(call: Call, body: Doc) -> Doc:
    name = str(body.get("name") or "").strip()
    if body.get("id") in (None, ""):
        if not name:
            raise refuse(400, "Tag name can't be blank")
        return tagging.ensure_tag(call.store, call.account, name)
    tag = call.store.get(tagging.KIND, call.account, require_number(body["id"], "id"))
    if tag is None:
        raise refuse(404, "Tag not found")
    return _rename_tag(call, tag, name) if name and name != tag["name"] else tag


def _rename_tag(call: Call, tag: Doc, name: str) -> Doc:
    other = tagging.find_tag(call.store, call.account, name)
    if other and other["id"] != tag["id"]:
        raise refuse(422, "Name has already been taken")
    tag = tagging.save_tag(call.store, call.account, {**tag, "name": name})
    for contact in tagging.contacts_with_tag(call.store, call.account, tag):
        contact["tags"] = [tag if known["id"] == tag["id"] else known for known in contact["tags"]]
        # Contacts hold a copy of the tag's name. Renewing it is no change of the contact, so updated_at stays.
        call.store.put(people.contact_row(call.account, contact))
    return tag


@ROUTER.add("DELETE", "/tags/{id}")
def delete_tag(call: Call) -> Doc:
    tag = call.store.get(tagging.KIND, call.account, call.params["id"])
    if tag is None:
        raise refuse(404, "Tag not found")
    for contact in tagging.contacts_with_tag(call.store, call.account, tag):
        tagging.take_off(contact, tag)
        tagging.save_tagged(call.store, call.account, contact)
    call.store.delete(tagging.KIND, call.account, tag["id"])
    return {"tag": tag}
