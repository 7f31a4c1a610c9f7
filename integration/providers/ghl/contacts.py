"""The 32 contact operations (docs/ghl-api.md#contacts)."""

from functools import partial

from integration.providers.ghl import schemas as s
from integration.providers.operations import Operation

VERSION = "2021-07-28"
READ, WRITE = "contacts.readonly", "contacts.write"
_read = partial(Operation, scope=READ, version=VERSION)
_write = partial(Operation, scope=WRITE, version=VERSION)
CONTACTS, TASKS_OF, NOTES_OF = "docs/ghl-api.md#contacts", "docs/ghl-api.md#tasks", "docs/ghl-api.md#notes"
ONE = "/contacts/{contact_id}"

SEARCH = _read(
    "ghl.contacts.search", "Search contacts", "POST", "/contacts/search", s.ContactHits,
    "docs/ghl-api.md#search", body=s.Search,
)  # fmt: skip
FIND_DUPLICATE = _read(
    "ghl.contacts.find_duplicate", "Find a contact by e-mail or phone", "GET", "/contacts/search/duplicate",
    s.MaybeContact, CONTACTS, query=("locationId", "email", "number"),
    lenient={404: {"contact": None}},
)  # fmt: skip
GET = _read("ghl.contacts.get", "Read a contact", "GET", ONE, s.ContactAnswer, CONTACTS)
CREATE = _write(
    "ghl.contacts.create", "Create a contact", "POST", "/contacts/", s.ContactAnswer, CONTACTS,
    body=s.NewContact, repeatable=False,
)  # fmt: skip
UPDATE = _write("ghl.contacts.update", "Update a contact", "PUT", ONE, s.ContactAnswer, CONTACTS, body=s.ContactBody)
UPSERT = _write(
    "ghl.contacts.upsert", "Create or update a contact", "POST", "/contacts/upsert", s.UpsertAnswer,
    "docs/ghl-api.md#upsert", body=s.NewContact, repeatable=False,
)  # fmt: skip
DELETE = _write("ghl.contacts.delete", "Delete a contact", "DELETE", ONE, s.Done, CONTACTS)
LIST = _read(
    "ghl.contacts.list", "List contacts (deprecated)", "GET", "/contacts/", s.ContactList, CONTACTS,
    query=("locationId", "startAfterId", "startAfter", "query", "limit"),
)  # fmt: skip
BY_BUSINESS = _read(
    "ghl.contacts.by_business", "List the contacts of a business", "GET", "/contacts/business/{business_id}",
    s.ContactList, CONTACTS, query=("locationId", "limit", "skip", "query"),
)  # fmt: skip

ADD_TAGS = _write(
    "ghl.contacts.add_tags", "Add tags", "POST", f"{ONE}/tags", s.Tags, "docs/ghl-api.md#tags", body=s.Tags
)
REMOVE_TAGS = _write(
    "ghl.contacts.remove_tags", "Remove tags", "DELETE", f"{ONE}/tags", s.Tags, "docs/ghl-api.md#tags", body=s.Tags
)
BULK_TAGS = _write(
    "ghl.contacts.bulk_tags", "Add or remove tags of many contacts", "POST", "/contacts/bulk/tags/update/{type}",
    s.BulkTagsAnswer, "docs/ghl-api.md#tags", body=s.BulkTags,
)  # fmt: skip
BULK_BUSINESS = _write(
    "ghl.contacts.bulk_business", "Attach contacts to a business", "POST", "/contacts/bulk/business", s.AnyAnswer,
    CONTACTS, body=s.BulkBusiness,
)  # fmt: skip

TASKS = _read("ghl.tasks.list", "List a contact's tasks", "GET", f"{ONE}/tasks", s.TaskList, TASKS_OF)
TASK = _read("ghl.tasks.get", "Read a task", "GET", f"{ONE}/tasks/{{task_id}}", s.TaskAnswer, TASKS_OF)
CREATE_TASK = _write(
    "ghl.tasks.create", "Create a task", "POST", f"{ONE}/tasks", s.TaskAnswer, TASKS_OF,
    body=s.NewTask, repeatable=False,
)  # fmt: skip
UPDATE_TASK = _write(
    "ghl.tasks.update", "Update a task", "PUT", f"{ONE}/tasks/{{task_id}}", s.TaskAnswer, TASKS_OF, body=s.TaskBody
)
COMPLETE_TASK = _write(
    "ghl.tasks.complete", "Complete or reopen a task", "PUT", f"{ONE}/tasks/{{task_id}}/completed", s.TaskAnswer,
    TASKS_OF, body=s.Completed,
)  # fmt: skip
DELETE_TASK = _write("ghl.tasks.delete", "Delete a task", "DELETE", f"{ONE}/tasks/{{task_id}}", s.Done, TASKS_OF)

NOTES = _read("ghl.notes.list", "List a contact's notes", "GET", f"{ONE}/notes", s.NoteList, NOTES_OF)
NOTE = _read("ghl.notes.get", "Read a note", "GET", f"{ONE}/notes/{{note_id}}", s.NoteAnswer, NOTES_OF)
CREATE_NOTE = _write(
    "ghl.notes.create", "Create a note", "POST", f"{ONE}/notes", s.NoteAnswer, NOTES_OF,
    body=s.NewNote, repeatable=False,
)  # fmt: skip
UPDATE_NOTE = _write(
    "ghl.notes.update", "Update a note", "PUT", f"{ONE}/notes/{{note_id}}", s.NoteAnswer, NOTES_OF, body=s.NoteBody
)
DELETE_NOTE = _write("ghl.notes.delete", "Delete a note", "DELETE", f"{ONE}/notes/{{note_id}}", s.Done, NOTES_OF)

APPOINTMENTS = _read(
    "ghl.contacts.appointments", "List a contact's appointments", "GET", f"{ONE}/appointments", s.EventList, CONTACTS
)
ADD_FOLLOWERS = _write(
    "ghl.contacts.add_followers", "Add followers", "POST", f"{ONE}/followers", s.AnyAnswer, CONTACTS, body=s.Followers
)
REMOVE_FOLLOWERS = _write(
    "ghl.contacts.remove_followers", "Remove followers", "DELETE", f"{ONE}/followers", s.AnyAnswer, CONTACTS,
    body=s.Followers,
)  # fmt: skip
ADD_TO_CAMPAIGN = _write(
    "ghl.contacts.add_to_campaign", "Add to a campaign", "POST", f"{ONE}/campaigns/{{campaign_id}}", s.Done, CONTACTS,
    body=s.AnyAnswer, repeatable=False,
)  # fmt: skip
REMOVE_FROM_CAMPAIGN = _write(
    "ghl.contacts.remove_from_campaign", "Remove from a campaign", "DELETE", f"{ONE}/campaigns/{{campaign_id}}", s.Done,
    CONTACTS,
)  # fmt: skip
REMOVE_FROM_ALL_CAMPAIGNS = _write(
    "ghl.contacts.remove_from_all_campaigns", "Remove from all campaigns", "DELETE", f"{ONE}/campaigns/removeAll",
    s.Done, CONTACTS,
)  # fmt: skip
ADD_TO_WORKFLOW = _write(
    "ghl.contacts.add_to_workflow", "Add to a workflow", "POST", f"{ONE}/workflow/{{workflow_id}}", s.Done, CONTACTS,
    body=s.EventStart, repeatable=False,
)  # fmt: skip
REMOVE_FROM_WORKFLOW = _write(
    "ghl.contacts.remove_from_workflow", "Remove from a workflow", "DELETE", f"{ONE}/workflow/{{workflow_id}}", s.Done,
    CONTACTS, body=s.EventStart,
)  # fmt: skip
