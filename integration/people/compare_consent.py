"""E-mail consent of both sides, in the words of a person: who may be written to, and what the next sync does."""

from collections.abc import Mapping

from integration.mapping.rules import Rules
from integration.models.choices import Provider
from integration.people.field_comparison import FieldComparison
from integration.records import EMAIL_CONSENT, Contact, Side, Values, is_opted_out
from integration.sync.consent import decide_consent, explain_difference

LABEL = "E-mail consent"
ALLOWED = "Allowed"
NEW_ONLY = "the link only creates who is new and changes nobody"


def compare_consent(
    rules: Rules, contacts: Mapping[str, Contact], bases: Mapping[str, Values | None], stands_still: str = ""
) -> FieldComparison | None:
    """None when nobody was read."""
    gist, ghl = contacts.get("gist"), contacts.get("ghl")
    if not (gist or ghl):
        return None
    words = {side: _say_in_words(one) for side, one in contacts.items()}
    shown = (LABEL, words.get("gist"), words.get("ghl"))
    if not (gist and ghl):
        return FieldComparison(
            *shown, "gist_only" if gist else "ghl_only", stands_still or _explain_lone(rules, contacts)
        )
    may_write: Mapping[Side, bool] = {"gist": rules.writes_to("gist"), "ghl": rules.writes_to("ghl")}
    decided = decide_consent(gist, ghl, {"gist": bases.get("gist"), "ghl": bases.get("ghl")}, may_write)
    if decided.target is None:
        stopped = is_opted_out("gist", gist.values)
        return FieldComparison(*shown, "same", "Stopped on both sides" if stopped else "Allowed on both sides")
    if decided.reason:
        return FieldComparison(*shown, "differs", explain_difference(decided.target, decided.reason))
    there = Provider(decided.target).label
    stands_still = stands_still or (NEW_ONLY if rules.new_only else "")
    if stands_still:
        return FieldComparison(*shown, "differs", f"An opt-out always goes over, but: {stands_still}")
    why = f"An opt-out always goes over: the next sync stops e-mails in {there}"
    return FieldComparison(*shown, "differs", why, writes=(decided.target,))


def _explain_lone(rules: Rules, contacts: Mapping[str, Contact]) -> str:
    (one,) = contacts.values()
    other = Provider(one.side).other
    if not is_opted_out(one.side, one.values):
        return "Allowed"
    if not rules.writes_to(other.side):
        return "Stays here: the link goes the other way"
    if not rules.creates_on(other.side):
        return f"Stays here: the link creates nobody in {other.label}"
    return f"Created in {other.label} opted out, if at all"


def _say_in_words(contact: Contact) -> str:
    if not is_opted_out(contact.side, contact.values):
        return ALLOWED
    if contact.side == "gist":
        return "Unsubscribed"
    status = contact.values.get(EMAIL_CONSENT["ghl"])
    if contact.values.get("dnd"):
        return "Do not disturb, all channels"
    return "Do not disturb by e-mail, for good" if status == "permanent" else "Do not disturb by e-mail"
