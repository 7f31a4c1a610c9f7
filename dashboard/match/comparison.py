"""A record beside those it may be: field by field, with what speaks for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from integration.mapping.rules import Rules
from integration.models import Link, Provider, Question, Run, Snapshot
from integration.models.choices import FULL_READS
from integration.people.matches import records_of
from integration.privacy.masked_columns import mask_row
from integration.privacy.masking import is_masking, mask_sentence, mask_text, masking
from integration.sync.likeness import Evidence, Traits, traits_of
from integration.sync.observe import as_contact
from integration.sync.ranking import rank_candidates

# What each kind of cell is compared by: the start of the sentences that say "nearly".
NEAR = {
    "E-mail": ("E-mail differs", "Same e-mail before"),
    "Phone": ("Phones end",),
    "Name": ("Same last name", "Name differs"),
}
MOST_FIELDS = 6
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@dataclass(frozen=True)
class Cell:
    """`kind` is same, near, other, or "" for the record itself and for what cannot be compared."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    own: Cell
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Candidate:
    """`place` is its word (“first”), `key` the digit that chooses it."""

    record: Snapshot
    score: int
    evidence: tuple[Evidence, ...]
    place: str
    key: int


@dataclass(frozen=True)
class Comparison:
    """`gone` says that the record, or every candidate, is known no more."""

    GONE = (
        "The record, or everybody it could be, was linked or deleted since this was asked. "
        "Read again: the question then closes by itself."
    )
    record: Snapshot | None
    candidates: tuple[Candidate, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def gone(self) -> bool:
        return self.record is None or not self.candidates

    @property
    def mergeable(self) -> str:
        """The side of which several records stand here, and could be one; "" else."""
        if len(self.candidates) < 2:
            return ""
        return self.candidates[0].record.side


def rules_last_used(link: Link) -> Rules:
    """Those of the last run that read everyone; before there was one, what stands with the link itself."""
    runs = Run.objects.filter(link=link, kind__in=FULL_READS).exclude(rules={}).order_by("-pk")
    frozen = runs.values_list("rules", flat=True).first()
    return Rules.from_json(frozen) if frozen else Rules(match=tuple(link.match), country=link.phone_country)


def compare_candidates(question: Question) -> Comparison:
    """By what is known now, not when it was asked; three queries. How alike they are is found out by the values."""
    with masking(False):
        found = _compare(question)
    return _masked(found) if is_masking() else found


def _masked(found: Comparison) -> Comparison:
    candidates = tuple(
        replace(one, record=mask_row(one.record), evidence=tuple(_mask_evidence(each) for each in one.evidence))
        for one in found.candidates
    )
    lines = tuple(Line(one.label, _mask_cell(one.own), tuple(map(_mask_cell, one.cells))) for one in found.lines)
    return Comparison(found.record and mask_row(found.record), candidates, lines)


def _mask_evidence(evidence: Evidence) -> Evidence:
    return replace(evidence, text=mask_sentence(evidence.text))


def _mask_cell(cell: Cell) -> Cell:
    return Cell(mask_text(cell.text), cell.kind)


def _compare(question: Question) -> Comparison:
    records = records_of([question])
    record = records.get((question.side, question.external_id))
    # Those asked before sides were kept with them are of the other one.
    other = Provider(question.side).other.value
    known = (records.get((option.get("side") or other, option["id"])) for option in question.options)
    others = [one for one in known if one and (one.pair_id is None or one.side == question.side)]
    if record is None or not others:
        return Comparison(None)
    rules = rules_last_used(question.link)
    ranking = rank_candidates(rules, record, others)
    candidates = tuple(
        Candidate(one, likeness.score, likeness.evidence, ORDINALS[min(place, 7)], place + 1)
        for place, (one, likeness) in enumerate(ranking.candidates)
    )
    return Comparison(record, candidates, tuple(_lines(rules, record, candidates)))


def _lines(rules: Rules, record: Snapshot, candidates: Sequence[Candidate]) -> list[Line]:
    own, theirs = traits_of(record, rules), [traits_of(one.record, rules) for one in candidates]
    labels = list(dict.fromkeys(label for traits in (own, *theirs) for label in traits.fields))[:MOST_FIELDS]
    lines = [
        Line(
            label,
            Cell(_value_of(own, label)),
            tuple(_cell(label, one, traits) for one, traits in zip(candidates, theirs, strict=True)),
        )
        for label in ("E-mail", "Phone", "Name", *labels)
    ]
    tags = Line("Tags", Cell(_tags_of(record)), tuple(Cell(_tags_of(one.record)) for one in candidates))
    return [*lines, tags]


def _value_of(traits: Traits, label: str) -> str:
    known = {"E-mail": ", ".join(traits.addresses), "Phone": traits.phone, "Name": traits.name}
    return known.get(label, traits.fields.get(label, ""))


def _cell(label: str, candidate: Candidate, traits: Traits) -> Cell:
    text = _value_of(traits, label)
    if not text:
        return Cell("")
    evidence = [one.text for one in candidate.evidence]
    if any(one.startswith(NEAR.get(label, ("\0",))) for one in evidence):
        return Cell(text, "near")
    return Cell(text, "same" if f"Same {label.lower()}" in evidence else "other")


def _tags_of(snapshot: Snapshot) -> str:
    tags = as_contact(snapshot).values.get("tags")
    return ", ".join(map(str, tags)) if isinstance(tags, list) else ""
