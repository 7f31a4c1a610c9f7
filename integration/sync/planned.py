"""Somebody of a stored plan, or of an undo: what was planned against what stands there now.

Each change looks at its own field and at nothing else of the record. Where what it was planned for still stands, it is
written; where something else stands by now it is held; where its value stands already nothing is left to write. What
the plan does not hold is not written, and stays news for the next run.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from integration.errors import Gone
from integration.mapping.rules import Rules
from integration.models import Change, ChangeAction, ChangeState, LogEntry, Provider, Snapshot
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import EMAIL_CONSENT, SIDES, Contact, PersonRef, RelatedType, Side, Value, Values, is_blank
from integration.sync.decide import decide
from integration.sync.decision import Decision, FieldChange
from integration.sync.echo_suppression import NAMES, types_of
from integration.sync.entry import Entry
from integration.sync.interruptions import UnconfirmedWrites
from integration.sync.observe import as_contact, take_in
from integration.sync.person import Person, Sides
from integration.sync.plan import DELETED_BY_RULE
from integration.sync.undo import why_not_taken_back
from integration.values import same_as_written, same_value

# What GHL fills in by itself when a contact is made without it (docs/ghl-api.md#contacts).
FILLED_IN = (*NAMES, "country", "source", "type", "timezone")


# What of a contact in GHL is looked at before the contact is taken back.
ADDED: tuple[RelatedType, ...] = ("task", "note")


def is_taken_back_whole(change: Change) -> bool:
    """Whether a contact that Gistline made in GHL is to be deleted again."""
    return change.action == ChangeAction.DELETE and change.side == "ghl" and change.undoes_id is not None


def follows_deletion(change: Change) -> bool:
    """Whether it deletes a record because the other side's is gone."""
    return change.action == ChangeAction.DELETE and change.rule == DELETED_BY_RULE and change.undoes_id is None


@dataclass
class PlannedPerson:
    """Changes of contacts only, not saved yet. `plan_entry` is what they were planned in, None of an undo."""

    ref: PersonRef
    changes: list[Change]
    plan_entry: LogEntry | None = None
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    added: int = 0
    """Tasks and notes that somebody else added to a record which is to be deleted again."""
    heirs: list[Contact] = field(default_factory=list)
    """Records with the address or number of the one that was gone."""
    back: Contact | None = None
    """Who stands by now where the record was gone for which the other one is to be deleted."""

    def id_on(self, side: str) -> str:
        own = next((one.external_id for one in self.changes if one.side == side and one.external_id), "")
        return own or (self.ref.gist_id if side == "gist" else self.ref.ghl_id)

    @property
    def creates_on(self) -> str:
        return next((one.side for one in self.changes if one.action == ChangeAction.CREATE), "")


def sides_to_read(changes: Iterable[Change]) -> list[str]:
    """Where the records are that must be read first: the written ones, the one that a new one is made from, and the one
    that was gone.
    """
    changes = list(changes)
    found = {Provider(one.side).other.value if one.action == ChangeAction.CREATE else one.side for one in changes}
    return sorted(found | {Provider(one.side).other.value for one in changes if follows_deletion(one)})


def read_now(planned: PlannedPerson, sides: Sides) -> Steps[dict[str, Contact | None]]:
    """The records as they stand, None for one that is gone; sides that need not be read are left out."""
    found: dict[str, Contact | None] = {}
    for side in sides_to_read(planned.changes):
        if record_id := planned.id_on(side):
            found[side] = None
            with suppress(Gone):
                found[side] = yield from sides[side].read(record_id)
    return found


# What becomes of each change --------------------------------------------------------------------------------


@dataclass
class Verdict:
    """Changes to write, held ones, and those of which nothing is left to write. `recovered` were written before an
    interruption by a try that could not put them on record.
    """

    write: list[Change] = field(default_factory=list)
    held: list[Change] = field(default_factory=list)
    already: list[Change] = field(default_factory=list)
    recovered: list[Change] = field(default_factory=list)


def check_changes(planned: PlannedPerson, there: Mapping[str, Contact | None], sides: Sides, rules: Rules) -> Verdict:
    """What is written of these changes; the others carry by now what stands there instead."""
    verdict = Verdict()
    sent = _unconfirmed_writes_of(planned) or {}
    own = [(one["side"], one["field"], one["after"]) for one in sent.get("changes", ())]
    for change in planned.changes:
        if change.state == ChangeState.EXCLUDED:
            verdict.held.append(change)
        elif change.action == ChangeAction.CREATE:
            _check_create(planned, change, there, verdict)
        elif change.action == ChangeAction.DELETE:
            _check_delete(planned, change, there.get(change.side), sides[change.side], rules, own, verdict)
        else:
            _check_update(change, there.get(change.side), sides[change.side], rules, own, verdict)
    return verdict


def _check_update(
    change: Change, record: Contact | None, side: ContactSide, rules: Rules, own: Sequence[Any], verdict: Verdict
) -> None:
    if record is None:
        _hold(change, None, verdict)
        return
    field_type, now = types_of(side.fields)(change.field), record.values.get(change.field)
    if stands(change, now, change.before, field_type, rules):
        verdict.write.append(change)
    elif not same_as_written(now, change.after, field_type):
        _hold(change, now, verdict)
    elif (change.side, change.field, change.after) in own:
        change.mark_applied()
        verdict.recovered.append(change)
    else:
        verdict.already.append(change)


def stands(change: Change, now: Value, expected: Value, field_type: str, rules: Rules) -> bool:
    """Whether what is expected stands there. What Gistline wrote may stand there in the provider's own spelling."""
    if same_value(now, expected, field_type, rules.tzinfo):
        return True
    return change.undoes_id is not None and same_as_written(now, expected, field_type)


def _check_create(
    planned: PlannedPerson, change: Change, there: Mapping[str, Contact | None], verdict: Verdict
) -> None:
    other = Provider(change.side).other.value
    half = planned.snapshots.get(change.side)
    if half is not None:
        # The person came to have a record there since: another run made it, or found it.
        values = as_contact(half).values
        wanted: Values = change.after or {}
        if all(same_as_written(values.get(key), value) for key, value in wanted.items()):
            verdict.already.append(change)
        else:
            _hold(change, {key: values.get(key) for key in wanted}, verdict)
    elif there.get(other, True) is None and change.undoes_id is None:
        _hold(change, None, verdict)  # Whom it was to be made from is gone.
    else:
        verdict.write.append(change)


def _check_delete(
    planned: PlannedPerson,
    change: Change,
    record: Contact | None,
    side: ContactSide,
    rules: Rules,
    own: Sequence[Any],
    verdict: Verdict,
) -> None:
    if record is None:
        if (change.side, "", None) in own:
            change.mark_applied()
        (verdict.recovered if change.is_applied else verdict.already).append(change)
        return
    if planned.back:
        _hold(change, {"back": planned.back.label or planned.back.id}, verdict)
        return
    type_of, expected = types_of(side.fields), change.before or {}
    moved = {
        key: record.values.get(key)
        for key, value in expected.items()
        if not stands(change, record.values.get(key), value, type_of(key), rules)
    }
    if change.undoes_id:
        # Of a record that Gistline made: what somebody entered there since is theirs.
        moved |= {"tasks and notes": planned.added} if planned.added else {}
        mapped = set(rules.keys(side.side)) - {*expected, *FILLED_IN, *EMAIL_CONSENT.values(), "dnd", "user_id"}
        moved |= {key: record.values[key] for key in mapped if not is_blank(record.values.get(key))}
    if moved:
        _hold(change, moved, verdict)
    else:
        verdict.write.append(change)


def _hold(change: Change, found: Any, verdict: Verdict) -> None:
    change.state, change.found = ChangeState.HELD, found
    verdict.held.append(change)


# The person as work of a run --------------------------------------------------------------------------------


def entry_of(
    planned: PlannedPerson, there: Mapping[str, Contact | None], sides: Sides, rules: Rules, run: Any
) -> Entry:
    """What is to be written of a plan, as an entry like any other; what it leaves out stays work."""
    for side, contact in there.items():
        if contact and side in planned.snapshots:
            take_in(planned.snapshots[side], contact, rules, run)
    for change in planned.changes:
        if change.action == ChangeAction.CREATE:
            change.after = _writable(sides[change.side], change.after or {})
    verdict = check_changes(planned, there, sides, rules)
    person = _person_of(planned, there, rules)
    full = _decide_fresh(rules, person)
    person.changes, person.held = [*verdict.recovered, *verdict.write], verdict.held
    if run.plan_id is None:
        # An undo has no plan that would say what it was about: also what stood there already is listed.
        for change in verdict.already:
            change.state = ChangeState.EXCLUDED
        person.held = [*verdict.held, *verdict.already]
    person.written = {one.side for one in verdict.recovered}
    person.decision = _decision_of(verdict.write, full)
    person.look_first = bool(planned.creates_on) and must_look(planned.creates_on, run)
    kept, moved = _leftovers(planned, rules, full, verdict)
    person.still_news = kept | moved
    person.reason = _reason_of(planned, verdict, person)
    for snapshot in planned.snapshots.values():
        if snapshot.base is not None and (person.changes or verdict.already):
            stale = {key for side, key in moved if side == snapshot.side}
            snapshot.base = {key: value for key, value in snapshot.base.items() if key not in stale}
    return Entry(
        person,
        planned.snapshots.get("gist"),
        planned.snapshots.get("ghl"),
        plan_entry=planned.plan_entry,
        about=planned.ref,
        message=describe(verdict),
        planned=run.dry_run,
        requested=True,
    )


def _writable(side: ContactSide, values: Values) -> dict[str, Value]:
    """Of a record that was deleted everything was kept, and only what the API takes can be given back."""
    known = {key: side.fields.get(key) for key in values}
    return {key: value for key, value in values.items() if (field := known[key]) is None or field.writable}


def _person_of(planned: PlannedPerson, there: Mapping[str, Contact | None], rules: Rules) -> Person:
    person = Person(exact=True)
    for side in SIDES:
        known, read = planned.snapshots.get(side), there.get(side)
        contact = read or (as_contact(known) if known and side not in there else None)
        if contact:
            person.set_contact(contact)
    gist, ghl = planned.snapshots.get("gist"), planned.snapshots.get("ghl")
    person.gist_base, person.ghl_base = gist.base if gist else None, ghl.base if ghl else None
    person.interrupted = any(one.create_sent for one in planned.snapshots.values())
    person.unconfirmed_writes = _unconfirmed_writes_of(planned)
    if person.gist and person.ghl and not any(one.undoes_id for one in planned.changes):
        # What an interrupted try wrote is no edit of that side.
        person.confirm_arrived(rules)
    return person


def _unconfirmed_writes_of(planned: PlannedPerson) -> UnconfirmedWrites | None:
    return next((one.unconfirmed_writes for one in planned.snapshots.values() if one.unconfirmed_writes), None)


def _decide_fresh(rules: Rules, person: Person) -> Decision:
    """What a run would decide about the records as they stand."""
    if not (person.gist or person.ghl):
        return Decision("same_value")
    return decide(rules, person.gist, person.ghl, person.gist_base, person.ghl_base)


def _decision_of(write: Sequence[Change], full: Decision) -> Decision:
    changes: list[FieldChange] = []
    create: Side | None = None
    delete: Side | None = None
    for change in write:
        side = Provider(change.side).side
        if change.action == ChangeAction.CREATE:
            create = side
            changes += [FieldChange(side, key, None, value) for key, value in (change.after or {}).items()]
        elif change.action == ChangeAction.DELETE:
            delete = side
            # Noted like a field before it is sent, so that after a kill it is known for our own deletion.
            changes.append(FieldChange(side, "", None, None))
        else:
            changes.append(FieldChange(side, change.field, change.before, change.after))
    named = {change.field for change in changes}
    skips = tuple(skip for skip in full.skips if skip.field not in named)
    return Decision("changed", tuple(changes), create=create, delete=delete, skips=skips)


def must_look(side: str, run: Any) -> bool:
    """GHL itself refuses a second contact with the same address, unless the location allows them; Gist's create would
    write over the first one (docs/gist-api.md#contacts).
    """
    return side == "gist" or run.link.ghl.settings.get("allow_duplicates") is not False


Places = set[tuple[str, str]]


def _leftovers(planned: PlannedPerson, rules: Rules, full: Decision, verdict: Verdict) -> tuple[Places, Places]:
    """What is left to decide once the plan is written, as fields by side and key: those whose base stays as it is, and
    those that have none any more, because the value that was written is not the one that its source holds by now.
    """
    wanted = {(one.side, one.field): one.after for one in full.changes}
    written = _values_of([*verdict.write, *verdict.recovered])
    held = {(one.side, one.field) for one in verdict.held}
    is_undo = any(one.undoes_id for one in planned.changes)
    # What an interrupted undo restored looks like an edit, and is none.
    restored = _values_of(verdict.recovered) if is_undo else {}
    kept: Places = set()
    moved: Places = set()
    for row in rules.rows:
        for side in SIDES:
            other = Provider(side).other.value
            place, source = (side, row.key(side)), (other, row.key(other))
            if place in restored or source in restored:
                continue
            if place not in written:
                kept |= {place, source} if place in held or place in wanted else set()
            elif place in wanted:
                moved |= set() if same_value(written[place], wanted[place], row.type) else {source}
            elif not is_undo or source in wanted:
                moved |= {source}
    for consent in EMAIL_CONSENT.items():
        if consent not in written and (consent in held or consent in wanted):
            kept |= set(EMAIL_CONSENT.items())
    return kept - written.keys() - moved, moved - written.keys()


def _values_of(changes: Iterable[Change]) -> dict[tuple[str, str], Value]:
    values: dict[tuple[str, str], Value] = {}
    for change in changes:
        if change.action == ChangeAction.CREATE:
            values |= {(change.side, key): value for key, value in (change.after or {}).items()}
        elif change.action == ChangeAction.UPDATE:
            values[change.side, change.field] = change.after
    return values


def _reason_of(planned: PlannedPerson, verdict: Verdict, person: Person) -> str:
    if verdict.write or verdict.recovered:
        if any(one.undoes_id for one in verdict.write + verdict.recovered):
            return "taken_back"
        if person.decision.delete:
            return "deleted"
        return "new_contact" if person.decision.create else "changed"
    if verdict.held:
        excluded = all(one.state == ChangeState.EXCLUDED for one in verdict.held)
        return "not_taken_back" if excluded else "changed_since"
    return "same_value"


def describe(verdict: Verdict) -> str:
    """What was not written, in words; "" when everything is."""
    held = [one for one in verdict.held if one.state == ChangeState.HELD]
    sentences = [f"{_name_of(one)}: held, {_what_stands(one)}." for one in held]
    never = [one for one in verdict.held if one.state == ChangeState.EXCLUDED and one not in verdict.already]
    sentences += [f"{_name_of(one)}: {why_not_taken_back(one)}" for one in never]
    sentences += [f"{_name_of(one)}: already so, nothing to write." for one in verdict.already]
    return " ".join(sentences)


def _name_of(change: Change) -> str:
    side = Provider(change.side).label
    return f"{change.field} in {side}" if change.field else f"{change.get_action_display()} in {side}"


def _what_stands(change: Change) -> str:
    if change.found is None and change.action != ChangeAction.UPDATE:
        return "the record it comes from is gone"
    if isinstance(change.found, dict):
        if "back" in change.found:
            return f"{change.found['back']} stands in {Provider(change.side).other.label} again"
        if change.action == ChangeAction.CREATE:
            return "somebody with these values stands there by now"
        return f"changed since: {', '.join(sorted(change.found))}"
    return "it changed since" if change.found is not None else "it is blank or gone by now"


def copy_of(change: Change) -> Change:
    """A planned change as one that a run is about to make."""
    names = ("kind", "side", "external_id", "action", "field", "before", "after", "rule", "undoes_id")
    return Change(**{name: getattr(change, name) for name in names})
