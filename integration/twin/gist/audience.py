"""Segments and subscription types (docs/gist-api.md#segments, #subscription-types)."""

from typing import Any

from integration.twin.gist import pages, people
from integration.twin.gist.access import body_of, refuse
from integration.twin.gist.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row

SEGMENT, TYPE, OPT_IN = "gist.segment", "gist.subscription_type", "gist.opt_in"


@ROUTER.add("GET", "/segments")
def list_segments(call: Call) -> Doc:
    return pages.cut_page(
        call, "segments", [_segment_answer(call, row) for row in call.store.all(SEGMENT, call.account)]
    )


@ROUTER.add("GET", "/segments/{id}")
def get_segment(call: Call) -> Doc:
    return {"segment": _segment_answer(call, load_document(call, SEGMENT, call.params["id"], "Segment"))}


def _segment_answer(call: Call, segment: Doc) -> Doc:
    if call.query.get("include_count") != "true":
        return segment
    where = "kind=? AND account=? AND json_extract(body, '$.type')=?"
    values = (people.KIND, call.account, segment["person_type"])
    return {**segment, "count": call.store.run(f"SELECT count(*) FROM documents WHERE {where}", values)[0][0]}  # noqa: S608


@ROUTER.add("GET", "/subscription_types")
def list_types(call: Call) -> Doc:
    rows = [_type_answer(call, row) for row in call.store.all(TYPE, call.account)]
    return pages.cut_page(call, "subscription_types", rows)


@ROUTER.add("GET", "/subscription_types/{id}")
def get_type(call: Call) -> Doc:
    return {"subscription_type": _type_answer(call, load_document(call, TYPE, call.params["id"], "Subscription type"))}


@ROUTER.add("POST", "/subscription_types/{id}")
def attach_contact(call: Call) -> Doc:
    """Attach a contact, or detach it with {"detach": true}."""
    body = body_of(call)
    kind = load_document(call, TYPE, call.params["id"], "Subscription type")
    # The body is not documented either: the contact may stand in it or be it.
    nested = body.get("contact")
    contact_body: dict[str, Any] = nested if isinstance(nested, dict) else body
    contact = people.load_contact(
        call.store, call.account, {**contact_body, "id": contact_body.get("contact_id") or contact_body.get("id")}
    )
    key = f"{kind['id']}:{contact['id']}"
    # How a contact is taken off is unknown (docs/gist-api.md#subscription-types); two guesses are understood.
    if body.get("detach") or body.get("unsubscribed"):
        call.store.delete(OPT_IN, call.account, key)
    else:
        row = {"contact_id": contact["id"]}
        call.store.put(Row(OPT_IN, call.account, key, row, parent=str(kind["id"])))
    return {"subscription_type": _type_answer(call, kind)}


def _type_answer(call: Call, kind: Doc) -> Doc:
    return {**kind, "contact_count": len(call.store.find(OPT_IN, call.account, "parent", str(kind["id"])))}


def load_document(call: Call, kind: str, number: str, what: str) -> Doc:
    """Raises Refusal(404) that says what was looked for."""
    found = call.store.get(kind, call.account, number)
    if found is None:
        raise refuse(404, f"{what} not found")
    return found
