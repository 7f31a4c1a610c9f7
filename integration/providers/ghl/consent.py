"""Do not disturb, per channel: how GHL says it, and what to send so that e-mail alone changes
(docs/ghl-api.md#field-semantics).
"""

from typing import Any

from integration.errors import Rejected
from integration.providers.operations import Json
from integration.records import EMAIL_CONSENT, OPTED_OUT, Value, is_opt_out

EMAIL = EMAIL_CONSENT["ghl"]
# The channels that may be written. Live accounts show more, as RCS, which the API is not known to take.
CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")
SETTING = ("status", "message", "code")
# Everybody who gets no e-mail: stopped altogether, by e-mail, or for good. One search finds them, because a list of
# contacts leaves `dndSettings` out, and whether a change of them moves `dateUpdated` is not known
# (docs/ghl-api.md#search).
OPTED_OUT_FILTERS: list[Json] = [
    {
        "group": "OR",
        "filters": [
            {"field": "dnd", "operator": "eq", "value": True},
            {"field": "dndSettings.Email.status", "operator": "eq", "value": "active"},
            {"field": "dndSettings.Email.status", "operator": "eq", "value": "permanent"},
        ],
    }
]


def read_consent(raw: Json, *, whole: bool) -> dict[str, Value]:
    """`dnd` and the refusal of e-mail: "active", "permanent", or None for none.

    What the answer does not tell is left out, and not taken for a yes. `whole`: it was read by id, where a setting that
    is missing is one that was never made.
    """
    found: dict[str, Value] = {}
    if whole or raw.get("dnd") is not None:
        found["dnd"] = bool(raw.get("dnd"))
    if whole or isinstance(raw.get("dndSettings"), dict):
        status = _channels_of(raw).get("Email", {}).get("status")
        found[EMAIL] = status if is_opt_out(status) else None
    return found


def new_contact_body(status: Value) -> Json:
    """Of somebody who is created: nothing but e-mail is said."""
    return {"dndSettings": {"Email": {"status": status}}}


def changed_body(raw: Json, status: Value) -> Json:
    """What to send to have e-mail stopped ("active") or allowed ("inactive"), for a contact that was just read by id.

    Raises Rejected for a refusal that GHL never takes back.
    """
    held = _channels_of(raw)
    if status == OPTED_OUT["ghl"]:
        # All channels go out as they stand: whether GHL keeps those that a call leaves out is not documented.
        return {"dndSettings": {**held, "Email": {"status": status}}}
    if held.get("Email", {}).get("status") == "permanent":
        raise Rejected(
            "GHL keeps this contact's e-mail stopped for good, and lets nobody take that back. Nothing was changed.",
            provider="ghl",
        )
    if not raw.get("dnd"):
        return {"dndSettings": {**held, "Email": {"status": status}}}
    # Everything was stopped and e-mail alone is allowed again: the other channels stay stopped, each by itself.
    others = {name: {**held.get(name, {}), "status": _stopped(held.get(name, {}))} for name in CHANNELS}
    return {"dnd": False, "dndSettings": {**others, "Email": {"status": status}}}


def _stopped(setting: Json) -> str:
    return "permanent" if setting.get("status") == "permanent" else "active"


def _channels_of(raw: Json) -> dict[str, dict[str, Any]]:
    """The settings by channel. The third version of the API writes channels small (docs/ghl-api.md#contacts)."""
    spelling = {name.casefold(): name for name in CHANNELS}
    given = raw.get("dndSettings")
    return {
        spelling[name.casefold()]: {key: value for key, value in setting.items() if key in SETTING}
        for name, setting in (given.items() if isinstance(given, dict) else ())
        if name.casefold() in spelling and isinstance(setting, dict)
    }
