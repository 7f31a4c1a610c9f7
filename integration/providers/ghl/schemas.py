"""Bodies and answers of GHL's API. Names follow the wire; answers keep what they do not name (docs/ghl-api.md)."""

from typing import Any

from pydantic import Field, field_validator

from integration.providers.operations import Listing, Schema


class Done(Schema):
    """`{"succeded": true}`; GHL's own spelling, v3 spells it right."""


class Contact(Schema):
    id: str
    locationId: str = ""
    customFields: list[dict[str, Any]] = Field(default_factory=list)
    tags: list[str] | None = None
    dateUpdated: str | None = None

    @field_validator("customFields", mode="before")
    @classmethod
    def _never_null(cls, value: Any) -> Any:
        return [] if value is None else value


class ContactAnswer(Schema):
    contact: Contact


class MaybeContact(Schema):
    contact: Contact | None = None


class UpsertAnswer(Schema):
    contact: Contact
    new: bool = False


class ContactHits(Listing):
    list_name, item = "contacts", Contact
    contacts: list[Contact]
    total: int | None = None


class ContactList(Schema):
    contacts: list[Contact]
    count: int | None = None


class Search(Schema):
    locationId: str
    pageLimit: int
    page: int | None = None
    searchAfter: list[Any] | None = None
    query: str | None = None
    filters: list[dict[str, Any]] | None = None
    sort: list[dict[str, str]] | None = None


class ContactBody(Schema):
    """What create, upsert and update have in common (docs/ghl-api.md#write-fields)."""

    firstName: str | None = None
    lastName: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    tags: list[str] | None = None
    customFields: list[dict[str, Any]] | None = None


class NewContact(ContactBody):
    locationId: str


class Task(Schema):
    id: str
    title: str = ""
    body: str | None = None
    dueDate: str | None = None
    completed: bool = False
    assignedTo: str | None = None
    contactId: str | None = None


class TaskAnswer(Schema):
    task: Task


class TaskList(Listing):
    list_name, item = "tasks", Task
    tasks: list[Task]


class TaskBody(Schema):
    title: str | None = None
    body: str | None = None
    dueDate: str | None = None
    completed: bool | None = None
    assignedTo: str | None = None


class NewTask(TaskBody):
    """GHL has no task without these three (docs/ghl-api.md#tasks)."""

    title: str
    dueDate: str
    completed: bool


class Completed(Schema):
    completed: bool


class Note(Schema):
    id: str
    body: str | None = None
    userId: str | None = None
    contactId: str | None = None
    dateAdded: str | None = None
    title: str | None = None


class NoteAnswer(Schema):
    note: Note


class NoteList(Schema):
    notes: list[Note]


class NoteBody(Schema):
    body: str | None = None
    userId: str | None = None
    title: str | None = None
    color: str | None = None
    pinned: bool | None = None


class NewNote(NoteBody):
    body: str


class Event(Schema):
    """An appointment, as calendars and contacts list it."""

    id: str
    calendarId: str | None = None
    contactId: str | None = None
    title: str | None = None
    appointmentStatus: str | None = None
    startTime: Any = None
    endTime: Any = None
    assignedUserId: str | None = None
    address: str | None = None
    dateAdded: Any = None


class EventList(Listing):
    list_name, item = "events", Event
    events: list[Event]


class EventAnswer(Schema):
    event: Event


class AppointmentBody(Schema):
    """A change: neither location nor contact may stand in it (docs/ghl-api.md#calendars)."""

    calendarId: str | None = None
    startTime: str | None = None
    endTime: str | None = None
    title: str | None = None
    appointmentStatus: str | None = None
    assignedUserId: str | None = None
    toNotify: bool | None = None
    ignoreFreeSlotValidation: bool | None = None


class NewAppointment(AppointmentBody):
    calendarId: str
    locationId: str
    contactId: str
    startTime: str


class BlockBody(Schema):
    """A blocked slot is nobody's (docs/ghl-api.md#calendars)."""

    calendarId: str
    locationId: str
    startTime: str | None = None
    endTime: str | None = None
    title: str | None = None
    assignedUserId: str | None = None


class Tags(Schema):
    tags: list[str]


class Followers(Schema):
    followers: list[str]


class BulkTags(Schema):
    contacts: list[str]
    tags: list[str]
    locationId: str
    removeAllTags: bool | None = None


class BulkTagsAnswer(Schema):
    """Errors of single contacts stand inside a 201 (docs/ghl-api.md#tags)."""

    errorCount: int = 0
    responses: list[dict[str, Any]] = Field(default_factory=list)


class BulkBusiness(Schema):
    locationId: str
    ids: list[str]
    businessId: str | None


class EventStart(Schema):
    eventStartTime: str | None = None


class Location(Schema):
    id: str
    name: str | None = None
    companyId: str | None = None
    timezone: str | None = None
    country: str | None = None
    settings: dict[str, Any] | None = None


class LocationAnswer(Schema):
    location: Location


class CustomField(Schema):
    id: str
    name: str = ""
    fieldKey: str = ""
    dataType: str = "TEXT"
    picklistOptions: list[Any] | None = None
    isAllowedCustomOption: bool = False


class CustomFieldList(Schema):
    customFields: list[CustomField]


class CustomFieldAnswer(Schema):
    customField: CustomField


class CustomFieldBody(Schema):
    name: str
    dataType: str | None = None
    placeholder: str | None = None
    position: int | None = None
    model: str | None = None


class NewCustomField(CustomFieldBody):
    dataType: str


class Tag(Schema):
    id: str
    name: str


class TagList(Schema):
    tags: list[Tag]


class TagAnswer(Schema):
    tag: Tag


class Name(Schema):
    name: str


class TaskSearch(Schema):
    contactId: list[str] | None = None
    completed: bool | None = None
    assignedTo: list[str] | None = None
    query: str | None = None
    limit: int | None = None
    skip: int | None = None


class Calendar(Schema):
    id: str
    name: str | None = None
    teamMembers: list[dict[str, Any]] | None = None


class CalendarList(Schema):
    calendars: list[Calendar]


class CalendarAnswer(Schema):
    calendar: Calendar


class AnyAnswer(Schema):
    """An answer whose shape is not documented, or is keyed by data."""


class User(Schema):
    id: str
    name: str | None = None
    email: str | None = None


class UserList(Schema):
    users: list[User]


class Business(Schema):
    id: str
    name: str | None = None


class BusinessList(Schema):
    businesses: list[Business]


class BusinessAnswer(Schema):
    business: Business


class SavedBusiness(Schema):
    """GHL writes `buiseness` here (docs/ghl-api.md#businesses)."""

    business: Business | None = Field(default=None, alias="buiseness")


class BusinessBody(Schema):
    """A change: no location may stand in it (docs/ghl-api.md#businesses)."""

    name: str | None = None


class NewBusiness(Schema):
    name: str
    locationId: str


class Token(Schema):
    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    scope: str | None = None
    locationId: str | None = None
    companyId: str | None = None


class InstalledLocation(Schema):
    id: str = Field(alias="_id")
    name: str | None = None


class InstalledLocations(Schema):
    locations: list[InstalledLocation]
