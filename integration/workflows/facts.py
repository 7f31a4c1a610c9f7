"""What the conditions and placeholders of a workflow see of a person: frozen when it begins for them."""

from typing import Any

from django.utils import timezone

from integration.errors import Gone
from integration.mapping.rules import filters_of
from integration.models import Snapshot
from integration.moments import utc_text
from integration.providers.exchange import Steps
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.records import SIDES, is_blank
from integration.workflows.actions.base import Context
from integration.workflows.definition import Definition
from integration.workflows.placeholders import CONTACT_WORDS, is_moment, names_in

Facts = dict[str, Any]
# Kept in the facts where they are known: renaming needs them.
ALWAYS = ("name", "email", "firstName", "lastName", "first_name", "last_name")


def gather_facts(context: Context, definition: Definition) -> Steps[Facts]:
    """The facts of one execution, with what the link's filters look at. A side is asked only for what is not known
    here.
    """
    link = context.link
    facts: Facts = {
        "event": context.event,
        "now": utc_text(timezone.now()),
        "timezone": link.zone,
        "link": {"name": link.name},
    }
    wanted = fields_named(definition)
    for one in filters_of(link, context.side("ghl").fields):
        wanted[one.side] |= set(one.keys)
    for side in SIDES:
        facts[side] = yield from _gather_side(context, side, wanted[side])
    return facts


def why_not_taken(context: Context, facts: Facts) -> str:
    """The filter of the link that leaves this person out, in a sentence; "" when none does."""
    filters = filters_of(context.link, context.side("ghl").fields)
    return next((one.unmet for one in filters if facts[one.side] and not one.takes(facts[one.side])), "")


def fields_named(definition: Definition) -> dict[str, set[str]]:
    """By side, the fields that conditions, placeholders and moments name."""
    names = set(names_in(definition["actions"])) | {one["field"] for one in definition["conditions"]}
    names |= {moment["from"] for moment in _moments_in(definition["actions"])}
    wanted: dict[str, set[str]] = {"gist": set(), "ghl": set()}
    for name in names:
        root, _, key = name.strip().partition(".")
        for side in SIDES if root == "contact" else (root,):
            if side in wanted:
                wanted[side] |= set(CONTACT_WORDS.get(key, (key,)) if root == "contact" else (key,))
    return wanted


def _moments_in(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    values = (value for action in actions for value in action["values"].values())
    return [value for value in values if is_moment(value)]


def _gather_side(context: Context, side: str, wanted: set[str]) -> Steps[Facts]:
    contact_id = context.execution.gist_id if side == "gist" else context.execution.ghl_id
    if not contact_id:
        return {}
    known = Snapshot.objects.filter(link=context.link, side=side, external_id=contact_id).first()
    # What was read last, whether decided or not; the sync has just read the person, so this saves a call in most cases.
    held = (known.undecided or known.base or {}) if known else {}
    # A snapshot holds mapped fields only. GHL leaves empty fields out (docs/ghl-api.md#field-semantics), so a key that
    # is missing there may be blank or just not mapped: reading tells.
    if known is None or any(key not in held and _could_hold(context, side, key) for key in wanted):
        try:
            custom = any(key.startswith(GHL_CUSTOM) for key in wanted)
            held = (yield from context.read_contact(side, custom=custom)).values
        # Deleted on this side: its placeholders are blank, and the actions on it say so themselves.
        except Gone:
            return {}
    return {"id": contact_id} | {key: held[key] for key in (*ALWAYS, *wanted) if not is_blank(held.get(key))}


def _could_hold(context: Context, side: str, key: str) -> bool:
    """Whether the side may have such a field; custom ones are known only once they were asked for."""
    return key in context.side(side).fields or key.startswith((GHL_CUSTOM, GIST_CUSTOM))
