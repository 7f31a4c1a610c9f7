"""Whether somebody may be written to by e-mail: no value like others, because an opt-out is never outvoted.

An opt-out on either side is carried to the other one, whatever is newer and whatever a mapping row says. An opt-in is
never carried: where somebody lifts an opt-out on one side alone, the difference stays. Only a person lifts one on both
(people/consent.py). Pure, like decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integration.models.choices import Provider
from integration.records import Contact, Side, Values, is_opted_out

# Reasons of the two differences that stay.
LIFTED_THERE, NOT_WRITTEN_THERE = "opted_in_there", "opt_out_one_way"
# In a base: the opt-out that stood there was lifted there, while the other side's stands.
LIFTED = "opt_out_lifted"


@dataclass(frozen=True)
class ConsentDecision:
    """`target` is the side that lacks the other one's opt-out, None when both agree; `reason` why it is not written
    there all the same, "" when it is.
    """

    target: Side | None = None
    reason: str = ""


def decide_consent(
    gist: Contact, ghl: Contact, bases: Mapping[Side, Values | None], may_write: Mapping[Side, bool]
) -> ConsentDecision:
    """What to do about the e-mail consent of one person. `may_write`: whether the link writes to that side at all."""
    out = {one.side: is_opted_out(one.side, one.values) for one in (gist, ghl)}
    if out["gist"] == out["ghl"]:
        return ConsentDecision()
    source: Side = "gist" if out["gist"] else "ghl"
    target: Side = "ghl" if source == "gist" else "gist"
    # Asked first: "nothing is ever written there" is true of the link, whatever happened to the record.
    if not may_write[target]:
        return ConsentDecision(target, NOT_WRITTEN_THERE)
    # Somebody who opts out anew is opted out on both sides, also where an earlier opt-out was lifted.
    lifted = _stood_in(target, bases[target]) and not _is_new_in(source, bases[source])
    return ConsentDecision(target, LIFTED_THERE if lifted else "")


def _stood_in(side: Side, base: Values | None) -> bool:
    return base is not None and (is_opted_out(side, base) or LIFTED in base)


def _is_new_in(side: Side, base: Values | None) -> bool:
    return base is not None and not is_opted_out(side, base)


def explain_difference(target: Side, why: str) -> str:
    """Why the other side's opt-out is not written to `target`."""
    there = Provider(target)
    if why == NOT_WRITTEN_THERE:
        return f"E-mails are stopped in {there.other.label}, and this link never writes to {there.label}."
    return f"{there.label} allows e-mails again, {there.other.label} still stops them; only a person lifts that here."


def remember_lifted(base: Values, lifted: bool) -> dict[str, Any]:
    """The base with what tells the next decision that somebody lifted the opt-out on this side."""
    kept = {key: value for key, value in base.items() if key != LIFTED}
    return {**kept, LIFTED: True} if lifted else kept
