"""GET /contacts: one contact by e-mail or user id, else a list with filters and order (docs/gist-api.md#contacts)."""

import json
from collections.abc import Callable
from typing import Any

from integration.twin import quirks
from integration.twin.gist import pages, people, tagging
from integration.twin.gist.api import ROUTER
from integration.twin.router import Call, Raw
from integration.twin.store import Doc

ORDERS = {
    "created_at": "added",
    "updated_at": "updated",
    "last_seen_at": "coalesce(json_extract(body, '$.last_seen_at'), 0)",
    "signed_up_at": "coalesce(json_extract(body, '$.signed_up_at'), 0)",
}
# Text or boolean, as the quirk has it; in lower case both read alike.
UNSUBSCRIBED = "lower(json_extract(body, '$.unsubscribed_from_emails'))"
STATUSES = {
    "active": f"{UNSUBSCRIBED} IN ('false', '0')",
    "unsubscribed": f"{UNSUBSCRIBED} IN ('true', '1')",
    "bounced": "json_extract(body, '$.bounced') = 1",
}
HAS_TAG = "EXISTS (SELECT 1 FROM json_each(body, '$.tags') t WHERE json_extract(t.value, '$.id') = ?)"
HAS_SEGMENT = "EXISTS (SELECT 1 FROM json_each(body, '$.segments') s WHERE json_extract(s.value, '$.id') = ?)"
Sql = tuple[str, list[Any]]
# Kind and account are the only values of a list without filters.
UNFILTERED = 2


@ROUTER.add("GET", "/contacts")
def list_contacts(call: Call) -> Doc | Raw:
    named = {name: call.query[name] for name in ("email", "user_id") if call.query.get(name)}
    if named and quirks.is_on("gist_lookup_is_singular"):
        return {"contact": people.load_contact(call.store, call.account, named)}
    where, values = _where_clause(call)
    column = ORDERS.get(call.query.get("order_by", ""), "added")
    direction = "ASC" if call.query.get("order", "desc").lower() == "asc" else "DESC"
    order = f"{column} {direction}, id {direction}"
    size = pages.page_size(call)
    rows = call.store.run(
        f"SELECT body FROM documents WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 -- own words
        [*values, size, (pages.page_number(call) - 1) * size],
    )
    # The stored text is the answer's text: reading it only to write it again would cost more than all the rest.
    contacts = ",".join(row[0] for row in rows)
    links = pages.page_links(call, _count_matches(call, where, values))
    return Raw(f'{{"contacts": [{contacts}], "pages": {json.dumps(links)}}}')


def _count_matches(call: Call, where: str, values: list[Any]) -> int:
    if len(values) == UNFILTERED:
        return call.store.count(people.KIND, call.account)
    return int(call.store.run(f"SELECT count(*) FROM documents WHERE {where}", values)[0][0])  # noqa: S608 -- own words


def _where_clause(call: Call) -> Sql:
    """A filter that is not known is passed over, as it may be on the real side."""
    conditions, values = ["kind=?", "account=?"], [people.KIND, call.account]
    for name, condition in FILTERS.items():
        if call.query.get(name):
            sql, more = condition(call, call.query[name])
            conditions.append(sql)
            values += more
    return " AND ".join(conditions), values


def _by_tag_id(call: Call, text: str) -> Sql:
    return HAS_TAG, [int(text) if text.isdigit() else -1]


def _by_tag_name(call: Call, text: str) -> Sql:
    tag = tagging.find_tag(call.store, call.account, text)
    # No tag has the id -1, so an unknown name finds nobody instead of everybody.
    return HAS_TAG, [tag["id"] if tag else -1]


def _by_segment(call: Call, text: str) -> Sql:
    return HAS_SEGMENT, [int(text) if text.isdigit() else -1]


def _by_member_of(kind: str) -> Callable[[Call, str], Sql]:
    """Contacts for whom a document of `kind` stands under the given parent."""
    members = "SELECT CAST(json_extract(body, '$.contact_id') AS TEXT) FROM documents"

    def condition(call: Call, text: str) -> Sql:
        return f"id IN ({members} WHERE kind=? AND account=? AND parent=?)", [kind, call.account, text]

    return condition


def _by_status(call: Call, text: str) -> Sql:
    return STATUSES.get(text, "1"), []


def _by_email_like(call: Call, text: str) -> Sql:
    return "instr(email, ?) > 0", [text.lower()]


def _by_created_since(call: Call, text: str) -> Sql:
    return "added >= ?", [int(text) if text.isdigit() else 0]


FILTERS: dict[str, Callable[[Call, str], Sql]] = {
    "tag_id": _by_tag_id,
    "tags": _by_tag_name,
    "segment_id": _by_segment,
    "campaign_id": _by_member_of("gist.subscription"),
    "form_id": _by_member_of("gist.submission"),
    "status": _by_status,
    "email_like": _by_email_like,
    "created_since": _by_created_since,
}
