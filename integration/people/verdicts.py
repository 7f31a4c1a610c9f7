"""Both records field by field: what each side holds, whether it is the same, and what the next sync would do and why.

Pure: records, bases and rules in, sentences out. It asks the same `decide` as the sync, one row at a time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from integration.mapping.rules import Row, Rules
from integration.models.choices import Owner
from integration.people.who import NAMES, SIDES
from integration.providers.ghl.related import utc_text
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.records import Contact, Field, Value, Values, is_blank
from integration.related import carry
from integration.sync.decide import Change, Decision, comparable, decide
from integration.sync.reasons import reason

OWNERS = {
    Owner.NEWEST: "the newest stands",
    Owner.GIST: "Gist owns this field",
    Owner.GHL: "GHL owns this field",
    Owner.FILL: "only blanks are filled",
    Owner.ASK: "you decide",
}
CARRIED = {
    carry.OPEN_TASKS: "Open tasks",
    carry.NEXT_TASK: "Next task",
    carry.NEXT_TASK_DUE: "Next task is due",
    carry.LAST_TASK: "Task done last",
    carry.LAST_NOTE: "Newest note",
    carry.NEXT_APPOINTMENT: "Next appointment",
}
UNTOLD = {"gist": ("id", "type", "updated_at", "created_at", "first_name", "last_name", "last_seen_at"),
          "ghl": ("id", "type", "dateAdded", "dateUpdated", "firstName", "lastName")}  # fmt: skip
"""Fields that nobody maps and everybody has; they tell nothing about being in step."""


@dataclass(frozen=True)
class Verdict:
    """One field. `state`: same, differs, gist_only, ghl_only, blank, or unread when a side could not be read.

    `writes` are the sides that the next sync would write; `waits`: only a person can decide.
    """

    label: str
    gist: Value
    ghl: Value
    state: str
    why: str
    gist_key: str = ""
    ghl_key: str = ""
    writes: tuple[str, ...] = ()
    waits: bool = False


@dataclass(frozen=True)
class Comparison:
    """Everything about both records. `stands_still` says why the sync leaves this person alone, "" when it does not."""

    mapped: tuple[Verdict, ...] = ()
    carried: tuple[Verdict, ...] = ()
    unmapped: tuple[Verdict, ...] = ()
    stands_still: str = ""

    @property
    def all(self) -> tuple[Verdict, ...]:
        return (*self.mapped, *self.carried, *self.unmapped)

    def count(self, *states: str) -> int:
        return sum(one.state in states for one in (*self.mapped, *self.carried))

    @property
    def waiting(self) -> int:
        return sum(one.waits for one in self.mapped)

    @property
    def summary(self) -> str:
        """`8 fields the same, 1 differs, 1 on one side only`; what there is none of is left out."""
        same, differs, lone = self.count("same"), self.count("differs"), self.count("gist_only", "ghl_only")
        parts = [
            f"{same} field{'' if same == 1 else 's'} the same" if same else "",
            f"{differs} differ{'s' if differs == 1 else ''}" if differs else "",
            f"{lone} on one side only" if lone else "",
        ]
        return ", ".join(filter(None, parts)) or "Nothing to compare"


Fields = Mapping[str, Mapping[str, Field]]


def compare(
    rules: Rules,
    contacts: Mapping[str, Contact],
    bases: Mapping[str, Values | None],
    fields: Fields,
    *,
    answers: Mapping[str, str] | None = None,
    shows: Values | None = None,
    stands_still: str = "",
) -> Comparison:
    """`bases` are what both sides held at the last decision, `answers` whose value a person said stands, by GHL field.

    `shows` is what Gist should show of tasks, notes and appointments.
    """
    mapped = list(_mapped(rules, contacts, bases, fields, answers or {}))
    if stands_still:
        mapped = [_still(one, stands_still, alone=len(contacts) == 1) for one in mapped]
    told = _carried(contacts, shows or {})
    return Comparison(tuple(mapped), tuple(told), tuple(_unmapped(rules, contacts, fields)), stands_still)


# Mapped rows ---------------------------------------------------------------------------------------------


def _mapped(
    rules: Rules, contacts: Mapping[str, Contact], bases: Mapping[str, Values | None], fields: Fields,
    answers: Mapping[str, str],
) -> Iterable[Verdict]:  # fmt: skip
    gist, ghl = contacts.get("gist"), contacts.get("ghl")
    alone = None if gist and ghl else decide(rules, gist, ghl)
    for row in rules.rows:
        shown = Verdict(
            _label(row, fields), gist.values.get(row.gist) if gist else None,
            ghl.values.get(row.ghl) if ghl else None, "", "", row.gist, row.ghl,
        )  # fmt: skip
        if gist and ghl and not alone:
            yield _of_both(rules, row, gist, ghl, bases, shown, answers.get(row.ghl, ""))
        elif alone:
            yield _of_one(row, "ghl" if gist else "gist", alone, shown)


def _of_one(row: Row, other: str, decision: Decision, shown: Verdict) -> Verdict:
    """Somebody who is on one side only: what of them the other side would be given."""
    held = shown.ghl if other == "gist" else shown.gist
    if is_blank(held):
        return replace(shown, state="blank", why="Blank")
    state = "ghl_only" if other == "gist" else "gist_only"
    key = row.key(other)
    note = next((one for one in decision.notes if one.field == key), None)
    if any(change.field == key for change in decision.changes):
        why = f"Written when the contact is created in {NAMES[other]}"
        return replace(shown, state=state, why=why, writes=(other,))
    stays = "Stays here: the link goes the other way" if decision.reason == "one_way" else "Not written"
    return replace(shown, state=state, why=(note.message or reason(note.reason).title) if note else stays)


def _of_both(
    rules: Rules, row: Row, gist: Contact, ghl: Contact, bases: Mapping[str, Values | None], shown: Verdict,
    answer: str,
) -> Verdict:  # fmt: skip
    row = replace(row, owner=answer) if answer else row
    alone = replace(rules, rows=(row,))
    decision = decide(alone, gist, ghl, bases.get("gist"), bases.get("ghl"))
    met_first = decide(alone, gist, ghl)
    state = _state(shown, agree=not (met_first.changes or met_first.notes))
    changes, note = decision.changes, next(iter(decision.notes), None)
    if note:
        why = "Changed on both sides, you decide" if note.held else (note.message or reason(note.reason).title)
        return replace(shown, state=state, why=why, waits=note.held)
    if changes:
        writes = tuple(change.side for change in changes)
        return replace(shown, state=state, why=_of_changes(row, changes, shown, bases, answer), writes=writes)
    return replace(shown, state=state, why=_of_nothing(shown, row, state))


def _state(shown: Verdict, *, agree: bool) -> str:
    if is_blank(shown.gist) and is_blank(shown.ghl):
        return "blank"
    if is_blank(shown.gist) or is_blank(shown.ghl):
        return "ghl_only" if is_blank(shown.gist) else "gist_only"
    return "same" if agree else "differs"


def _of_changes(
    row: Row, changes: tuple[Change, ...], shown: Verdict, bases: Mapping[str, Values | None], answer: str
) -> str:
    targets = " and ".join(NAMES[change.side] for change in changes)
    if row.type in ("tags", "choices") and not row.steps:
        return f"Members are merged: the next sync writes {targets}"
    source = "gist" if changes[0].side == "ghl" else "ghl"
    return f"{_cause(row, source, shown, bases, answer)}: the next sync writes {targets}"


def _cause(row: Row, source: str, shown: Verdict, bases: Mapping[str, Values | None], answer: str) -> str:
    if answer:
        return f"You said that {NAMES[source]}’s value stands"
    other = "ghl" if source == "gist" else "gist"
    if not row.flows_to(source):
        return f"The row goes from {NAMES[source]} to {NAMES[other]} only"
    if bases.get("gist") is None or bases.get("ghl") is None:
        return f"Not compared before, {OWNERS.get(Owner(row.owner), 'the newest stands')}"
    if not _is_news(bases[other], row.key(other), getattr(shown, other), row):
        return f"Changed in {NAMES[source]}"
    return f"Changed on both sides, {OWNERS[Owner(row.owner)]}"


def _is_news(base: Values | None, key: str, value: Value, row: Row) -> bool:
    return base is None or key not in base or comparable(base[key], row.type) != comparable(value, row.type)


def _of_nothing(shown: Verdict, row: Row, state: str) -> str:
    if state == "blank":
        return "Blank on both sides"
    if state in ("gist_only", "ghl_only"):
        return "A blank does not overwrite" if not row.blank_overwrites else "Left as it was decided"
    if str(shown.gist) == str(shown.ghl):
        return "Same"
    if state == "differs":
        return "Differs; nobody changed it since it was decided"
    return "Same, converted" if row.steps else "Same, written differently"


def _still(one: Verdict, why: str, *, alone: bool) -> Verdict:
    """The verdict on a field of somebody for whom the sync does nothing."""
    if alone:
        return replace(one, why="Blank" if one.state == "blank" else why, writes=())
    said = f"{one.why.partition(': the next sync')[0]}. {why}" if one.writes else one.why
    return replace(one, why=said, writes=())


def _label(row: Row, fields: Fields) -> str:
    ghl, gist = fields.get("ghl", {}).get(row.ghl), fields.get("gist", {}).get(row.gist)
    found = ghl or gist
    return found.label if found else _plain(row.ghl)


def _plain(key: str) -> str:
    name = key.rpartition(".")[2].replace("_", " ").strip()
    return name[:1].upper() + name[1:]


# Carried and unmapped ------------------------------------------------------------------------------------


def _carried(contacts: Mapping[str, Contact], shows: Values) -> Iterable[Verdict]:
    """What Gist shows of GHL's tasks, notes and appointments, against what it should; only once it shows any."""
    gist = contacts.get("gist")
    held = {name: gist.values.get(GIST_CUSTOM + name) for name in CARRIED} if gist else {}
    if not shows or all(is_blank(value) for value in held.values()):
        return
    for name, label in CARRIED.items():
        same = carry.same(name, held[name], shows.get(name))
        state = ("blank" if is_blank(held[name]) else "same") if same else "differs"
        why = "Carried from GHL" if same else "Gist shows an older state; it is carried with the next workflow"
        yield Verdict(label, _moment(name, held[name]), shows.get(name), state, why, GIST_CUSTOM + name)


def _moment(name: str, value: Value) -> Value:
    """Gist keeps moments as seconds; they are shown as GHL's."""
    if name.endswith("_at") and isinstance(value, int | float) and value:
        return utc_text(datetime.fromtimestamp(value, UTC))
    return value


def _unmapped(rules: Rules, contacts: Mapping[str, Contact], fields: Fields) -> Iterable[Verdict]:
    mapped = {side: {row.key(side) for row in rules.rows} for side in SIDES}
    shown_already = {GIST_CUSTOM + one.name for one in carry.PROPERTIES}
    for side, contact in contacts.items():
        for key, value in contact.values.items():
            if is_blank(value) or key in mapped[side] or key in UNTOLD[side] or key in shown_already:
                continue
            yield _lone(side, key, value, fields.get(side, {}).get(key))


def _lone(side: str, key: str, value: Value, known: Field | None) -> Verdict:
    label = known.label if known else _plain(key)
    why = f"Only in {NAMES[side]}, not mapped"
    if side == "gist":
        return Verdict(label, value, None, "gist_only", why, gist_key=key)
    return Verdict(label, None, value, "ghl_only", why, ghl_key=key)
