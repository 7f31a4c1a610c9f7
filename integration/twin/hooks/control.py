"""The hooks part of the control address: where webhooks go, what became of them, and events no call brings about."""

from collections.abc import Callable
from typing import Any

from integration.twin import worlds
from integration.twin.gist import people
from integration.twin.hooks import courier, gist_events, keys, outbox, targets, watch
from integration.twin.hooks.ghl_events import install
from integration.twin.store import Doc, Store

WORKFLOW = "workflow"


def set_hooks(store: Store, body: Doc) -> Doc:
    """{"ghl": {"url"}|null, "gist": {topic: {"url", "headers"}}|null, "account", and any of targets.OPTIONS}.

    A side left out keeps its own; without an account the hooks are for all accounts; "account" may be a location,
    a workspace, a key or a name, and stands for the same company on both sides.
    """
    targets.change(store, body)
    return show_hooks(store, body)


def show_hooks(store: Store, body: Doc) -> Doc:
    """What is set; `public_keys` is the file to check GHL's signatures with."""
    keys.ensure(store)
    courier.call(store)
    known = store.control("hooks", targets.NOTHING)
    return {**known, "options": {**targets.OPTIONS, **known["options"]}, "public_keys": str(keys.public_path(store))}


def deliver(store: Store, body: Doc) -> Doc:
    """{"ahead": seconds}: deliver what is due by then, in this thread; `delivered` counts the tries, good or bad."""
    return {"delivered": courier.deliver_due(store, float(body.get("ahead", 0)))}


def deliveries(store: Store, body: Doc) -> Doc:
    courier.call(store)
    return outbox.report(store)


def trigger(store: Store, body: Doc) -> Doc:
    """{"side", "account", "topic", "contact": Gist's id or e-mail, "data": {…}}: an event that no call brings about.

    For Gist's meetings, ratings and automations, and GHL's INSTALL and UNINSTALL. Raises ValueError, KeyError.
    """
    account = targets.account_of(body["side"], body["account"])
    make = _ghl if body["side"] == "ghl" else _gist
    payload = make(store, account, body["topic"], body)
    with store.transaction():
        sent = watch.send(store, body["side"], account, body["topic"], payload)
    courier.call(store)
    return {"sent": sent}


def _ghl(store: Store, location: str, topic: str, body: Doc) -> Doc:
    grant = {"companyId": worlds.COMPANY_ID, "locationId": location, "userId": worlds.OWNER_ID}
    payload = install(grant) if topic == "INSTALL" else {"locationId": location}
    return {"type": topic, **payload, **body.get("data", {})}


def _gist(store: Store, workspace: str, topic: str, body: Doc) -> Doc:
    who = body.get("contact", "")
    contact = people.find(store, workspace, {"email" if "@" in str(who) else "id": who})
    if contact is None:
        raise ValueError(f"there is no contact {who}")
    more = body.get("data", {})
    return gist_events.workflow(contact, more) if topic == WORKFLOW else {"contact": contact, **more}


ACTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("POST", "hooks"): set_hooks,
    ("GET", "hooks"): show_hooks,
    ("POST", "deliver"): deliver,
    ("GET", "deliveries"): deliveries,
    ("POST", "trigger"): trigger,
}
