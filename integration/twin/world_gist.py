"""The Gist half of the demo world: workspaces, keys, teams, tags, audiences, contacts and conversations."""

from integration.twin import worlds
from integration.twin.cast import TAGS, Person, demo_people
from integration.twin.gist import people as contacts
from integration.twin.gist import tagging
from integration.twin.store import Doc, Row, Store
from integration.twin.world_ghl import NAMES, STAFF, record_made_at

TEAMS = {"alder": ("Front desk", "Treatment"), "bluefin": ("Dispatch", "Billing")}
SEGMENTS = ("Active this month", "No visit in a year")
CAMPAIGNS = {"alder": ("Welcome series", "Recall reminder"), "bluefin": ("Winter check", "Thank you")}
FORMS = {"alder": ("Book a visit", "Newsletter"), "bluefin": ("Ask for a quote", "Newsletter")}
EVENTS = ("Signed up", "Visited pricing", "GHL task completed")


def seed_accounts(store: Store) -> None:
    for name, workspace in worlds.WORKSPACE_IDS.items():
        key = worlds.API_KEYS[name]
        store.put(Row("gist.key", "", key, {"workspace": workspace, "name": NAMES[name]}))
        _seed_staff(store, name, workspace)
        for tag in TAGS[name]:
            tagging.save_tag(store, workspace, {"id": store.next_number("gist.id"), "name": tag})
        for number, title in enumerate(SEGMENTS):
            _put_document(store, "gist.segment", workspace, {"name": title, "person_type": ("user", "lead")[number]})
        for title in CAMPAIGNS[name]:
            _put_document(store, "gist.campaign", workspace, {"name": title, "status": "active", "email_count": 4})
        for title in FORMS[name]:
            fields = [{"name": "email", "type": "email"}, {"name": "name", "type": "text"}]
            form = {"title": title, "form_type": "embedded", "status": "active", "fields": fields}
            _put_document(store, "gist.form", workspace, form)
        for order, title in enumerate(("Product news", "Reminders")):
            kind = {"name": title, "description": f"{title} of {NAMES[name]}", "status": "active"}
            _put_document(store, "gist.subscription_type", workspace, {**kind, "display_order": order})
        for title in EVENTS:
            _put_document(store, "gist.event_type", workspace, {"name": title}, ext=title.lower())


def _put_document(store: Store, kind: str, workspace: str, body: Doc, **columns: str) -> Doc:
    made = record_made_at(0) // 1000
    body = {"id": store.next_number("gist.id"), **body, "created_at": made, "updated_at": made}
    store.put(Row(kind, workspace, str(body["id"]), body, **columns))  # type: ignore[arg-type]
    return body


def _seed_staff(store: Store, name: str, workspace: str) -> None:
    teammates = []
    for full in STAFF[name]:
        email = f"{full.split()[0].lower()}@{name}.example"
        more = {"avatar": None, "agent_status": "online", "away_mode_enabled": False, "has_inbox_seat": True}
        teammate: Doc = {
            "name": full,
            "email": email,
            **more,
            "last_active_on": record_made_at(150) // 1000,
            "team_ids": [],
        }
        teammates.append(_put_document(store, "gist.teammate", workspace, teammate, email=email))
    for number, title in enumerate(TEAMS[name]):
        members = [teammate["id"] for teammate in teammates[number::2]]
        _put_document(store, "gist.team", workspace, {"name": title, "emoji": "🦷", "teammate_ids": members})


def seed_people(store: Store) -> None:
    for name, workspace in worlds.WORKSPACE_IDS.items():
        known = [person for person in demo_people(name) if "gist" in person.sides]
        tags = {tag["name"]: tag for tag in store.all(tagging.KIND, workspace)}
        made = [_contact_document(store, person, tags) for person in known]
        store.put_all(contacts.contact_row(workspace, contact) for contact in made)
        for number, contact in enumerate(made[:6]):
            _seed_conversation(store, workspace, contact, number)


def _contact_document(store: Store, person: Person, tags: dict[str, Doc]) -> Doc:
    made = record_made_at(person.number) // 1000
    contact = contacts.blank_contact(store.next_number("gist.id"), made)
    given: Doc = {"name": person.name, "email": person.email, "phone": person.phone, **person.gist}
    contacts.apply_body(contact, given)
    contact["tags"] = [{"id": tags[name]["id"], "name": name} for name in sorted(person.tags)]
    properties = {"plan": _plan_of(person), "visits": person.number % 7} if person.plan else {}
    return {**contact, "custom_properties": properties, "last_seen_at": made + 3600, "session_count": 1}


def _plan_of(person: Person) -> str:
    return "plus" if person.drift and person.number % 3 == 2 else person.plan


def _seed_conversation(store: Store, workspace: str, contact: Doc, number: int) -> None:
    state = "closed" if number % 3 == 2 else "open"
    title = ("Opening hours", "A question about my bill", "Can I come earlier?")[number % 3]
    body: Doc = {"state": state, "title": title, "contacts": [{"id": contact["id"]}], "assignee": None, "tags": []}
    body |= {"custom_properties": {}, "priority": "not_priority"}
    conversation = _put_document(store, "gist.conversation", workspace, body)
    author = {"id": contact["id"], "type": "contact", "name": contact["name"], "email": contact["email"]}
    text: Doc = {"body": f"Hello, {title.lower()}?", "message_type": "reply", "author": author, "attachments": []}
    _put_document(store, "gist.message", workspace, text, parent=str(conversation["id"]))
