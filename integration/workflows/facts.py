"""What the conditions and placeholders of a workflow see of a person: frozen when it begins for them."""

from typing import Any

from django.utils import timezone

from integration.errors import Gone
from integration.models import Snapshot
from integration.providers.exchange import Steps
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.ghl.related import utc_text
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.workflows.actions.base import Context
from integration.workflows.definition import Definition
from integration.workflows.placeholders import CONTACT_WORDS, is_moment, names_in

Facts = dict[str, Any]
ALWAYS = ("name", "email", "firstName", "lastName", "first_name", "last_name")
"""Kept in the facts where they are known: renaming needs them."""


def gather(context: Context, definition: Definition) -> Steps[Facts]:
    """The facts of one execution. A side is asked only for what is not known here."""
    link = context.link
    facts: Facts = {
        "event": context.event,
        "now": utc_text(timezone.now()),
        "timezone": link.ghl.settings.get("timezone") or "UTC",
        "link": {"name": link.name},
    }
    wanted = named(definition)
    for side in ("gist", "ghl"):
        facts[side] = yield from _values(context, side, wanted[side])
    return facts


def named(definition: Definition) -> dict[str, set[str]]:
    """By side, the fields that conditions, placeholders and moments name."""
    names = set(names_in(definition["actions"])) | {one["field"] for one in definition["conditions"]}
    names |= {moment["from"] for moment in _moments(definition["actions"])}
    wanted: dict[str, set[str]] = {"gist": set(), "ghl": set()}
    for name in names:
        root, _, key = name.strip().partition(".")
        for side in ("gist", "ghl") if root == "contact" else (root,):
            if side in wanted:
                wanted[side] |= set(CONTACT_WORDS.get(key, (key,)) if root == "contact" else (key,))
    return wanted


def _moments(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    values = (value for action in actions for value in action["values"].values())
    return [value for value in values if is_moment(value)]


def _values(context: Context, side: str, wanted: set[str]) -> Steps[Facts]:
    contact_id = context.execution.gist_id if side == "gist" else context.execution.ghl_id
    if not contact_id:
        return {}
    known = Snapshot.objects.filter(link=context.link, side=side, external_id=contact_id).first()
    held = (known.fresh or known.base or {}) if known else {}
    if known is None or any(key not in held and _could_hold(context, side, key) for key in wanted):
        try:
            custom = any(key.startswith(GHL_CUSTOM) for key in wanted)
            held = (yield from context.read(side, custom=custom)).values
        except Gone:
            return {}
    return {"id": contact_id} | {key: held[key] for key in (*ALWAYS, *wanted) if held.get(key) not in (None, "", [])}


def _could_hold(context: Context, side: str, key: str) -> bool:
    """Whether the side may have such a field; custom ones are known only once they were asked for."""
    return key in context.side(side).fields or key.startswith((GHL_CUSTOM, GIST_CUSTOM))
