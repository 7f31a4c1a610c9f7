"""What changed between two states of a mapping, in the labels of the fields."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.drafts import Difference
from integration.mapping.rows import Pair, RowInput, pair_of, with_defaults
from integration.mapping.transforms import TRANSFORMS
from integration.models import Direction, Owner, WriteMode

RULE_OF_LINK = "Link's rule"
Name = Callable[[str, str], str]
"""The label of a field, by its side and key."""


def compare_rows(before: Sequence[RowInput], after: Sequence[RowInput], name: Name) -> list[Difference]:
    """What changed, row by row; rows are the same when both their fields are."""
    old, new = ({pair_of(row): with_defaults(row) for row in rows} for rows in (before, after))
    lines = [Difference(_words_of(pair, name), "added", "ok") for pair in new if pair not in old]
    lines += [Difference(_words_of(pair, name), "removed", "bad") for pair in old if pair not in new]
    for pair in (pair for pair in new if pair in old):
        lines += [Difference(_words_of(pair, name), what, "run") for what in _describe_changes(old[pair], new[pair])]
    # Only rows of both versions can be in another order: an added one moves all below it without changing anything.
    common = [pair for pair in old if pair in new]
    if common != [pair for pair in new if pair in old]:
        lines.append(Difference("All rows", "in another order", "idle"))
    return lines


def suggest_name(lines: Sequence[Difference]) -> str:
    """What a version with these changes could be called."""
    if not lines:
        return ""
    first = f"{lines[0].row}: {lines[0].what}"
    return (first if len(lines) == 1 else f"{first}, and {len(lines) - 1} more")[:80]


def _words_of(pair: Pair, name: Name) -> str:
    gist, ghl = name("gist", pair[0]), name("ghl", pair[1])
    return gist if gist == ghl else f"{gist} and {ghl}"


def _describe_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    changes = []
    if old["direction"] != new["direction"]:
        changes.append(f"direction {Direction(old['direction']).label}, now {Direction(new['direction']).label}")
    if old["owner"] != new["owner"]:
        changes.append(f"owner {_owner_in_words(old)}, now {_owner_in_words(new)}")
    if old["blank_overwrites"] != new["blank_overwrites"]:
        changes.append("a blank overwrites now" if new["blank_overwrites"] else "a blank overwrites no longer")
    if old["write_mode"] != new["write_mode"]:
        changes.append(f"written {_mode_in_words(old)}, now {_mode_in_words(new)}")
    if old["steps"] != new["steps"]:
        changes.append(f"steps {_steps_in_words(old)}, now {_steps_in_words(new)}")
    return changes


def _owner_in_words(row: Mapping[str, Any]) -> str:
    """As the editor has it in its list of owners."""
    return str(dict(Owner.choices).get(row["owner"], row["owner"])) if row["owner"] else RULE_OF_LINK


def _mode_in_words(row: Mapping[str, Any]) -> str:
    return str(dict(WriteMode.choices).get(row["write_mode"], row["write_mode"])).lower()


def _steps_in_words(row: Mapping[str, Any]) -> str:
    return ", ".join(map(_step_in_words, row["steps"])) or "none"


def _step_in_words(step: Mapping[str, Any]) -> str:
    """`Value table (Gist value → GHL value: p = Pro)`: two steps of one kind differ in their options."""
    transform = TRANSFORMS[step["name"]]
    options = [(one, step.get(one.name, one.default)) for one in transform.options]
    described = [f"{one.label}: {_option_in_words(value)}" for one, value in options]
    return f"{transform.title} ({'; '.join(described)})" if described else transform.title


def _option_in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{left} = {right or 'nothing'}" for left, right in value.items()) or "empty"
    return str(value) or "nothing"
