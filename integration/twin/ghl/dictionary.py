"""A location's dictionary of tags; it may hold a name in several cases (docs/ghl-api.md#tags)."""

from integration.twin.ghl.people import new_id
from integration.twin.store import Doc, Row, Store

KIND = "ghl.tag"


def add_to_dictionary(store: Store, location: str, name: str) -> Doc:
    """The tag of that name, made when there is none."""
    known = store.find(KIND, location, "ext", name)
    return known[0] if known else save_tag(store, {"id": new_id(), "name": name, "locationId": location})


def save_tag(store: Store, tag: Doc) -> Doc:
    store.put(Row(KIND, tag["locationId"], tag["id"], tag, ext=tag["name"]))
    return tag
