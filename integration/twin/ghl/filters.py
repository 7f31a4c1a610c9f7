"""The search's filters as SQL conditions: operators, groups, fields (docs/ghl-api.md#search)."""

from collections.abc import Callable
from typing import Any

from integration.twin.clock import to_milliseconds
from integration.twin.ghl.access import refuse

Sql = tuple[str, list[Any]]

DATES = {"dateAdded": "added", "dateUpdated": "updated"}
COLUMNS = {"id": "id", "email": "email", "phone": "phone"}
LISTS = {"tags": "$.tags", "followers": "$.followers", "activeWorkflows": "$.workflows"}
TEXTS = {
    "address": "$.address1",
    "assignedTo": "$.assignedTo",
    "businessName": "$.companyName",
    "city": "$.city",
    "companyName": "$.companyName",
    "country": "$.country",
    "dnd": "$.dnd",
    "firstNameLowerCase": "$.firstName",
    "lastNameLowerCase": "$.lastName",
    "isValidWhatsapp": "$.isValidWhatsapp",
    "lastAppointment": "$.lastAppointment",
    "lastEmailClickedDate": "$.lastEmailClickedDate",
    "lastEmailOpenedDate": "$.lastEmailOpenedDate",
    "finishedWorkflows": "$.finishedWorkflows",
    "postalCode": "$.postalCode",
    "source": "$.source",
    "state": "$.state",
    "timezone": "$.timezone",
    "type": "$.type",
    "validEmail": "$.validEmail",
    "website": "$.website",
    "dndSettings.Email.status": "$.dndSettings.Email.status",
    "dndSettings.SMS.status": "$.dndSettings.SMS.status",
    "dndSettings.Call.status": "$.dndSettings.Call.status",
    "inboundDndSettings.all.status": "$.inboundDndSettings.all.status",
}
CUSTOM = "customFields."
BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def build_condition(item: Any) -> Sql:
    """Of one filter or group of filters. Raises Refusal for what the search does not know."""
    if not isinstance(item, dict):
        raise refuse(422, ["each value in filters must be an object"])
    if "group" in item:
        return _group_condition(item)
    field, operator, value = item.get("field"), item.get("operator"), item.get("value")
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise refuse(422, [f"operator must be one of the following values: {', '.join(OPERATORS)}"])
    if isinstance(value, str) and len(value) > 75:
        raise refuse(422, ["value must be shorter than or equal to 75 characters"])
    # E-mails can be compared as a whole only (docs/ghl-api.md#search).
    if field == "email" and operator not in ("eq", "not_eq", "exists", "not_exists"):
        raise refuse(400, f"Operator {operator} is not allowed for email")
    return OPERATORS[operator](str(field), value)


def _group_condition(item: dict[str, Any]) -> Sql:
    word = str(item["group"]).upper()
    if word not in ("AND", "OR") or not isinstance(item.get("filters"), list) or not item["filters"]:
        raise refuse(422, ["group must be AND or OR and hold filters"])
    parts = [build_condition(inner) for inner in item["filters"]]
    return f"({f' {word} '.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]


def _field_expression(field: str) -> Sql:
    """The value of a field that holds one."""
    if field in DATES:
        return DATES[field], []
    if field in COLUMNS:
        return COLUMNS[field], []
    if field in TEXTS:
        return "json_extract(body, ?)", [TEXTS[field]]
    raise refuse(400, f"Invalid field {field}")


def _list_elements(field: str) -> Sql | None:
    """The values of a field that holds several, as a FROM clause with a WHERE to add to."""
    if field in LISTS:
        return "json_each(body, ?) e WHERE 1", [LISTS[field]]
    if field.startswith(CUSTOM):
        # The value of a custom field is one value or a list of them; a single one is wrapped to be read the same way.
        wrapped = (
            "json_each(body, '$.customFields') c, json_each(CASE json_type(c.value, '$.value') WHEN 'array'"
            " THEN json_extract(c.value, '$.value') ELSE json_array(json_extract(c.value, '$.value')) END) e"
        )
        return f"{wrapped} WHERE json_extract(c.value, '$.id') = ?", [field.removeprefix(CUSTOM)]
    if field.startswith("opportunities."):
        # The sandbox holds no opportunities, so no contact has any.
        return "json_each('[]') e WHERE 1", []
    return None


def _test_field(field: str, comparison: str, values: list[Any]) -> Sql:
    """`comparison` speaks of {}; of a field with several values one must fit."""
    several = _list_elements(field)
    if several:
        sql, before = several
        test = comparison.format("e.value")
        return f"EXISTS (SELECT 1 FROM {sql} AND {test})", [*before, *values]  # noqa: S608 -- own words, values bound
    sql, before = _field_expression(field)
    return comparison.format(sql), [*before, *values]


def _test_equal(field: str, value: Any) -> Sql:
    if isinstance(value, list):
        parts = [_test_equal(field, item) for item in value] or [("0", [])]
        return f"({' OR '.join(sql for sql, _ in parts)})", [item for _, values in parts for item in values]
    if field in DATES:
        return _test_field(field, "{} = ?", [_read_moment(value)])
    if field in COLUMNS:
        return _test_field(field, "{} = ?", [str(value).lower() if field == "email" else value])
    # json_extract gives numbers for JSON numbers and booleans, which a comparison of texts would never find.
    if isinstance(value, bool | int | float):
        return _test_field(field, "{} = ?", [value])
    return _test_field(field, "lower({}) = ?", [str(value).lower()])


def _test_contains(field: str, value: Any) -> Sql:
    return _test_field(field, "instr(lower({}), ?) > 0", [str(value).lower()])


def _test_exists(field: str, value: Any) -> Sql:
    return _test_field(field, "coalesce({}, '') <> ''", [])


def _test_range(field: str, value: Any) -> Sql:
    if not isinstance(value, dict) or not value or not value.keys() <= BOUNDS.keys():
        raise refuse(422, ["value of a range must hold gt, gte, lt or lte"])
    bounds = [
        (f"{{}} {BOUNDS[name]} ?", _read_moment(bound) if field in DATES else bound) for name, bound in value.items()
    ]
    if field in DATES or field in COLUMNS:
        # Each bound by itself, so that SQLite can walk the index.
        return " AND ".join(sql.format(_field_expression(field)[0]) for sql, _ in bounds), [
            bound for _, bound in bounds
        ]
    parts = [_test_field(field, sql, [bound]) for sql, bound in bounds]
    return " AND ".join(sql for sql, _ in parts), [item for _, values in parts for item in values]


def _read_moment(value: Any) -> int:
    """Milliseconds of an ISO text, or of a number that already is that."""
    try:
        return int(value) if isinstance(value, int | float) else to_milliseconds(str(value))
    except ValueError:
        raise refuse(422, [f"{value} must be a valid ISO 8601 date string"]) from None


def _negate_test(test: Callable[[str, Any], Sql]) -> Callable[[str, Any], Sql]:
    def negated(field: str, value: Any) -> Sql:
        sql, values = test(field, value)
        # A missing field is NULL in SQL and so is its negation; not_eq must find contacts without the field.
        return f"NOT coalesce(({sql}), 0)", values

    return negated


OPERATORS: dict[str, Callable[[str, Any], Sql]] = {
    "eq": _test_equal,
    "not_eq": _negate_test(_test_equal),
    "contains": _test_contains,
    "not_contains": _negate_test(_test_contains),
    "exists": _test_exists,
    "not_exists": _negate_test(_test_exists),
    "range": _test_range,
}
