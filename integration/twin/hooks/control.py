"""The hooks part of the control address: where webhooks go, what became of them, and events no call brings about."""

from collections.abc import Callable
from typing import Any

from integration.twin import worlds
from integration.twin.gist import people
from integration.twin.hooks import courier, gist_events, keys, outbox, targets, watch
from integration.twin.hooks.ghl_events import install_payload
from integration.twin.store import Doc, Store

WORKFLOW = "workflow"


def set_hooks(store: Store, body: Doc) -> Doc:
    """{"ghl": {"url"}|null, "gist": {topic: {"url", "headers"}}|null, "account", and any of targets.OPTIONS}.

    A side left out keeps its own; without an account the hooks are for all accounts; "account" may be a location,
    a workspace, a key or a name, and stands for the same company on both sides.
    """
    targets.change_hooks(store, body)
    return show_hooks(store, body)


def show_hooks(store: Store, body: Doc) -> Doc:
    """What is set; `public_keys` is the file to check GHL's signatures with."""
    keys.ensure_keys(store)
    courier.call_courier(store)
    known = store.control("hooks", targets.NOTHING)
    return {**known, "options": {**targets.OPTIONS, **known["options"]}, "public_keys": str(keys.public_path(store))}


def deliver_now(store: Store, body: Doc) -> Doc:
    """{"ahead": seconds}: deliver what is due by then, in this thread; `delivered` counts the tries, good or bad."""
    return {"delivered": courier.deliver_due(store, float(body.get("ahead", 0)))}


def count_deliveries(store: Store, body: Doc) -> Doc:
    courier.call_courier(store)
    return outbox.count_events(store)


def trigger_event(store: Store, body: Doc) -> Doc:
    """{"side", "account", "topic", "contact": Gist's id or e-mail, "data": {…}}: an event that no call brings about.

    For Gist's meetings, ratings and automations, and GHL's INSTALL and UNINSTALL. Raises ValueError, KeyError.
    """
    account = targets.account_of(body["side"], body["account"])
    make = _ghl_payload if body["side"] == "ghl" else _gist_payload
    payload = make(store, account, body["topic"], body)
    with store.transaction():
        sent = watch.send_event(store, body["side"], account, body["topic"], payload)
    courier.call_courier(store)
    return {"sent": sent}


def _ghl_payload(store: Store, location: str, topic: str, body: Doc) -> Doc:
    grant = {"companyId": worlds.COMPANY_ID, "locationId": location, "userId": worlds.OWNER_ID}
    payload = install_payload(grant) if topic == "INSTALL" else {"locationId": location}
    return {"type": topic, **payload, **body.get("data", {})}


def _gist_payload(store: Store, workspace: str, topic: str, body: Doc) -> Doc:
    named = body.get("contact", "")
    contact = people.find_contact(store, workspace, {"email" if "@" in str(named) else "id": named})
    if contact is None:
        raise ValueError(f"there is no contact {named}")
    more = body.get("data", {})
    return gist_events.automation_body(contact, more) if topic == WORKFLOW else {"contact": contact, **more}


ACTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("POST", "hooks"): set_hooks,
    ("GET", "hooks"): show_hooks,
    ("POST", "deliver"): deliver_now,
    ("GET", "deliveries"): count_deliveries,
    ("POST", "trigger"): trigger_event,
}
