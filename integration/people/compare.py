"""Both records field by field: what each side holds, whether it is the same, and what the next sync would do and why.

Pure: records, bases and rules in, sentences out. It asks the same `decide` as the sync, one row at a time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from integration.mapping.carried import ADDRESS, PROPERTIES
from integration.mapping.rules import BrokenRow, Row, Rules
from integration.models.choices import Owner, Provider
from integration.moments import moment_text
from integration.people.compare_consent import compare_consent
from integration.people.field_comparison import FieldComparison
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.records import (
    CARRIED_LABELS,
    CONSENT_FIELDS,
    SIDES,
    Contact,
    Field,
    Value,
    Values,
    is_blank,
    is_opted_out,
)
from integration.related import gist_properties
from integration.sync.decide import decide, merges_members
from integration.sync.decision import Decision, FieldChange
from integration.sync.echo_suppression import is_news
from integration.sync.reasons import reason

OWNERS = {
    Owner.NEWEST: "the newest stands",
    Owner.GIST: "Gist owns this field",
    Owner.GHL: "GHL owns this field",
    Owner.FILL: "only blanks are filled",
    Owner.ASK: "you decide",
}
# What Gistline carries to Gist; its address of the page stands on the page itself.
CARRIED = {name: label for name, label in CARRIED_LABELS.items() if name != ADDRESS}
# Fields that nobody maps and everybody has; they tell nothing about being in step.
NEVER_SHOWN = {"gist": ("id", "type", "updated_at", "created_at", "first_name", "last_name", "last_seen_at"),
          "ghl": ("id", "type", "dateAdded", "dateUpdated", "firstName", "lastName")}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Everything about both records. `stands_still` says why the sync leaves this person alone, "" when it does not;
    `left_out` is what the filter of the link says, where it is that.
    """

    mapped: tuple[FieldComparison, ...] = ()
    carried: tuple[FieldComparison, ...] = ()
    unmapped: tuple[FieldComparison, ...] = ()
    stands_still: str = ""
    left_out: str = ""
    consent: FieldComparison | None = None
    """Whether e-mails are allowed, in words."""
    opted_out: bool = False
    """On either side."""

    @property
    def all(self) -> tuple[FieldComparison, ...]:
        return (*([self.consent] if self.consent else ()), *self.mapped, *self.carried, *self.unmapped)

    def count(self, *states: str) -> int:
        # Consent is no field of theirs, unless the two systems disagree about it.
        differing = [self.consent] if self.consent and self.consent.state == "differs" else []
        return sum(one.state in states for one in (*differing, *self.mapped, *self.carried))

    @property
    def waiting(self) -> int:
        return sum(one.waits for one in self.mapped)

    @property
    def summary(self) -> str:
        """`8 fields the same, 1 differs, 1 on one side only`; what there is none of is left out."""
        if unread := self.count("unread"):
            return f"{unread} field{'' if unread == 1 else 's'} not compared"
        same, differs, lone = self.count("same"), self.count("differs"), self.count("gist_only", "ghl_only")
        words = [
            f"{same} field{'' if same == 1 else 's'} the same" if same else "",
            f"{differs} differ{'s' if differs == 1 else ''}" if differs else "",
            f"{lone} on one side only" if lone else "",
        ]
        return ", ".join(filter(None, words)) or "Nothing to compare"


Fields = Mapping[str, Mapping[str, Field]]


def compare_records(
    rules: Rules,
    contacts: Mapping[str, Contact],
    bases: Mapping[str, Values | None],
    fields: Fields,
    *,
    answers: Mapping[str, str] | None = None,
    shows: Values | None = None,
    broken: Iterable[BrokenRow] = (),
    stands_still: str = "",
    unread: Collection[str] = (),
) -> Comparison:
    """`bases` are what both sides held at the last decision, `answers` whose value a person said stands, by GHL field.

    `shows` is what Gist should show of tasks, notes and appointments. `unread` are sides that could not be read: what
    they hold now is unknown, which is something else than nothing; `contacts` may hold what was known of them.
    """
    broken = list(broken)
    mapped = list(_compare_mapped(rules, contacts, bases, fields, answers or {}))
    if stands_still and not unread:
        mapped = [_without_writes(one, stands_still, alone=len(contacts) == 1) for one in mapped]
    mapped += [_compare_broken(row, contacts, fields) for row in broken]
    unmapped = list(_list_unmapped(rules, broken, contacts, fields))
    consent = compare_consent(rules, contacts, bases, stands_still)
    if unread:
        mapped = [_as_unread(one, unread) for one in mapped]
        unmapped = [replace(one, why="Not mapped", unread=tuple(unread)) for one in unmapped]
        consent = consent and _as_unread(consent, unread)
    return Comparison(
        tuple(mapped),
        tuple(_compare_carried(contacts, shows or {})),
        tuple(unmapped),
        stands_still,
        consent=consent,
        opted_out=any(is_opted_out(one.side, one.values) for one in contacts.values()),
    )


# Mapped rows ---------------------------------------------------------------------------------------------


def _compare_mapped(
    rules: Rules, contacts: Mapping[str, Contact], bases: Mapping[str, Values | None], fields: Fields,
    answers: Mapping[str, str],
) -> Iterable[FieldComparison]:  # fmt: skip
    gist, ghl = contacts.get("gist"), contacts.get("ghl")
    # Of somebody on one side the sync decides as a whole, whether to create them; of two halves it decides row by row.
    alone = None if gist and ghl else decide(rules, gist, ghl)
    for row in rules.rows:
        shown = FieldComparison(
            _label_of_row(row, fields), gist.values.get(row.gist) if gist else None,
            ghl.values.get(row.ghl) if ghl else None, "", "", row.gist,
        )  # fmt: skip
        if gist and ghl and not alone:
            yield _compare_both(rules, row, gist, ghl, bases, shown, answers.get(row.ghl, ""))
        elif alone:
            yield _compare_lone(row, Provider.GHL if gist else Provider.GIST, alone, shown)


STAYS_HERE = {
    "one_way": "Stays here: the link goes the other way",
    "create_off": "Stays here: the link creates nobody in {other}",
}


def _compare_lone(row: Row, other: Provider, decision: Decision, shown: FieldComparison) -> FieldComparison:
    """Somebody who is on one side only: what of them the other side would be given."""
    held = shown.ghl if other is Provider.GIST else shown.gist
    if is_blank(held):
        return replace(shown, state="blank", why="Blank")
    state = "ghl_only" if other is Provider.GIST else "gist_only"
    key = row.key(other)
    skip = next((one for one in decision.skips if one.field == key), None)
    if any(change.field == key for change in decision.changes):
        why = f"Written when the contact is created in {other.label}"
        return replace(shown, state=state, why=why, writes=(other.side,))
    stays = STAYS_HERE.get(decision.reason, "Not written").format(other=other.label)
    return replace(shown, state=state, why=(skip.message or reason(skip.reason).title) if skip else stays)


def _compare_both(
    rules: Rules, row: Row, gist: Contact, ghl: Contact, bases: Mapping[str, Values | None], shown: FieldComparison,
    answer: str,
) -> FieldComparison:  # fmt: skip
    # A person's answer works as if that side owned the row.
    row = replace(row, owner=answer) if answer else row
    # Rules with this row only: the decision then belongs to the row, and nothing of `decide` is repeated here.
    alone = replace(rules, rows=(row,), consent=False)
    decision = decide(alone, gist, ghl, bases.get("gist"), bases.get("ghl"))
    # Compared without what both held before: whether they agree now, not whether anybody changed something.
    met_first = decide(alone, gist, ghl)
    state = _state_of(shown, agree=not (met_first.changes or met_first.skips))
    changes, skip = decision.changes, next(iter(decision.skips), None)
    if skip:
        why = "Changed on both sides, you decide" if skip.held else (skip.message or reason(skip.reason).title)
        return replace(shown, state=state, why=why, waits=skip.held)
    if changes:
        writes = tuple(change.side for change in changes)
        return replace(shown, state=state, why=_explain_changes(row, changes, shown, bases, answer), writes=writes)
    return replace(shown, state=state, why=_explain_no_change(shown, row, state))


def _state_of(shown: FieldComparison, *, agree: bool) -> str:
    if is_blank(shown.gist) and is_blank(shown.ghl):
        return "blank"
    if is_blank(shown.gist) or is_blank(shown.ghl):
        return "ghl_only" if is_blank(shown.gist) else "gist_only"
    return "same" if agree else "differs"


def _explain_changes(
    row: Row, changes: tuple[FieldChange, ...], shown: FieldComparison, bases: Mapping[str, Values | None], answer: str
) -> str:
    targets = " and ".join(Provider(change.side).label for change in changes)
    # Lists such as tags are merged member by member, so there is no side whose value stands.
    if merges_members(row):
        return f"Members are merged: the next sync writes {targets}"
    source = Provider(changes[0].side).other
    return f"{_explain_direction(row, source, shown, bases, answer)}: the next sync writes {targets}"


def _explain_direction(
    row: Row, source: Provider, shown: FieldComparison, bases: Mapping[str, Values | None], answer: str
) -> str:
    if answer:
        return f"You said that {source.label}’s value stands"
    other = source.other
    if not row.flows_to(source):
        return f"The row goes from {source.label} to {other.label} only"
    if bases.get("gist") is None or bases.get("ghl") is None:
        return f"Not compared before, {OWNERS.get(Owner(row.owner), 'the newest stands')}"
    if not is_news(bases[other], row.key(other), getattr(shown, other), row.type):
        return f"Changed in {source.label}"
    return f"Changed on both sides, {OWNERS[Owner(row.owner)]}"


def _explain_no_change(shown: FieldComparison, row: Row, state: str) -> str:
    if state == "blank":
        return "Blank on both sides"
    if state in ("gist_only", "ghl_only"):
        return "A blank does not overwrite" if not row.blank_overwrites else "Left as it was decided"
    # `same` means equal after conversion; only values that look alike are called "Same" without a remark.
    if str(shown.gist) == str(shown.ghl):
        return "Same"
    if state == "differs":
        return "Differs; nobody changed it since it was decided"
    return "Same, converted" if row.steps else "Same, written differently"


def _without_writes(one: FieldComparison, why: str, *, alone: bool) -> FieldComparison:
    """The verdict on a field of somebody for whom the sync does nothing."""
    if alone:
        return replace(one, why="Blank" if one.state == "blank" else why, writes=())
    # The first half says what differs and stays true; the promise of a write does not.
    sentence = f"{one.why.partition(': the next sync')[0]}. {why}" if one.writes else one.why
    return replace(one, why=sentence, writes=())


def _as_unread(one: FieldComparison, unread: Collection[str]) -> FieldComparison:
    """The verdict on a field of which one side is unknown: no sync is foretold. A broken row stays one."""
    if one.state == "broken":
        return replace(one, unread=tuple(unread))
    names = " and ".join(Provider(side).label for side in SIDES if side in unread)
    why = f"Not compared: {names} could not be read"
    return replace(one, state="unread", why=why, writes=(), waits=False, unread=tuple(unread))


def _label_of_row(row: Row, fields: Fields) -> str:
    ghl, gist = fields.get("ghl", {}).get(row.ghl), fields.get("gist", {}).get(row.gist)
    found = ghl or gist
    return found.label if found else _label_from_key(row.ghl)


def _label_from_key(key: str) -> str:
    name = key.rpartition(".")[2].replace("_", " ").strip()
    return name[:1].upper() + name[1:]


def _compare_broken(row: BrokenRow, contacts: Mapping[str, Contact], fields: Fields) -> FieldComparison:
    """A row of the mapping that carries nothing, because one of its fields is gone or was changed over there."""
    gist, ghl = contacts.get("gist"), contacts.get("ghl")
    known = fields.get("ghl", {}).get(row.ghl) or fields.get("gist", {}).get(row.gist)
    lost = row.ghl if row.missing == "ghl" else row.gist
    name = Provider(row.missing).label
    label = _label_from_key(lost)
    why = f"Broken row: {name} has no field “{label}” any more, so nothing is carried. Mend it in the mapping."
    if row.changed:
        why = f"Stopped row: {row.changed} Nothing is carried until somebody agrees to it in the mapping."
    return FieldComparison(
        known.label if known else label, gist.values.get(row.gist) if gist else None,
        ghl.values.get(row.ghl) if ghl else None, "broken", why, row.gist,
    )  # fmt: skip


# Carried and unmapped ------------------------------------------------------------------------------------


def _compare_carried(contacts: Mapping[str, Contact], shows: Values) -> Iterable[FieldComparison]:
    """What Gist shows of GHL's tasks, notes and appointments, against what it should; only once it shows any."""
    gist = contacts.get("gist")
    held = {name: gist.values.get(GIST_CUSTOM + name) for name in CARRIED} if gist else {}
    # Rows for a link whose workflows carry nothing would all read "differs", though nothing is wrong.
    if not shows or all(is_blank(value) for value in held.values()):
        return
    for name, label in CARRIED.items():
        same = gist_properties.is_same_property(name, held[name], shows.get(name))
        state = ("blank" if is_blank(held[name]) else "same") if same else "differs"
        why = (
            "Carried from GHL"
            if same
            else "Gist shows an older state: it follows with the next change, or the next full sync"
        )
        yield FieldComparison(label, _show_moment(name, held[name]), shows.get(name), state, why, GIST_CUSTOM + name)


def _show_moment(name: str, value: Value) -> Value:
    """Gist keeps moments as seconds; they are shown as GHL's."""
    return (value and moment_text(value)) or value if name.endswith("_at") else value


def _list_unmapped(
    rules: Rules, broken: Iterable[BrokenRow], contacts: Mapping[str, Contact], fields: Fields
) -> Iterable[FieldComparison]:
    mapped: dict[str, set[str]] = {side: {row.key(side) for row in rules.rows} for side in SIDES}
    mapped["gist"] |= {row.gist for row in broken}
    mapped["ghl"] |= {row.ghl for row in broken}
    # Properties that Gistline writes stand among the carried ones, or are its own address.
    shown_already = {GIST_CUSTOM + one.name for one in PROPERTIES}
    for side, contact in contacts.items():
        for key, value in contact.values.items():
            # Consent has a row of its own.
            elsewhere = key in mapped[side] or key in shown_already or key in CONSENT_FIELDS[contact.side]
            if is_blank(value) or elsewhere or key in NEVER_SHOWN[side]:
                continue
            yield _unmapped_field(side, key, value, fields.get(side, {}).get(key))


def _unmapped_field(side: str, key: str, value: Value, known: Field | None) -> FieldComparison:
    label = known.label if known else _label_from_key(key)
    why = f"Only in {Provider(side).label}, not mapped"
    if side == "gist":
        return FieldComparison(label, value, None, "gist_only", why, gist_key=key)
    return FieldComparison(label, None, value, "ghl_only", why)
