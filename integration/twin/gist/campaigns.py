"""Campaigns: list, one, subscribe and unsubscribe (docs/gist-api.md#campaigns)."""

from integration.twin.gist import pages, people
from integration.twin.gist.access import body_of
from integration.twin.gist.api import ROUTER
from integration.twin.gist.audience import load_document
from integration.twin.router import Call
from integration.twin.store import Doc, Row

KIND, SUBSCRIPTION = "gist.campaign", "gist.subscription"


@ROUTER.add("GET", "/campaigns")
def list_campaigns(call: Call) -> Doc:
    """One of them when the query names it."""
    if call.query.get("campaign_id"):
        return {"campaign": _campaign_answer(call, load_document(call, KIND, call.query["campaign_id"], "Campaign"))}
    rows = [_campaign_answer(call, campaign) for campaign in call.store.all(KIND, call.account)]
    return pages.cut_page(call, "campaigns", rows)


@ROUTER.add("GET", "/campaigns/{id}")
def get_campaign(call: Call) -> Doc:
    return {"campaign": _campaign_answer(call, load_document(call, KIND, call.params["id"], "Campaign"))}


@ROUTER.add("POST", "/campaigns")
def subscribe_contact(call: Call) -> Doc:
    """{"id", "email"|"user_id", "starting_email_index", "reactivate_if_removed"}, or with "unsubscribed": true."""
    body = body_of(call)
    campaign = load_document(call, KIND, str(body.get("id", "")), "Campaign")
    contact = people.load_contact(call.store, call.account, {name: body.get(name) for name in ("user_id", "email")})
    key = f"{campaign['id']}:{contact['id']}"
    known = call.store.get(SUBSCRIPTION, call.account, key)
    if body.get("unsubscribed"):
        row = {"contact_id": contact["id"], "removed": True}
    # Whoever left a campaign comes back only when the call says so (docs/gist-api.md#campaigns).
    elif known and known["removed"] and not body.get("reactivate_if_removed"):
        row = known
    else:
        row = {"contact_id": contact["id"], "removed": False, "index": body.get("starting_email_index") or 0}
    call.store.put(Row(SUBSCRIPTION, call.account, key, row, parent=str(campaign["id"])))
    return {"campaign": _campaign_answer(call, campaign)}


def _campaign_answer(call: Call, campaign: Doc) -> Doc:
    rows = call.store.find(SUBSCRIPTION, call.account, "parent", str(campaign["id"]))
    removed = sum(row["removed"] for row in rows)
    return {
        **campaign,
        "href": f"https://app.getgist.com/projects/_/campaigns/{campaign['id']}",
        "active_subscriber_count": len(rows) - removed,
        "unsubscribed_subscriber_count": removed,
        "email_open_rate": "0.0",
        "email_click_rate": "0.0",
    }
