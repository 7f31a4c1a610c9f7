"""Where the values of a column go: a meaning, or one field of one account, as a saved mapping names it."""

from collections.abc import Mapping
from dataclasses import dataclass

from integration.errors import SetupError
from integration.imports.meanings import MEANINGS, Kind, Meaning
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import SIDES, Field, FieldType, Side

AccountFields = Mapping[Side, Mapping[str, Field]]
"""The fields of the accounts, by side and key, built-in ones among them."""
SIDE_NAMES: Mapping[Side, str] = {"gist": "Gist", "ghl": "GHL"}
_RESOLVE = {"gist": resolve_gist, "ghl": resolve_ghl}


@dataclass(frozen=True)
class Target:
    """`key` is how saved mappings name it: a key of MEANINGS, or `gist:<field>` or `ghl:<field>`."""

    key: str
    label: str
    fields: Mapping[Side, Field]
    """The fields that can be written; a link's mapping may carry the value to further ones."""
    type: FieldType = "text"
    kind: Kind = "value"
    repeats: bool = False


def target_of_meaning(meaning: Meaning, accounts: AccountFields) -> Target:
    built_in = {side: accounts[side].get(key) for side, key in meaning.fields.items() if side in accounts}
    fields = {side: field for side, field in built_in.items() if field}
    return Target(meaning.key, meaning.label, fields, meaning.type, meaning.kind, meaning.repeats)


def target_of_field(side: Side, field: Field) -> Target:
    label = f"{field.label} in {SIDE_NAMES[side]}"
    return Target(f"{side}:{field.key}", label, {side: field}, field.type, repeats=field.type == "tags")


def resolve_target(key: str, accounts: AccountFields, where: str) -> Target:
    """What a saved mapping names. Raises SetupError where there is no such field, or it cannot be written."""
    if key in MEANINGS:
        return target_of_meaning(MEANINGS[key], accounts)
    side, colon, name = key.partition(":")
    if not colon or side not in SIDES:
        known = ", ".join(MEANINGS)
        raise SetupError(f"“{key[:80]}” is nothing a column can mean. Known are: {known}; or ghl:… and gist:….", where)
    field = _RESOLVE[side](name, accounts.get(side, {}))
    if not field:
        raise SetupError(f"{SIDE_NAMES[side]} has no field “{name[:80]}”. Choose another one.", where)
    if not field.writable:
        raise SetupError(f"{SIDE_NAMES[side]}'s {field.label} cannot be written. {field.note}".strip(), where)
    return target_of_field(side, field)
