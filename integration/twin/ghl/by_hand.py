"""What people do to contacts in GHL's own pages and the API cannot (docs/ghl-api.md#second-addresses)."""

from typing import Any

from integration.twin import worlds
from integration.twin.ghl import people
from integration.twin.hooks import courier, watch
from integration.twin.store import Doc, Row, Store

# Documents that hang on a contact by its id.
RELATED = ("ghl.task", "ghl.note", "ghl.event")


def set_other_emails(store: Store, body: Doc) -> Doc:
    """{"account", "contact", "emails": [...]}: the further addresses of a contact."""
    account = worlds.account_of("ghl", body["account"])
    with watch.watch_everything(store):
        contact = people.load_contact(store, account, body["contact"])
        contact["additionalEmails"] = [{"email": email} for email in body["emails"]]
        people.save_contact(store, contact)
    courier.call_courier(store)
    return {"contact": contact}


def merge_contacts(store: Store, body: Doc) -> Doc:
    """{"account", "keep", "lose"}: one contact takes over addresses, tags and fields it lacks; the other one goes."""
    account = worlds.account_of("ghl", body["account"])
    with watch.watch_everything(store):
        kept = people.load_contact(store, account, body["keep"])
        lost = people.load_contact(store, account, body["lose"])
        store.delete(people.KIND, account, lost["id"])
        own = {(kept.get("email") or "").lower(), *people.other_emails(kept)}
        more = [address for address in ((lost.get("email") or "").lower(), *people.other_emails(lost)) if address]
        kept["additionalEmails"] = [
            *kept.get("additionalEmails", []),
            *({"email": address} for address in dict.fromkeys(more) if address not in own),
        ]
        kept["tags"] = list(dict.fromkeys([*kept["tags"], *lost["tags"]]))
        people.save_contact(store, {**lost, **{name: value for name, value in kept.items() if value is not None}})
        for kind in RELATED:
            store.run(
                "UPDATE documents SET parent=?, body=json_set(body, '$.contactId', ?)"
                " WHERE account=? AND kind=? AND parent=?",
                (kept["id"], kept["id"], account, kind, lost["id"]),
            )
    courier.call_courier(store)
    return {"contact": people.load_contact(store, account, kept["id"])}


def allow_duplicates(store: Store, body: Doc) -> Doc:
    """{"account", "allowed"}: the location's "Allow Duplicate Contact" setting."""
    company, location = _load_location(store, body)
    location["settings"]["allowDuplicateContact"] = bool(body["allowed"])
    store.put(Row("ghl.location", company, location["id"], location))
    return {"settings": location["settings"]}


def move_location(store: Store, body: Doc) -> Doc:
    """{"account", "country", "timezone"}: where the location is."""
    company, location = _load_location(store, body)
    location |= {"country": str(body["country"]), "timezone": str(body["timezone"])}
    store.put(Row("ghl.location", company, location["id"], location))
    return {"location": location}


def _load_location(store: Store, body: Doc) -> tuple[str, Doc]:
    found = store.find_anywhere("ghl.location", worlds.account_of("ghl", body["account"]))
    if found is None:
        raise ValueError(f"there is no location {body['account']}")
    return found


ACTIONS: dict[tuple[str, str], Any] = {
    ("POST", "addresses"): set_other_emails,
    ("POST", "merge"): merge_contacts,
    ("POST", "duplicates"): allow_duplicates,
    ("POST", "place"): move_location,
}
