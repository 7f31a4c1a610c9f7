"""Where webhooks go and how unreliably, as set over the control address; kept as the setting "hooks".

{"ghl": {account: {"url"}}, "gist": {account: {topic: {"url", "headers", "off"}}}, "options": {…}}; the account "*"
stands for every one. `off` says why Gist switched a webhook off.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from integration.twin import worlds
from integration.twin.own_machine import is_own_machine
from integration.twin.store import Doc, Store

EVERY = "*"
SIDES = ("ghl", "gist")
NOTHING: Doc = {"ghl": {}, "gist": {}, "options": {}}
# `retry_seconds` None: the documented pauses; `thread` None: events are sent by themselves except in tests.
OPTIONS: Doc = {
    "retry_seconds": None,
    "delay_seconds": 0.0,
    "duplicate_rate": 0.0,
    "drop_rate": 0.0,
    "shuffle": False,
    "seed": 1,
    "thread": None,
}


@dataclass(frozen=True)
class Target:
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    off: str = ""


def are_set(store: Store) -> bool:
    known = store.control("hooks", NOTHING)
    return bool(known["ghl"] or known["gist"])


def option_of(store: Store, name: str) -> Any:
    return store.control("hooks", NOTHING)["options"].get(name, OPTIONS[name])


def sends_by_itself(store: Store) -> bool:
    wanted = option_of(store, "thread")
    return not getattr(settings, "TESTING", False) if wanted is None else bool(wanted)


def find_target(store: Store, side: str, account: str, topic: str) -> Target | None:
    """Where an event goes; None when nobody wants it, or Gist switched the webhook off."""
    known = store.control("hooks", NOTHING)[side]
    found = known.get(account) or known.get(EVERY)
    if account == worlds.COMPANY_ID:  # An app has one address; what concerns the agency goes there, too.
        found = next(iter(known.values()), None)
    if found and side == "gist":
        found = found.get(topic)
    return Target(**found) if found and not found.get("off") else None


def change_hooks(store: Store, body: Doc) -> None:
    """Write a control body over what is set; what it leaves out stays. Raises ValueError, TypeError, KeyError."""
    options = {name: value for name, value in body.items() if name in OPTIONS}
    unknown = body.keys() - OPTIONS.keys() - {*SIDES, "account"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    with store.transaction():
        store.refresh()
        known = store.control("hooks", NOTHING)
        sides = {side: _changed_side(known[side], body, side) if side in body else known[side] for side in SIDES}
        store.set_control("hooks", {**sides, "options": {**known["options"], **options}})
        if "gist" in body:
            # Webhooks that are set anew begin without failures.
            store.run("DELETE FROM counters WHERE name LIKE 'hook failures:%'")


def _changed_side(known: Doc, body: Doc, side: str) -> Doc:
    wanted = _read_hooks(body[side], side)
    if not body.get("account"):
        return {EVERY: wanted} if wanted else {}
    account = account_of(side, body["account"])
    kept = {name: value for name, value in known.items() if name != account}
    return {**kept, account: wanted} if wanted else kept


def _read_hooks(wanted: Any, side: str) -> Doc:
    if not wanted:
        return {}
    if side == "ghl":
        return {"url": _checked_url(wanted["url"])}
    return {
        topic: {"url": _checked_url(hook["url"]), "headers": dict(hook.get("headers") or {})}
        for topic, hook in wanted.items()
    }


def _checked_url(url: Any) -> str:
    if not is_own_machine(str(url)):
        raise ValueError(f"{str(url)[:100]} is not on this machine; the sandbox sends its webhooks nowhere else")
    return str(url)


def account_of(side: str, name: str) -> str:
    """As in worlds, but the other side's account of the same company is understood, too. Raises ValueError."""
    for other in SIDES:
        with contextlib.suppress(ValueError):
            place = worlds.account_of(other, name)
            places = worlds.LOCATION_IDS if other == "ghl" else worlds.WORKSPACE_IDS
            company = next(key for key, value in places.items() if value == place)
            return worlds.account_of(side, company)
    raise ValueError(f"there is no account {name}")


def switch_off(store: Store, account: str, topic: str, why: str) -> None:
    """As Gist does with a webhook whose receiver does not want it or fails."""
    with store.transaction():
        store.refresh()
        known = store.control("hooks", NOTHING)
        hooks = known["gist"].get(account) or known["gist"].get(EVERY) or {}
        if topic in hooks:
            hooks[topic]["off"] = why
            store.set_control("hooks", known)
