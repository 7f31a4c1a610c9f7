"""A location and what it owns: custom fields, tags, tasks across contacts (docs/ghl-api.md#locations)."""

from functools import partial

from integration.providers.ghl import schemas as s
from integration.providers.operations import Operation

_op = partial(Operation, version="2021-07-28")
ONE = "/locations/{location_id}"
FIELDS, TAGS_OF = "docs/ghl-api.md#custom-fields", "docs/ghl-api.md#tags"
_fields_read = partial(_op, scope="locations/customFields.readonly", source=FIELDS)
_fields_write = partial(_op, scope="locations/customFields.write", source=FIELDS)
_tags_read = partial(_op, scope="locations/tags.readonly", source=TAGS_OF)
_tags_write = partial(_op, scope="locations/tags.write", source=TAGS_OF)

GET = _op(
    "ghl.locations.get", "Read the location", "GET", ONE, s.LocationAnswer, "docs/ghl-api.md#locations",
    scope="locations.readonly",
)  # fmt: skip
TIMEZONES = _op(
    "ghl.locations.timezones", "List time zones", "GET", f"{ONE}/timezones", s.AnyAnswer, "docs/ghl-api.md#locations",
    scope="locations.readonly",
)  # fmt: skip
CUSTOM_FIELDS = _fields_read(
    "ghl.custom_fields.list", "List custom fields", "GET", f"{ONE}/customFields", s.CustomFieldList, query=("model",)
)
CUSTOM_FIELD = _fields_read(
    "ghl.custom_fields.get", "Read a custom field", "GET", f"{ONE}/customFields/{{field_id}}", s.CustomFieldAnswer
)
CREATE_CUSTOM_FIELD = _fields_write(
    "ghl.custom_fields.create", "Create a custom field", "POST", f"{ONE}/customFields", s.CustomFieldAnswer,
    body=s.NewCustomField, repeatable=False,
)  # fmt: skip
UPDATE_CUSTOM_FIELD = _fields_write(
    "ghl.custom_fields.update", "Rename a custom field", "PUT", f"{ONE}/customFields/{{field_id}}",
    s.CustomFieldAnswer, body=s.CustomFieldBody,
)  # fmt: skip
DELETE_CUSTOM_FIELD = _fields_write(
    "ghl.custom_fields.delete", "Delete a custom field", "DELETE", f"{ONE}/customFields/{{field_id}}", s.Done
)
TAGS = _tags_read("ghl.tags.list", "List the location's tags", "GET", f"{ONE}/tags", s.TagList)
TAG = _tags_read("ghl.tags.get", "Read a tag", "GET", f"{ONE}/tags/{{tag_id}}", s.TagAnswer)
CREATE_TAG = _tags_write("ghl.tags.create", "Create a tag", "POST", f"{ONE}/tags", s.TagAnswer, body=s.Name)
UPDATE_TAG = _tags_write("ghl.tags.update", "Rename a tag", "PUT", f"{ONE}/tags/{{tag_id}}", s.TagAnswer, body=s.Name)
DELETE_TAG = _tags_write("ghl.tags.delete", "Delete a tag", "DELETE", f"{ONE}/tags/{{tag_id}}", s.Done)
SEARCH_TASKS = _op(
    "ghl.tasks.search", "Search the location's tasks", "POST", f"{ONE}/tasks/search", s.TaskList,
    "docs/ghl-api.md#tasks", scope="locations/tasks.readonly", body=s.TaskSearch,
)  # fmt: skip
