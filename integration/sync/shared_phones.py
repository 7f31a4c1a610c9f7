"""Numbers that GHL would refuse because another contact has them: left out before anything is sent, and said."""

from collections.abc import Sequence
from dataclasses import replace

from integration.mapping.rules import Rules
from integration.models import Link, Snapshot
from integration.phone import to_e164
from integration.sync.create import phone_taken
from integration.sync.decision import Decision, FieldSkip
from integration.sync.entry import Entry
from integration.sync.observe import held_digest
from integration.sync.plan import changes_of


def leave_out_taken_phones(link: Link, rules: Rules, entries: Sequence[Entry]) -> None:
    """Of everyone who would be created with a number that another GHL contact has, where the location forbids that, or
    who was created without it before. The rest is written; who would have nothing else to be recognised by is not
    created. One query for all of them.
    """
    if link.ghl.settings.get("allow_duplicates") is not False:
        return
    # A number that was changed is sent: it may be free by now, or be passed on in this very run (runs/blocked.py).
    unsent = [entry for entry in entries if entry.person.decision.create or _was_left_out(entry, rules)]
    wanted = {id(entry): number for entry in unsent if (number := _number_for_ghl(entry, rules))}
    if not wanted:
        return
    holders: dict[str, list[Snapshot]] = {}
    rows = Snapshot.objects.filter(link=link, side="ghl", phone__in=set(wanted.values()))
    for one in rows.only("external_id", "label", "phone"):
        holders.setdefault(one.phone, []).append(one)
    for entry in unsent:
        number, own = wanted.get(id(entry), ""), entry.person.ghl.id if entry.person.ghl else ""
        holder = next((one for one in holders.get(number, ()) if one.external_id != own), None)
        if holder:
            _leave_out(entry, rules, phone_taken(number, holder.label, holder.external_id))


def _was_left_out(entry: Entry, rules: Rules) -> bool:
    return any(half.rules == held_digest(rules) for half in entry.snapshots)


def _number_for_ghl(entry: Entry, rules: Rules) -> str:
    number = entry.person.decision.values("ghl").get("phone")
    return to_e164(str(number), rules.country) if number else ""


def _leave_out(entry: Entry, rules: Rules, skip: FieldSkip) -> None:
    person = entry.person
    decision = person.decision
    if decision.create and not decision.values("ghl").get("email"):
        person.decision, person.reason, person.changes = Decision("taken"), "taken", []
        entry.message = skip.message
        return
    kept = tuple(one for one in decision.changes if (one.side, one.field) != ("ghl", "phone"))
    reason = decision.reason if kept else skip.reason
    person.decision = replace(decision, reason=reason, changes=kept, skips=(*decision.skips, skip))
    person.reason, person.changes = reason, changes_of(rules, person.decision, person.contacts)
