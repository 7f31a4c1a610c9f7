"""Tags of a workspace and on its contacts. Names know no case (docs/gist-api.md#tags)."""

import json

from integration.twin import quirks
from integration.twin.gist import people
from integration.twin.store import Doc, Row, Store

KIND = "gist.tag"


def save_tag(store: Store, workspace: str, tag: Doc) -> Doc:
    store.put(Row(KIND, workspace, str(tag["id"]), tag, ext=_tag_key(tag["name"])))
    return tag


def _tag_key(name: str) -> str:
    return name.lower() if quirks.is_on("gist_tag_case") else name


def find_tag(store: Store, workspace: str, name: str) -> Doc | None:
    return next(iter(store.find(KIND, workspace, "ext", _tag_key(name.strip()))), None)


def ensure_tag(store: Store, workspace: str, name: str) -> Doc:
    """The tag of that name, made when there is none."""
    known = find_tag(store, workspace, name)
    return known or save_tag(store, workspace, {"id": store.next_number("gist.id"), "name": name.strip()})


def put_on(contact: Doc, tag: Doc) -> bool:
    """False when it was there already."""
    if any(known["id"] == tag["id"] for known in contact["tags"]):
        return False
    contact["tags"].append({"id": tag["id"], "name": tag["name"]})
    return True


def take_off(contact: Doc, tag: Doc) -> bool:
    kept = [known for known in contact["tags"] if known["id"] != tag["id"]]
    changed = len(kept) != len(contact["tags"])
    contact["tags"] = kept
    return changed


def save_tagged(store: Store, workspace: str, contact: Doc) -> None:
    """Store a contact whose tags changed."""
    if quirks.is_on("gist_tag_touches"):
        people.save_contact(store, workspace, contact)
    else:
        store.put(people.contact_row(workspace, contact))


def contacts_with_tag(store: Store, workspace: str, tag: Doc) -> list[Doc]:
    """The contacts that have the tag."""
    rows = store.run(
        "SELECT body FROM documents WHERE kind=? AND account=? AND EXISTS"
        " (SELECT 1 FROM json_each(body, '$.tags') t WHERE json_extract(t.value, '$.id') = ?)",
        (people.KIND, workspace, tag["id"]),
    )
    return [json.loads(row[0]) for row in rows]
