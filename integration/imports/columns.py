"""Which column means what: as a saved mapping says, else by the header, else by the values; each with its evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from integration.errors import SetupError
from integration.imports.meanings import MEANINGS, find_meaning, fold_header
from integration.imports.read import Table
from integration.imports.targets import (
    SIDE_NAMES,
    AccountFields,
    Target,
    resolve_target,
    target_of_field,
    target_of_meaning,
)
from integration.imports.value_kinds import (
    KIND_NAMES,
    ValueKinds,
    count_kinds,
    guess_date_step,
    guess_number_step,
)
from integration.mapping.transforms import Step, read_steps
from integration.records import Side

# GHL first: it has the definitions of its fields, Gist only what was seen of them.
_SIDES: tuple[Side, Side] = ("ghl", "gist")


@dataclass(frozen=True)
class Column:
    """A column of the file. `index` counts from 0; without a target it is not taken."""

    index: int
    header: str
    target: Target | None = None
    steps: tuple[Step, ...] = ()
    """Steps of a mapping row, in which the file stands where Gist does: they run forward."""
    evidence: str = ""
    """Why it is so, in a sentence."""
    warning: str = ""
    """What somebody should look at before they import, in a sentence."""
    is_saved: bool = False
    """Whether a person chose it, so that nothing is guessed of it."""


def choose_columns(
    table: Table, accounts: AccountFields, saved: Mapping[str, Any] | None = None, country: str = ""
) -> tuple[Column, ...]:
    """One for each header of the table, in its order.

    `saved` is header to target key, or to {"field": target key, "steps": […]}; "" leaves the column out. What it names
    is not guessed. `country` is that of phone numbers without a prefix. Raises SetupError for a saved mapping that
    cannot work.
    """
    chosen = _read_saved({} if saved is None else saved, table.headers, accounts)
    columns = [chosen.get(index, Column(index, header)) for index, header in enumerate(table.headers)]
    values = [[cells[index] for cells in table.sample if index < len(cells)] for index in range(len(columns))]
    kinds = [count_kinds(each, country) for each in values]
    columns = [column if column.is_saved else _guess(column, accounts, kinds[column.index]) for column in columns]
    columns = _refuse_doubles(columns, kinds)
    columns = _find_by_values(columns, accounts, kinds)
    return tuple(_add_steps(column, values[column.index]) for column in columns)


def as_saved(columns: Sequence[Column]) -> dict[str, Any]:
    """The columns as a mapping that can be saved, in the form in which `choose_columns` takes it."""
    return {
        column.header: {"field": column.target.key if column.target else "", "steps": list(column.steps)}
        for column in columns
    }


# A saved mapping ----------------------------------------------------------------------------------------


def _read_saved(saved: Any, headers: Sequence[str], accounts: AccountFields) -> dict[int, Column]:
    if not isinstance(saved, Mapping):
        raise SetupError("must be an object: header on the left, what it means on the right.", "columns")
    places = {fold_header(header) or header: index for index, header in enumerate(headers)}
    exact = {header: index for index, header in enumerate(headers)}
    entries: dict[int, Column] = {}
    for header, entry in saved.items():
        where = f"columns[“{str(header)[:80]}”]"
        index = exact.get(header, places.get(fold_header(str(header))))
        if index is None:
            raise SetupError("the file has no such column. Rename it there, or take it out of the mapping.", where)
        entries[index] = _read_entry(index, headers[index], entry, accounts, where)
    _refuse_saved_doubles(entries.values())
    return entries


def _read_entry(index: int, header: str, entry: Any, accounts: AccountFields, where: str) -> Column:
    facts = {"field": entry} if isinstance(entry, str) else entry
    if not isinstance(facts, Mapping) or set(facts) - {"field", "steps"} or not isinstance(facts.get("field"), str):
        raise SetupError("must be a text, or an object of “field” and “steps”.", where)
    if not facts["field"]:
        return Column(index, header, evidence="The mapping leaves it out.", is_saved=True)
    target = resolve_target(facts["field"], accounts, where)
    steps = tuple(read_steps(facts.get("steps"), f"{where}.steps"))
    return Column(index, header, target, steps, evidence="The mapping says so.", is_saved=True)


def _refuse_saved_doubles(columns: Any) -> None:
    first: dict[str, str] = {}
    for column in columns:
        if column.target and not column.target.repeats:
            known = first.setdefault(column.target.key, column.header)
            if known != column.header:
                sentence = f"“{known}” and “{column.header}” both give {column.target.label}. Leave one of them out."
                raise SetupError(sentence, "columns")


# Guesses ------------------------------------------------------------------------------------------------


def _guess(column: Column, accounts: AccountFields, kinds: ValueKinds) -> Column:
    """By the header, unless the values plainly contradict it."""
    target, evidence = _target_of_header(column.header, accounts)
    if not target:
        return replace(column, evidence="Neither its header nor its values say what it means.")
    expected, seen = target.type, kinds.main
    # A date is fine in any field of text, and an e-mail address in a note.
    if seen and seen != expected and (expected in KIND_NAMES or (seen == "email" and target.key in ("name", "phone"))):
        warning = f"The header says {target.label}, but {kinds.words(seen)}."
        return replace(column, evidence=f"{kinds.words(seen)}.", warning=warning)
    if expected in ("email", "phone") and kinds.filled and not kinds.counts[expected]:
        warning = f"The header says {target.label}, but none of {kinds.filled} values can be read as one."
        return replace(column, target=target, evidence=evidence, warning=warning)
    return replace(column, target=target, evidence=evidence)


def _target_of_header(header: str, accounts: AccountFields) -> tuple[Target | None, str]:
    if meaning := find_meaning(header):
        return target_of_meaning(meaning, accounts), f"“{header}” means {meaning.label}."
    wanted = fold_header(header)
    for side in _SIDES:
        for field in accounts.get(side, {}).values():
            names = (field.key, field.key.rpartition(".")[2], field.label, f"{side}:{field.key}")
            if wanted and field.writable and wanted in map(fold_header, names):
                return target_of_field(side, field), f"{SIDE_NAMES[side]} has a field “{field.label}”."
    return None, ""


def _refuse_doubles(columns: list[Column], kinds: list[ValueKinds]) -> list[Column]:
    """Of two that mean the same the saved one stays, else the first that has values."""
    first: dict[str, Column] = {}
    for column in sorted(columns, key=lambda one: (not one.is_saved, not kinds[one.index].filled, one.index)):
        if column.target and not column.target.repeats:
            first.setdefault(column.target.key, column)
    return [_leave_out(one, first[one.target.key]) if _is_double(one, first) else one for one in columns]  # type: ignore[union-attr]


def _is_double(column: Column, first: Mapping[str, Column]) -> bool:
    return bool(column.target) and first.get(column.target.key, column).index != column.index  # type: ignore[union-attr]


def _leave_out(column: Column, first: Column) -> Column:
    label = column.target.label if column.target else ""
    evidence = f"It means {label} too, which “{first.header}” gives already."
    return replace(column, target=None, evidence=evidence)


def _find_by_values(columns: list[Column], accounts: AccountFields, kinds: list[ValueKinds]) -> list[Column]:
    """E-mail addresses and phone numbers are known by their looks, where no other column gives them."""
    given = {column.target.key for column in columns if column.target}
    result = list(columns)
    for column in columns:
        seen = kinds[column.index].main
        if column.target or column.is_saved or seen not in ("email", "phone") or seen in given:
            continue
        given.add(seen)
        evidence = f"{kinds[column.index].words(seen)}."
        result[column.index] = replace(column, target=target_of_meaning(MEANINGS[seen], accounts), evidence=evidence)
    return result


def _add_steps(column: Column, values: Sequence[str]) -> Column:
    """Dates and numbers as they are written in the file, where nobody chose steps."""
    if not column.target or column.steps or column.target.type not in ("date", "moment", "number"):
        return column
    guess = guess_number_step if column.target.type == "number" else guess_date_step
    step, sentence = guess(values)
    if step:
        return replace(column, steps=(step,), evidence=f"{column.evidence} {sentence}".strip())
    return replace(column, warning=column.warning or sentence)
