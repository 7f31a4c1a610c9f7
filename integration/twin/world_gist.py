"""The Gist half of the demo world."""

from integration.twin import worlds
from integration.twin.cast import TAGS, Person, cast
from integration.twin.gist import people as contacts
from integration.twin.gist import tagging
from integration.twin.store import Doc, Row, Store
from integration.twin.world_ghl import NAMES, STAFF, born

TEAMS = {"alder": ("Front desk", "Treatment"), "bluefin": ("Dispatch", "Billing")}
SEGMENTS = ("Active this month", "No visit in a year")
CAMPAIGNS = {"alder": ("Welcome series", "Recall reminder"), "bluefin": ("Winter check", "Thank you")}
FORMS = {"alder": ("Book a visit", "Newsletter"), "bluefin": ("Ask for a quote", "Newsletter")}
EVENTS = ("Signed up", "Visited pricing", "GHL task completed")


def accounts(store: Store) -> None:
    for name, workspace in worlds.WORKSPACE_IDS.items():
        key = worlds.API_KEYS[name]
        store.put(Row("gist.key", "", key, {"workspace": workspace, "name": NAMES[name]}))
        _staff(store, name, workspace)
        for tag in TAGS[name]:
            tagging.save(store, workspace, {"id": store.number("gist.id"), "name": tag})
        for number, title in enumerate(SEGMENTS):
            _put(store, "gist.segment", workspace, {"name": title, "person_type": ("user", "lead")[number]})
        for title in CAMPAIGNS[name]:
            _put(store, "gist.campaign", workspace, {"name": title, "status": "active", "email_count": 4})
        for title in FORMS[name]:
            fields = [{"name": "email", "type": "email"}, {"name": "name", "type": "text"}]
            form = {"title": title, "form_type": "embedded", "status": "active", "fields": fields}
            _put(store, "gist.form", workspace, form)
        for order, title in enumerate(("Product news", "Reminders")):
            kind = {"name": title, "description": f"{title} of {NAMES[name]}", "status": "active"}
            _put(store, "gist.subscription_type", workspace, {**kind, "display_order": order})
        for title in EVENTS:
            _put(store, "gist.event_type", workspace, {"name": title}, ext=title.lower())


def _put(store: Store, kind: str, workspace: str, body: Doc, **columns: str) -> Doc:
    made = born(0) // 1000
    body = {"id": store.number("gist.id"), **body, "created_at": made, "updated_at": made}
    store.put(Row(kind, workspace, str(body["id"]), body, **columns))  # type: ignore[arg-type]
    return body


def _staff(store: Store, name: str, workspace: str) -> None:
    teammates = []
    for full in STAFF[name]:
        email = f"{full.split()[0].lower()}@{name}.example"
        more = {"avatar": None, "agent_status": "online", "away_mode_enabled": False, "has_inbox_seat": True}
        teammate: Doc = {"name": full, "email": email, **more, "last_active_on": born(150) // 1000, "team_ids": []}
        teammates.append(_put(store, "gist.teammate", workspace, teammate, email=email))
    for number, title in enumerate(TEAMS[name]):
        members = [teammate["id"] for teammate in teammates[number::2]]
        _put(store, "gist.team", workspace, {"name": title, "emoji": "🦷", "teammate_ids": members})


def people(store: Store) -> None:
    for name, workspace in worlds.WORKSPACE_IDS.items():
        known = [person for person in cast(name) if "gist" in person.sides]
        tags = {tag["name"]: tag for tag in store.all(tagging.KIND, workspace)}
        made = [_contact(store, person, tags) for person in known]
        store.put_all(contacts.row(workspace, contact) for contact in made)
        for number, contact in enumerate(made[:6]):
            _conversation(store, workspace, contact, number)


def _contact(store: Store, person: Person, tags: dict[str, Doc]) -> Doc:
    made = born(person.number) // 1000
    contact = contacts.blank(store.number("gist.id"), made)
    given: Doc = {"name": person.name, "email": person.email, "phone": person.phone, **person.gist}
    contacts.apply(contact, given)
    contact["tags"] = [{"id": tags[name]["id"], "name": name} for name in sorted(person.tags)]
    properties = {"plan": _plan(person), "visits": person.number % 7} if person.plan else {}
    return {**contact, "custom_properties": properties, "last_seen_at": made + 3600, "session_count": 1}


def _plan(person: Person) -> str:
    return "plus" if person.drift and person.number % 3 == 2 else person.plan


def _conversation(store: Store, workspace: str, contact: Doc, number: int) -> None:
    state = "closed" if number % 3 == 2 else "open"
    title = ("Opening hours", "A question about my bill", "Can I come earlier?")[number % 3]
    body: Doc = {"state": state, "title": title, "contacts": [{"id": contact["id"]}], "assignee": None, "tags": []}
    body |= {"custom_properties": {}, "priority": "not_priority"}
    conversation = _put(store, "gist.conversation", workspace, body)
    author = {"id": contact["id"], "type": "contact", "name": contact["name"], "email": contact["email"]}
    text: Doc = {"body": f"Hello, {title.lower()}?", "message_type": "reply", "author": author, "attachments": []}
    _put(store, "gist.message", workspace, text, parent=str(conversation["id"]))
