"""POST /contacts/search: filters, sorting, pages and cursors, as SQL (docs/ghl-api.md#search)."""

import json
from dataclasses import dataclass
from typing import Any

from integration.twin import quirks
from integration.twin.clock import to_milliseconds
from integration.twin.ghl import people
from integration.twin.ghl.access import new_trace_id, refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.ghl.filters import COLUMNS, build_condition
from integration.twin.router import Call
from integration.twin.store import Doc

# Pages end here; beyond it only `searchAfter` goes on (docs/ghl-api.md#search).
MOST = 10_000
# Kind and account are the only values of a search without filters.
UNFILTERED = 2
SORTS = {
    "dateAdded": "added",
    "dateUpdated": "updated",
    "email": "coalesce(email, '')",
    "firstNameLowerCase": "lower(coalesce(json_extract(body, '$.firstName'), ''))",
    "lastNameLowerCase": "lower(coalesce(json_extract(body, '$.lastName'), ''))",
    "businessName": "coalesce(json_extract(body, '$.companyName'), '')",
    "dnd": "coalesce(json_extract(body, '$.dnd'), 0)",
    "source": "coalesce(json_extract(body, '$.source'), '')",
}
ALLOWED = ("locationId", "pageLimit", "page", "searchAfter", "query", "filters", "sort")


@dataclass(frozen=True)
class Sort:
    expression: str
    descending: bool

    @property
    def order(self) -> str:
        return f"{self.expression} {'DESC' if self.descending else 'ASC'}"


@dataclass(frozen=True)
class Page:
    """`after` is a cursor: the sort values and the id of the last hit; without one `skip` hits are passed over."""

    limit: int
    skip: int
    after: list[Any]


@ROUTER.add("POST", "/contacts/search", scope="contacts.readonly", writes=False)
def search_contacts(call: Call) -> Doc:
    body = call.body if isinstance(call.body, dict) else {}
    page = _read_page(body)
    sorts = _read_sorts(body.get("sort") or [])
    where, values = _where_clause(call, body)
    source = call.store.search_source()
    # Counted before the cursor narrows it: `total` is that of the whole search on every page.
    total = _count_matches(call, source, where, values)
    if page.after:
        beyond, cursor = _after_cursor(sorts, page.after)
        where, values = f"{where} AND ({beyond})", [*values, *cursor]
    if _names_one(body.get("filters")):
        # A plus sign keeps SQLite from walking the index of the order instead of the one that finds the contact.
        sorts = [Sort(f"+{sort.expression}", sort.descending) for sort in sorts]
    order = ", ".join([*(sort.order for sort in sorts), "id DESC" if sorts[-1].descending else "id ASC"])
    columns = ", ".join(["body", *(sort.expression for sort in sorts)])
    sql = f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 -- own words
    rows = call.store.run(sql, [*values, page.limit, page.skip])
    return {"contacts": [_build_hit(call, row) for row in rows], "total": total, "traceId": new_trace_id()}


def _count_matches(call: Call, source: str, where: str, values: list[Any]) -> int:
    if source == "documents" and len(values) == UNFILTERED:
        return call.store.count(people.KIND, call.account)
    return int(call.store.run(f"SELECT count(*) FROM {source} WHERE {where}", values)[0][0])  # noqa: S608 -- own words


def _names_one(filters: Any) -> bool:
    """Whether the filters, or a group in them, look for an id, an e-mail or a phone."""
    return any(
        _names_one(item.get("filters")) or (item.get("field") in COLUMNS and item.get("operator") == "eq")
        for item in filters or []
    )


def _build_hit(call: Call, row: tuple[Any, ...]) -> Doc:
    contact = json.loads(row[0])
    owner = contact.get("businessId")
    business = (call.store.get("ghl.business", call.account, owner) if owner else None) or {}
    return people.search_hit(contact, business.get("name") or contact.get("companyName"), [*row[1:], contact["id"]])


def _read_page(body: Doc) -> Page:
    complaints = [f"property {name} should not exist" for name in body if name not in ALLOWED]
    if not isinstance(body.get("locationId"), str) or not body["locationId"]:
        complaints.append("locationId should not be empty")
    limit: Any = body.get("pageLimit")
    page: Any = body.get("page", 1)
    if not _is_whole(limit):
        complaints.append("pageLimit must be a number conforming to the specified constraints")
    elif not 1 <= limit <= 500:
        complaints.append(
            "pageLimit must not be greater than 500" if limit > 500 else "pageLimit must not be less than 1"
        )
    if not _is_whole(page) or page < 1:
        complaints.append("page must not be less than 1")
    if len(str(body.get("query") or "")) > 75:
        complaints.append("query must be shorter than or equal to 75 characters")
    if complaints:
        raise refuse(422, complaints)
    after = body.get("searchAfter") or []
    if not after and page * limit > MOST and quirks.is_on("ghl_search_10000"):
        raise refuse(400, f"Pages reach {MOST} records; use searchAfter beyond")
    return Page(limit, 0 if after else (page - 1) * limit, after)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _read_sorts(given: Any) -> list[Sort]:
    if not isinstance(given, list) or len(given) > 2:
        raise refuse(422, ["sort must contain no more than 2 elements"])
    for item in given:
        if not isinstance(item, dict) or item.get("field") not in SORTS:
            raise refuse(400, f"Invalid field {item.get('field') if isinstance(item, dict) else item}")
        if item.get("direction", "asc") not in ("asc", "desc"):
            raise refuse(422, ["sort.direction must be one of the following values: asc, desc"])
    sorts = [Sort(SORTS[item["field"]], item.get("direction") == "desc") for item in given]
    return sorts or [Sort("added", descending=True)]


def _where_clause(call: Call, body: Doc) -> tuple[str, list[Any]]:
    conditions, values = ["kind=?", "account=?"], [people.KIND, call.account]
    if body.get("query"):
        conditions.append(
            "(name LIKE ? OR email LIKE ? OR phone LIKE ? OR lower(json_extract(body, '$.additionalEmails')) LIKE ?)"
        )
        values += [f"%{str(body['query']).lower()}%"] * 4
    filters = body.get("filters") or []
    if not isinstance(filters, list):
        raise refuse(422, ["filters must be an array"])
    for item in filters:
        sql, more = build_condition(item)
        conditions.append(sql)
        values += more
    return " AND ".join(conditions), values


def _after_cursor(sorts: list[Sort], after: Any) -> tuple[str, list[Any]]:
    """What comes after the cursor. With one direction SQLite can walk the index, else it is spelled out."""
    if not isinstance(after, list) or len(after) != len(sorts) + 1:
        raise refuse(400, "searchAfter must hold the sort values and the id of the last contact")
    values = [_cursor_value(value) for value in after]
    expressions = [*(sort.expression for sort in sorts), "id"]
    # The id breaks ties, in the direction of the last sort, so that no contact is met twice or passed over.
    down = [*(sort.descending for sort in sorts), sorts[-1].descending]
    if len(set(down)) == 1:
        marks = ", ".join("?" * len(values))
        return f"({', '.join(expressions)}) {'<' if down[0] else '>'} ({marks})", values
    clauses: list[str] = []
    spelled: list[Any] = []
    for place, expression in enumerate(expressions):
        equal = [f"{before} = ?" for before in expressions[:place]]
        clauses.append(" AND ".join([*equal, f"{expression} {'<' if down[place] else '>'} ?"]))
        spelled += values[: place + 1]
    return " OR ".join(f"({clause})" for clause in clauses), spelled


def _cursor_value(value: Any) -> Any:
    """A date may be given back as text."""
    if isinstance(value, str) and value[4:5] == "-" and "T" in value:
        return to_milliseconds(value)
    if not isinstance(value, str | int | float):
        raise refuse(400, "searchAfter must hold plain values")
    return value
