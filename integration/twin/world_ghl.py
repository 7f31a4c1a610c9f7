"""The GHL half of the demo world: agency, locations, users, calendars, custom fields, contacts and their items."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from integration.twin import worlds
from integration.twin.cast import TAGS, Person, demo_people
from integration.twin.clock import to_iso
from integration.twin.ghl import appointments, custom_values, dictionary, locations, notes, tasks
from integration.twin.ghl.people import contact_row, new_id
from integration.twin.store import Doc, Row, Store
from integration.twin.words import split_words

NAMES = {"alder": "Alder Dental Group", "bluefin": "Bluefin Plumbing"}
ZONES = {"alder": "America/New_York", "bluefin": "America/Denver"}
STAFF = {
    "alder": ("Maren Bell", "Iris Cole", "Paul Ferris", "Anika Shah"),
    "bluefin": ("Joe Rask", "Della Moon", "Ken Abe"),
}
FIELDS = (
    ("Plan", "TEXT", ()),
    ("Lead source detail", "LARGE_TEXT", ()),
    ("Preferred contact", "SINGLE_OPTIONS", ("Phone", "E-mail", "Text message")),
    ("Interests", "MULTIPLE_OPTIONS", ("Whitening", "Implants", "Braces", "Repairs")),
    ("Loyalty points", "NUMERICAL", ()),
    ("Lifetime value", "MONETORY", ()),
    ("Last visit", "DATE", ()),
    ("Consents", "CHECKBOX", ("Photos", "Reminders")),
)
CALENDARS = {
    "alder": ("Check-ups", "Consultations"),
    "bluefin": ("Site visits", "Emergency calls"),
}
AUTOMATIONS = ("Reminder before a visit", "Win back", "Welcome series")
SCOPES = split_words(
    "contacts.readonly contacts.write locations.readonly locations/customFields.readonly"
    " locations/customFields.write locations/tags.readonly locations/tags.write locations/tasks.readonly"
    " calendars.readonly calendars.write calendars/events.readonly calendars/events.write users.readonly"
    " businesses.readonly businesses.write locations/customValues.readonly locations/customValues.write"
    " workflows.readonly"
)


def fixed_id(*parts: object) -> str:
    """Twenty letters and digits that are the same every time."""
    return new_id(random.Random(":".join(map(str, parts))))  # noqa: S311


def seed_accounts(store: Store) -> None:
    store.put(Row("ghl.company", "", worlds.COMPANY_ID, {"id": worlds.COMPANY_ID, "name": "Northwind Agency"}))
    for name, location in worlds.LOCATION_IDS.items():
        store.put(Row("ghl.location", worlds.COMPANY_ID, location, _location_document(name, location)))
        store.put(Row("ghl.token", "", worlds.PRIVATE_TOKENS[name], _private_token(location)))
        users = [_user_document(name, location, number) for number in range(len(STAFF[name]))]
        for user in users:
            store.put(Row("ghl.user", worlds.COMPANY_ID, user["id"], user))
        for title, kind, options in FIELDS:
            field = locations.new_field(location, fixed_id(name, "field", title), title, kind)
            locations.save_field(store, {**field, **({"picklistOptions": list(options)} if options else {})})
        for title in AUTOMATIONS:
            custom_values.save_workflow(store, location, fixed_id(name, "workflow", title), title)
        for number, title in enumerate(CALENDARS[name]):
            calendar = _calendar_document(name, location, title, users[number]["id"])
            store.put(Row("ghl.calendar", location, calendar["id"], calendar))
        for tag in TAGS[name]:
            dictionary.save_tag(store, {"id": fixed_id(name, "tag", tag), "name": tag, "locationId": location})


def _location_document(name: str, location: str) -> Doc:
    return {
        "id": location,
        "companyId": worlds.COMPANY_ID,
        "name": NAMES[name],
        "address": "14 Harbour Street",
        "city": "Portland" if name == "alder" else "Denver",
        "state": "OR" if name == "alder" else "CO",
        "country": "US",
        "postalCode": "97201" if name == "alder" else "80202",
        "website": f"https://{name}.example",
        "timezone": ZONES[name],
        "email": f"office@{name}.example",
        "phone": "+15035550100",
        "settings": {
            "allowDuplicateContact": False,
            "allowDuplicateOpportunity": False,
            "allowFacebookNameMerge": False,
            "disableContactTimezone": False,
            "contactUniqueIdentifiers": ["email", "phone"],
        },
    }


def _private_token(location: str) -> Doc:
    return {
        "use": "access",
        "expires": 0,
        "companyId": worlds.COMPANY_ID,
        "locationId": location,
        "scopes": SCOPES,
        "userId": "",
    }


def _user_document(name: str, location: str, number: int) -> Doc:
    first, last = STAFF[name][number].split()
    user_id = worlds.OWNER_ID if (name, number) == ("alder", 0) else fixed_id(name, "user", number)
    return {
        "id": user_id,
        "name": f"{first} {last}",
        "firstName": first,
        "lastName": last,
        "email": f"{first}@{name}.example".lower(),
        "phone": f"+150355501{number:02d}",
        "extension": "",
        "permissions": {},
        "roles": {"type": "account", "role": "admin" if number == 0 else "user", "locationIds": [location]},
        "deleted": False,
    }


def _calendar_document(name: str, location: str, title: str, user: str) -> Doc:
    hours = [{"openHour": 9, "openMinute": 0, "closeHour": 17, "closeMinute": 0}]
    return {
        "id": fixed_id(name, "calendar", title),
        "locationId": location,
        "name": title,
        "description": f"{title} at {NAMES[name]}",
        "slug": title.lower().replace(" ", "-"),
        "calendarType": "round_robin",
        "eventTitle": f"{title} with {{{{contact.name}}}}",
        "isActive": True,
        "autoConfirm": True,
        "teamMembers": [{"userId": user, "priority": 0.5, "isPrimary": True}],
        "slotDuration": 30,
        "slotDurationUnit": "mins",
        "slotInterval": 30,
        "slotIntervalUnit": "mins",
        "openHours": [{"daysOfTheWeek": [day], "hours": hours} for day in range(1, 6)],
    }


def seed_people(store: Store) -> None:
    for name, location in worlds.LOCATION_IDS.items():
        known = [person for person in demo_people(name) if "ghl" in person.sides]
        store.put_all(contact_row(_contact_document(name, location, person)) for person in known)
        _seed_related(store, name, location, known[:12])


def record_made_at(number: int) -> int:
    """When a person's record was made, in milliseconds: within the last half year, one after the other."""
    now = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    moment = now - timedelta(days=180) + timedelta(hours=20 * number, minutes=number)
    return int(min(moment, now).timestamp() * 1000)


def _contact_document(name: str, location: str, person: Person) -> Doc:
    made = to_iso(record_made_at(person.number))
    fields = [{"id": fixed_id(name, "field", "Plan"), "value": person.plan}] if person.plan else []
    contact = {
        "id": fixed_id(name, "contact", person.number),
        "locationId": location,
        "type": "lead",
        "firstName": person.first,
        # Every drifting person differs in one thing: name, phone, or in Gist the plan.
        "lastName": person.last + (" Jr." if person.drift and person.number % 3 == 0 else ""),
        "email": person.email,
        "phone": "" if person.drift and person.number % 3 == 1 else person.phone,
        "city": person.city[0],
        "state": person.city[1],
        "country": "US",
        "source": "website form",
        "dnd": False,
        "tags": sorted(person.tags),
        "customFields": fields,
        "dateAdded": made,
        "dateUpdated": made,
        **person.ghl,
    }
    return {key: value for key, value in contact.items() if value != ""}


def _seed_related(store: Store, name: str, location: str, known: list[Person]) -> None:
    """Tasks, notes and appointments for the first few."""
    for place, person in enumerate(known):
        contact = fixed_id(name, "contact", person.number)
        notes.save_note(store, location, _note_document(name, person, contact))
        if place % 2 == 0:
            tasks.save_task(store, location, _task_document(name, person, contact, place))
        if place % 3 == 0:
            appointments.save_event(store, _appointment_document(name, location, contact, place))


def _note_document(name: str, person: Person, contact: str) -> Doc:
    return {
        "id": fixed_id(name, "note", person.number),
        "contactId": contact,
        "body": f"Spoke with {person.first}: prefers mornings.",
        "userId": fixed_id(name, "user", 1),
        "dateAdded": to_iso(record_made_at(person.number) + 3_600_000),
        "pinned": False,
    }


def _task_document(name: str, person: Person, contact: str, place: int) -> Doc:
    due = _today_noon(name) + timedelta(days=place - 3)
    return {
        "id": fixed_id(name, "task", person.number),
        "contactId": contact,
        "title": f"Call {person.first} back",
        "body": "Ask about the next visit.",
        "dueDate": to_iso(due.timestamp() * 1000),
        "completed": place % 4 == 0,
        "assignedTo": fixed_id(name, "user", 1),
    }


def _appointment_document(name: str, location: str, contact: str, place: int) -> Doc:
    start = _today_noon(name) + timedelta(days=place + 1)
    now = to_iso(int(_today_noon(name).timestamp() * 1000))
    return {
        "id": fixed_id(name, "event", place),
        "locationId": location,
        "contactId": contact,
        "calendarId": fixed_id(name, "calendar", CALENDARS[name][0]),
        "title": CALENDARS[name][0],
        "appointmentStatus": "confirmed",
        "assignedUserId": fixed_id(name, "user", 1),
        "groupId": "",
        "startTime": start.isoformat(),
        "endTime": (start + timedelta(minutes=30)).isoformat(),
        "dateAdded": now,
        "dateUpdated": now,
        "createdBy": {"userId": "", "source": "booking_widget"},
    }


def _today_noon(name: str) -> datetime:
    return datetime.now(ZoneInfo(ZONES[name])).replace(hour=12, minute=0, second=0, microsecond=0)
