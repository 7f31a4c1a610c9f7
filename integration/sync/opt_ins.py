"""The last look at what is about to be written: nothing but a person's own word lifts an opt-out.

`apply` asks for every write, whoever wants it: a mapping, a workflow, an operation, a page.
"""

from typing import Any

from integration.errors import NotSent
from integration.models import Change, ChangeAction
from integration.records import CONSENT_FIELDS, EMAIL_CONSENT, SIDES, Side, is_opt_out

# Change.rule of an opt-in that a person wrote.
SAID_BY_A_PERSON = "person:opt_in"


def refuse_opt_in(change: Change) -> None:
    """Raises NotSent for a change that would lift an opt-out, or could, unless a person said so.

    Of a new record too: Gist's create writes over a contact that is there already (docs/gist-api.md#contacts).
    """
    if change.rule == SAID_BY_A_PERSON or change.kind != "contact" or change.side not in SIDES:
        return
    written: Any = {change.field: change.after} if change.action == ChangeAction.UPDATE else change.after
    if change.action in (ChangeAction.UPDATE, ChangeAction.CREATE) and isinstance(written, dict):
        side: Side = change.side
        _refuse(side, any(key in written and not is_opt_out(written[key]) for key in CONSENT_FIELDS[side]))


def refuse_opt_in_by(side: str, body: Any) -> None:
    """The same for the body of any operation."""
    if not isinstance(body, dict):
        return
    settings = body.get("dndSettings")
    channels = settings.values() if isinstance(settings, dict) else ()
    lifts = [
        EMAIL_CONSENT["gist"] in body and not is_opt_out(body[EMAIL_CONSENT["gist"]]),
        "dnd" in body and not is_opt_out(body["dnd"]),
        any(not isinstance(one, dict) or not is_opt_out(one.get("status")) for one in channels),
        # Puts somebody back into a campaign that they left (docs/gist-api.md#campaigns).
        bool(body.get("reactivate_if_removed")),
    ]
    _refuse(side, any(lifts))


def _refuse(side: str, lifts: bool) -> None:
    if lifts:
        raise NotSent(
            "This would allow e-mails or other messages that somebody may have stopped. Nothing was written: only a "
            "person lifts an opt-out, on the contact page.",
            provider=side,
        )
