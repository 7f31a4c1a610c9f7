"""What an operation asks for, as fields of a form: its parameters and the members of its body.

Whatever has no field of its own is written as lines, `name = value` (pairs.py): no form asks for JSON.
"""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from integration.providers.gist.schemas import OpenBody
from integration.providers.operations import Json, Operation
from integration.workflows.actions.base import BODY, Input, InputType
from integration.workflows.actions.operation_people import PERSON

# Members of a body that are picked from a list, or are moments.
PICKED: dict[str, InputType] = {
    "assignedTo": "user", "userId": "user", "assignedUserId": "user", "calendarId": "calendar",
    "teammate_id": "teammate", "workflow_id": "automation",
    "dueDate": "moment", "startTime": "moment", "endTime": "moment", "eventStartTime": "moment",
    "startDate": "moment", "endDate": "moment",
}  # fmt: skip


# What some members are, where their name does not say it.
LABELS = {
    ("gist.campaigns.set", "id"): "Campaign",
    ("gist.contacts.save", "id"): "Contact id",
    ("gist.tags.save", "id"): "Tag id",
}
HELP = {
    "contact_id": "Empty: this person.",
    "contactId": "Empty: this person.",
    "location_id": "Empty: the link's own.",
    "assignedUserId": "Needed where the calendar has no team member.",
    "appointmentStatus": "new, confirmed, cancelled, showed, noshow or invalid.",
    "dataType": "As TEXT, LARGE_TEXT, NUMERICAL, DATE or CHECKBOX.",
    "campaign_id": "In GHL: it stands in the address of the campaign.",
    "message_type": "note or reply. A reply goes to the customer.",
    "priority": "priority or not_priority.",
    "state": "open, closed or snoozed.",
    "assignee_id": "Empty: the assignee is taken off.",
    "assignee_type": "teammate or team.",
    "conversation_id": "A trigger of conversations tells it: {{ event.conversation_id }}.",
}
# Members that hold names and values, or a list of things that are named by their ids.
PAIRS: Mapping[str, tuple[str, str]] = {
    "customFields": ("Custom fields", "One a line: shoe_size = 42. A field by its key or id."),
    "custom_properties": ("Custom properties", "One a line: plan = gold."),
    "properties": ("Properties", "One a line: amount = 99."),
}
ID_LISTS = {"contacts": ("Contacts", "Their ids in Gist, with commas between.")}
MORE = Input(BODY, "More fields", "pairs", help="For what has no field here; one a line: city = Bern.")
# What the API wants and nobody needs to be asked for.
STANDARD: Mapping[str, Json] = {"ghl.tasks.create": {"completed": False}}
# Members that stand for something nested in the body: who writes a message.
TEAMMATE = Input("teammate_id", "Teammate", "teammate", required=True, member="from")


def inputs_of(operation: Operation[Any]) -> tuple[Input, ...]:
    """The fields of its form: what must be filled in first, then in the order of path, query and body."""
    path = [
        _input(operation, name, str, required=name not in ("contact_id", "location_id"))
        for name in (*operation.parameters, *operation.query)
        if name != "locationId"
    ]
    fields = operation.body.model_fields if operation.body else {}
    person = PERSON[operation.key].names if operation.key in PERSON else ()
    asked = {*person, *STANDARD.get(operation.key, ()), *(one.member for one in extra_inputs(operation))}
    body = [
        _input(operation, name, info.annotation, required=info.is_required() and name not in asked)
        for name, info in fields.items()
        if name != "locationId" and _is_simple(info.annotation)
    ]
    nested = [one for name in fields if (one := _nested_input(name))]
    inputs = sorted([*path, *body, *extra_inputs(operation)], key=lambda one: not one.required)
    return (*inputs, *nested, *((MORE,) if takes_more(operation) else ()))


def takes_more(operation: Operation[Any]) -> bool:
    """Whether its body may hold what has no field of its own."""
    if operation.body is None:
        return False
    members = operation.body.model_fields.values()
    return issubclass(operation.body, OpenBody) or not members or not all(_is_simple(one.annotation) for one in members)


def extra_inputs(operation: Operation[Any]) -> tuple[Input, ...]:
    return (TEAMMATE,) if operation.key == "gist.messages.create" else ()


def types_of(annotation: Any) -> set[Any]:
    """The types of `str | None` without None."""
    types = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return set(types) - {type(None)}


def _input(operation: Operation[Any], name: str, annotation: Any, *, required: bool) -> Input:
    label = LABELS.get((operation.key, name)) or _label_of_parameter(name)
    kind: InputType = "campaign" if label == "Campaign" else _input_type(name, annotation)
    return Input(name, label, kind, required and name not in operation.query, HELP.get(name, ""))


def _nested_input(name: str) -> Input | None:
    if name in PAIRS:
        return Input(name, PAIRS[name][0], "pairs", help=PAIRS[name][1])
    return Input(name, ID_LISTS[name][0], help=ID_LISTS[name][1]) if name in ID_LISTS else None


def _is_simple(annotation: Any) -> bool:
    """Texts, numbers, flags and lists of texts can be typed into a form; nested objects cannot."""
    return types_of(annotation) <= {str, int, float, bool, list[str]}


def _label_of_parameter(name: str) -> str:
    """`dueDate` and `user_id` as people say them: `Due date`, `User id`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").capitalize()


def _input_type(name: str, annotation: Any) -> InputType:
    if name in PICKED:
        return PICKED[name]
    types = types_of(annotation)
    return "flag" if bool in types else "number" if int in types and str not in types else "text"
