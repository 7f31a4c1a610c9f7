"""A location and what it owns: fields, values, tags, tasks of all contacts, workflows (docs/ghl-api.md#locations)."""

from functools import partial

from integration.providers.ghl import schemas as s
from integration.providers.ghl import schemas_location as own
from integration.providers.operations import Operation

_op = partial(Operation, version="2021-07-28")
ONE = "/locations/{location_id}"
FIELDS, TAGS_OF = "docs/ghl-api.md#custom-fields", "docs/ghl-api.md#tags"
_fields_read = partial(_op, scope="locations/customFields.readonly", source=FIELDS)
_fields_write = partial(_op, scope="locations/customFields.write", source=FIELDS)
_values_read = partial(_op, scope="locations/customValues.readonly", source="docs/ghl-api.md#custom-values")
_values_write = partial(_op, scope="locations/customValues.write", source="docs/ghl-api.md#custom-values")
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
CUSTOM_VALUES = _values_read(
    "ghl.custom_values.list", "List custom values", "GET", f"{ONE}/customValues", own.CustomValueList
)
CUSTOM_VALUE = _values_read(
    "ghl.custom_values.get", "Read a custom value", "GET", f"{ONE}/customValues/{{value_id}}", own.CustomValueAnswer
)
CREATE_CUSTOM_VALUE = _values_write(
    "ghl.custom_values.create", "Create a custom value", "POST", f"{ONE}/customValues", own.CustomValueAnswer,
    body=own.CustomValueBody, repeatable=False,
)  # fmt: skip
UPDATE_CUSTOM_VALUE = _values_write(
    "ghl.custom_values.update", "Change a custom value", "PUT", f"{ONE}/customValues/{{value_id}}",
    own.CustomValueAnswer, body=own.CustomValueBody,
)  # fmt: skip
DELETE_CUSTOM_VALUE = _values_write(
    "ghl.custom_values.delete", "Delete a custom value", "DELETE", f"{ONE}/customValues/{{value_id}}", s.Done
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
WORKFLOWS = _op(
    "ghl.workflows.list", "List workflows", "GET", "/workflows/", own.AutomationList, "docs/ghl-api.md#workflows",
    scope="workflows.readonly", query=("locationId",),
)  # fmt: skip
