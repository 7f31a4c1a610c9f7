"""One person under work in a run: what is known of both sides, what was decided, and what has been written of it.

Everything that is written goes through apply.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from integration.errors import Duplicate, ProviderError
from integration.mapping.rules import Rules
from integration.models import Change, ChangeAction, ChangeState, Provider
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import CONSENT_FIELDS, Contact, Side, Values
from integration.sync import create
from integration.sync.apply import create_contact, delete_contact, update_contact, write_contact_fields
from integration.sync.decide import decide, merges_members
from integration.sync.decision import Decision
from integration.sync.echo_suppression import types_of, values_after_write
from integration.sync.interruptions import Bases, UnconfirmedWrites, confirm_arrived_writes
from integration.sync.plan import OPT_OUT_CARRIED, changes_of, on_side, updates_of
from integration.sync.refusals import Refusals, holder_of, raise_refusals
from integration.values import same_as_written

Sides = Mapping[str, ContactSide]


@dataclass
class Person:
    """One person under work: what is known, what was decided, and what became of it so far.

    `gist` and `ghl` follow the writes, and so do the states of `changes`: after a failure half-way they hold what
    really stands on each side.
    """

    gist: Contact | None = None
    ghl: Contact | None = None
    gist_base: Values | None = None
    ghl_base: Values | None = None
    decision: Decision = field(default_factory=lambda: Decision("same_value"))
    changes: list[Change] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    """Sides on which everything that was decided has been written."""
    created: Side | None = None
    reason: str = ""
    """Reason code of the log entry; differs from the decision's for somebody who was found instead of created."""
    look_first: bool = False
    """Somebody may have created the record already: a run that was interrupted, or a person in the other system."""
    interrupted: bool = False
    blocked_by: dict[tuple[Side, str], str] = field(default_factory=dict)
    """Fields, by side and key, that were refused because another record holds the value, with that record's id;
    "" where it let go of it meanwhile."""
    exact: bool = False
    """Of a plan: exactly its changes are written, and whoever stands where a record was to be made holds that."""
    held: list[Change] = field(default_factory=list)
    """Changes of a plan that are not written, because what they were planned for stands there no more."""
    still_news: set[tuple[str, str]] = field(default_factory=set)
    """Fields, by side and key, of which something is left to decide: their base does not move."""
    unexpected: set[Side] = field(default_factory=set)
    """Sides whose answer showed an edit of somebody else: they are to be read again."""
    unconfirmed_writes: UnconfirmedWrites | None = None
    """What was sent for this person before and not put on record."""
    known_before: dict[Side, Values] = field(default_factory=dict)
    """After an interruption: what was known but for our own writes that arrived. The edits that were on their way are
    still to be reported to workflows."""

    @property
    def contacts(self) -> dict[Side, Contact | None]:
        return {"gist": self.gist, "ghl": self.ghl}

    def contact(self, side: str) -> Contact | None:
        return self.gist if side == "gist" else self.ghl

    def set_contact(self, contact: Contact) -> None:
        if contact.side == "gist":
            self.gist = contact
        else:
            self.ghl = contact

    def confirm_arrived(self, rules: Rules) -> None:
        """Count what was sent before and arrived as decided."""
        assert self.gist
        assert self.ghl
        contacts: Mapping[Side, Contact] = {"gist": self.gist, "ghl": self.ghl}
        before: Bases = {"gist": self.gist_base, "ghl": self.ghl_base}
        after = confirm_arrived_writes(rules, self.unconfirmed_writes, contacts, before)
        self.gist_base, self.ghl_base = after["gist"], after["ghl"]
        if after != before:
            self.known_before = {side: known for side, known in before.items() if known is not None}
        for change in (self.unconfirmed_writes or {}).get("changes", ()):
            side: Side = change["side"]
            known, moved = before[side], after[side]
            if known is not None and moved is not None and change["field"] in moved:
                own = {change["field"]: moved[change["field"]]}
                self.known_before[side] = {**self.known_before.get(side, known), **own}

    def leave_out(self, message: str) -> None:
        """Nothing is written: a filter of the link does not take the person, or who they are on the other side."""
        self.decision, self.reason, self.changes = Decision("filtered", message=message), "filtered", []

    def decide(self, rules: Rules) -> Decision:
        self.decision = decide(rules, self.gist, self.ghl, self.gist_base, self.ghl_base)
        self.reason = self.decision.reason
        self.changes = changes_of(rules, self.decision, self.contacts)
        return self.decision


# Whether a contact is half of another pair already.
IsTaken = Callable[[Contact], bool]


def apply_changes(person: Person, sides: Sides, rules: Rules, is_taken: IsTaken) -> Steps[Person]:
    """Write what `person.changes` say. The person is changed along the way and returned."""
    if person.exact:
        yield from _apply_each(person, sides, rules, is_taken)
    elif person.decision.delete:
        (change,) = person.changes
        yield from delete_contact(sides[change.side], change)
        person.written.add(change.side)
    elif person.decision.create:
        yield from _create_record(person, sides, rules, is_taken)
    else:
        yield from write_what_is_left(person, sides)
    return person


def _apply_each(person: Person, sides: Sides, rules: Rules, is_taken: IsTaken) -> Steps[None]:
    """A plan may hold fields of one record beside a whole other one, or a record on each side."""
    planned, decision = person.changes, person.decision
    whole = [change for change in planned if change.action != ChangeAction.UPDATE]
    done = [change for change in planned if change not in whole]
    try:
        if decision.changes and done:
            person.changes = done
            yield from write_what_is_left(person, sides)
        for change in whole:
            person.changes = [change]
            side = Provider(change.side).side
            if change.action == ChangeAction.DELETE:
                yield from delete_contact(sides[side], change)
                person.written.add(side)
            else:
                person.decision = replace(decision, create=side)
                yield from _create_record(person, sides, rules, is_taken)
            done = [*done, *person.changes]
    finally:
        missing = [change for change in planned if change not in (*done, *person.changes, *person.held)]
        person.changes = [*done, *(change for change in person.changes if change not in done), *missing]


def _create_record(person: Person, sides: Sides, rules: Rules, is_taken: IsTaken) -> Steps[None]:
    target = person.decision.create
    assert target
    side, (change,) = sides[target], person.changes
    values: dict[str, Any] = change.after or {}
    wanted = dict(values)
    if target == "gist" and not values.get("email") and not values.get("user_id") and person.ghl:
        # Gist needs an e-mail address or a user id (docs/gist-api.md#contacts).
        values["user_id"] = f"ghl_{person.ghl.id}"
    # Of a record that is made again nothing else may be left.
    first = person.gist or person.ghl or Contact(target, "", wanted)
    # Looking costs a call, so it is done only where somebody may be there already; and where Gist's create, which
    # writes over whom it finds (docs/gist-api.md#contacts), must not change anybody.
    if person.look_first or (rules.new_only and target == "gist"):
        # A look-up may answer with less than the record (docs/ghl-api.md#search), and a filter needs all of it.
        found = yield from create.find_existing(side, first, values, whole=bool(rules.filter_of(target)))
        if (yield from _use_existing(person, first, found, sides, rules, is_taken)):
            return
        if found and target == "gist":
            # Gist's create would write over that contact (docs/gist-api.md#contacts).
            raise create.address_taken(found[0])
    try:
        made, refusals = yield from create_contact(side, change)
    except Duplicate as problem:
        # GHL names the contact that is in the way (docs/ghl-api.md#errors); most often it is this very person.
        existing = create.with_matched_field(first, (yield from side.read(problem.existing_id)), problem)
        if (yield from _use_existing(person, first, [existing], sides, rules, is_taken)):
            return
        skip = create.leave_out_phone(change, existing, problem)
        if skip is None:
            raise
        person.decision = replace(person.decision, skips=(*person.decision.skips, skip))
        made, refusals = yield from create_contact(side, change)
    if target == "gist" and is_taken(made):
        raise create.address_taken(made)
    _note_created(person, side, made, rules)
    person.changes += [create.left_out_of(change, key, wanted.get(key)) for key in refusals]
    yield from _complete_other_side(person, sides, rules)
    raise_refusals([refusals], wrote=True)


def _complete_other_side(person: Person, sides: Sides, rules: Rules) -> Steps[None]:
    """What a create brings to the record that it was made of, where there is one."""
    if not (person.gist and person.ghl):
        return
    yield from _carry_opt_out(person, sides, rules)
    if not rules.new_only:
        yield from _merge_new_tags(person, sides, rules)


def _use_existing(
    person: Person, first: Contact, found: Sequence[Contact], sides: Sides, rules: Rules, is_taken: IsTaken
) -> Steps[bool]:
    """Whether the person is there already: adopted, or left out by the filter of that side. Of a plan: not made."""
    if person.exact:
        return _hold_or_recover(person, first, found)
    if left_out := create.why_left_out(first, found, rules):
        person.leave_out(left_out)
        return True
    # Asked last: who is not taken is taken by this person from then on.
    if len(found) != 1 or not create.may_be(first, found[0]) or is_taken(found[0]):
        return False
    yield from _adopt_existing(person, found[0], sides, rules)
    return True


def _hold_or_recover(person: Person, first: Contact, found: Sequence[Contact]) -> bool:
    """Somebody came to stand there since the plan was made: nothing is written over them, and the create is held.
    Unless it is the very record that an interrupted try of this create has made.
    """
    there = next((one for one in found if create.may_be(first, one)), None)
    if there is None:
        return False
    (change,) = person.changes
    wanted: Values = change.after or {}
    if person.interrupted and _is_made_of(there, wanted):
        person.set_contact(there)
        _recover_create(person, there)
        return True
    change.state, change.found = ChangeState.HELD, {key: there.values.get(key) for key in wanted}
    person.held, person.changes, person.reason = [*person.held, change], [], "changed_since"
    return True


def _is_made_of(record: Contact, wanted: Values) -> bool:
    return all(same_as_written(record.values.get(key), value) for key, value in wanted.items())


def _recover_create(person: Person, existing: Contact) -> None:
    """The create had been carried out before an interruption: it is a change that was made."""
    (change,) = person.changes
    change.external_id = existing.id
    change.mark_applied()
    person.created, person.reason = existing.side, "recovered"


def _note_created(person: Person, side: ContactSide, made: Contact, rules: Rules) -> None:
    """Gist finds an existing contact instead of making one (docs/gist-api.md#contacts), and GHL fills in defaults: what
    was not sent is news.
    """
    sent, consent = person.changes[0].after or {}, CONSENT_FIELDS[made.side]
    nothing = dict.fromkeys(key for key in rules.keys(made.side) if key not in consent)
    known, unexpected = values_after_write(nothing, sent, made.values, types_of(side.fields))
    # Consent needs no base to be decided, and what stands there counts at once.
    known |= {key: made.values[key] for key in consent if key in made.values}
    person.set_contact(replace(made, values=known))
    person.unexpected |= {made.side} if unexpected else set()
    person.created = made.side
    person.written.add(made.side)


def _carry_opt_out(person: Person, sides: Sides, rules: Rules) -> Steps[None]:
    """Right after a create: an opt-out that it did not take, or one that stood there already, because Gist's create
    finds before it makes (docs/gist-api.md#contacts).
    """
    created = person.changes[0]
    # A link that only creates writes it to the new record all the same: nobody is made whom mails would go to.
    bare = replace(rules, rows=(), new_only=False)
    missing = changes_of(bare, decide(bare, person.gist, person.ghl), person.contacts)
    for change in on_side(missing, created.side) if rules.new_only else missing:
        if change.side == created.side:
            # The create is on record as what it did, and the opt-out as a write of its own: it may fail.
            created.after = {key: value for key, value in (created.after or {}).items() if key != change.field}
        before = person.contact(change.side)
        assert before
        person.changes.append(change)
        person.set_contact((yield from update_contact(sides[change.side], [change], before)))
        person.written.add(change.side)


def _merge_new_tags(person: Person, sides: Sides, rules: Rules) -> Steps[None]:
    """The tag that a filter wanted of the new record goes to the first one too, where the mapping merges tags: else
    the two would differ until somebody edits them.
    """
    if not (person.created and rules.filter_of(person.created)):
        return
    lists = replace(rules, rows=tuple(row for row in rules.rows if merges_members(row)))
    first = "ghl" if person.created == "gist" else "gist"
    before = person.contact(first)
    changes = on_side(changes_of(lists, decide(lists, person.gist, person.ghl), person.contacts), first)
    if changes and before:
        person.changes += changes
        person.set_contact((yield from update_contact(sides[first], changes, before)))


def _adopt_existing(person: Person, existing: Contact, sides: Sides, rules: Rules) -> Steps[None]:
    """The other side has this person already: compare fields instead of creating."""
    wanted = person.decision.values(existing.side)
    person.set_contact(existing)
    if person.interrupted and _is_made_of(existing, wanted):
        _recover_create(person, existing)
        return
    # The person has two records now, so what was decided for one alone is decided again: as a merge of both.
    person.confirm_arrived(rules)
    person.decide(rules)
    person.reason = "adopted"
    yield from write_what_is_left(person, sides)


def write_what_is_left(person: Person, sides: Sides) -> Steps[Person]:
    """Write the changes of both sides that are not applied yet. What one side refuses does not hold back the rest."""
    refusals: list[Refusals] = []
    person.blocked_by = {}
    # The side that an opt-out goes to comes first: what the other one refuses must not hold it up.
    stopped_first = {change.side for change in person.changes if change.rule == OPT_OUT_CARRIED}
    targets: list[Side] = sorted(("ghl", "gist"), key=lambda side: side not in stopped_first)
    for target in targets:
        fields = (change for change in on_side(person.changes, target) if change.action == ChangeAction.UPDATE)
        changes = [change for change in fields if not change.is_applied]
        before = person.contact(target)
        if not changes or before is None:
            continue
        try:
            written = yield from write_contact_fields(sides[target], changes, before)
        except ProviderError:
            # What was written before the failure stands there: it must not be taken for somebody's edit.
            person.set_contact(before.with_values({one.field: one.after for one in changes if one.is_applied}))
            raise
        person.set_contact(written.contact)
        person.unexpected |= {target} if written.unexpected else set()
        refusals.append(written.refusals)
        if not written.refusals:
            person.written.add(target)
        for key, refusal in written.refusals.items():
            holder = yield from holder_of(sides[target], key, refusal, changes)
            if holder is not None and holder != before.id:
                person.blocked_by[target, key] = holder
    raise_refusals(refusals, wrote=any(one.is_applied for one in person.changes))
    return person


def clear_field(person: Person, sides: Sides, side: Side, key: str) -> Steps[Person]:
    """Empty a field whose new value is still refused, so that another record can take the old one."""
    record = person.contact(side)
    assert record
    rule = next(change.rule for change in person.changes if (change.side, change.field) == (side, key))
    changes = updates_of(record, {key: None}, rule)
    person.changes += changes
    yield from update_contact(sides[side], changes, record)
    return person
