"""Carries out a decision on both sides, as steps. Every contact that a run writes goes through here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from integration.errors import Duplicate
from integration.mapping.rules import Rules
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import Contact, Side
from integration.sync.decide import Decision, decide
from integration.sync.echo import Told, caught_up

Sides = Mapping[str, ContactSide]


@dataclass
class Person:
    """One person under work: what is known, what was decided, and what became of it so far.

    `gist` and `ghl` follow the writes, so that after a failure half-way they tell what really stands there.
    """

    gist: Contact | None = None
    ghl: Contact | None = None
    gist_base: Mapping[str, object] | None = None
    ghl_base: Mapping[str, object] | None = None
    decision: Decision = field(default_factory=lambda: Decision("same_value"))
    written: set[str] = field(default_factory=set)
    created: Side | None = None
    reason: str = ""
    look_first: bool = False
    """Somebody may have created the record already: a run that was interrupted, or a person in the other system."""
    interrupted: bool = False
    sent: Told | None = None
    """What was sent for this person before and not put on record."""

    def contact(self, side: str) -> Contact | None:
        return self.gist if side == "gist" else self.ghl

    def put(self, contact: Contact) -> None:
        if contact.side == "gist":
            self.gist = contact
        else:
            self.ghl = contact

    def catch_up(self, rules: Rules) -> None:
        """Count what was sent before and arrived as decided."""
        assert self.gist
        assert self.ghl
        contacts: Mapping[Side, Contact] = {"gist": self.gist, "ghl": self.ghl}
        bases = caught_up(rules, self.sent, contacts, {"gist": self.gist_base, "ghl": self.ghl_base})  # type: ignore[dict-item]
        self.gist_base, self.ghl_base = bases["gist"], bases["ghl"]

    def decide(self, rules: Rules) -> Decision:
        self.decision = decide(rules, self.gist, self.ghl, self.gist_base, self.ghl_base)  # type: ignore[arg-type]
        self.reason = self.decision.reason
        return self.decision


IsTaken = Callable[[Contact], bool]
"""Whether a contact is half of another pair already."""


def apply(person: Person, sides: Sides, rules: Rules, is_taken: IsTaken) -> Steps[Person]:
    """Write what `person.decision` says. The person is changed along the way and returned."""
    if person.decision.delete:
        remaining = person.contact(person.decision.delete)
        assert remaining
        yield from sides[remaining.side].delete(remaining.id)
        person.written.add(remaining.side)
    elif person.decision.create:
        yield from _create(person, sides, rules, is_taken)
    else:
        yield from _update(person, sides)
    return person


def _create(person: Person, sides: Sides, rules: Rules, is_taken: IsTaken) -> Steps[None]:
    target = person.decision.create
    assert target
    side, values = sides[target], dict(person.decision.values(target))
    if target == "gist" and not values.get("email") and not values.get("user_id") and person.ghl:
        # Gist needs an e-mail address or a user id (docs/gist-api.md#contacts).
        values["user_id"] = f"ghl_{person.ghl.id}"
    if person.look_first:
        texts = {key: str(values.get(key) or "") for key in ("email", "phone", "user_id", "name")}
        found = yield from side.find(**texts)
        if len(found) == 1 and not is_taken(found[0]) and _may_be(person, found[0]):
            yield from _adopt(person, found[0], sides, rules)
            return
    try:
        person.put((yield from side.create(values)))
    except Duplicate as problem:
        existing = yield from side.read(problem.existing_id)
        if is_taken(existing) or not _may_be(person, existing):
            raise
        yield from _adopt(person, existing, sides, rules)
        return
    person.created = target
    person.written.add(target)


def _may_be(person: Person, other: Contact) -> bool:
    """Whether `other` can be this person: e-mail addresses that differ say no."""
    known = person.gist or person.ghl
    return bool(known) and (not known.email or not other.email or known.email == other.email)  # type: ignore[union-attr]


def _adopt(person: Person, existing: Contact, sides: Sides, rules: Rules) -> Steps[None]:
    """The other side has this person already: compare fields instead of creating."""
    wanted = person.decision.values(existing.side)
    person.put(existing)
    same = all(_equal(existing, key, value) for key, value in wanted.items())
    if person.interrupted and same:
        person.created, person.reason = existing.side, "recovered"
        return
    person.catch_up(rules)
    person.decide(rules)
    person.reason = "adopted"
    yield from _update(person, sides)


def _equal(contact: Contact, key: str, value: object) -> bool:
    held = contact.values.get(key)
    if isinstance(value, list):
        return {str(item).casefold() for item in value} == {str(item).casefold() for item in held or ()}  # type: ignore[union-attr]
    return str(held or "").strip().casefold() == str(value or "").strip().casefold()


def _update(person: Person, sides: Sides) -> Steps[None]:
    for target in ("ghl", "gist"):
        changes, before = person.decision.values(target), person.contact(target)
        if not changes or before is None:
            continue
        after = yield from sides[target].update(before.id, changes, before.values)
        person.put(replace(after, values={**before.values, **after.values}))
        person.written.add(target)
