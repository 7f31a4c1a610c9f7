"""What to write on a task, note or appointment: the three-way merge of contacts, for what only GHL keeps."""

from integration.models.choices import Owner
from integration.records import Value, Values, is_blank
from integration.values import same_value


def decide_related(
    wanted: Values, held: Values, wanted_base: Values | None = None, held_base: Values | None = None, owner: str = ""
) -> dict[str, Value]:
    """The values to write so that `held` becomes what is `wanted`; empty when nothing is to be done.

    The bases are what both sides said when they last agreed. A value that Gist did not change since, but GHL did, is
    left as GHL has it; changed on both sides, the `owner` decides, and without one the wish that came now. A blank
    never overwrites.
    """
    changes: dict[str, Value] = {}
    for key, value in wanted.items():
        # Gist asks through tags, properties and webhooks: what one of them leaves out was not emptied by anybody.
        if is_blank(value) or same_value(value, held.get(key)):
            continue
        if _wish_outweighs(key, value, held, wanted_base, held_base, owner):
            changes[key] = value
    return changes


def _wish_outweighs(
    key: str, value: Value, held: Values, wanted_base: Values | None, held_base: Values | None, owner: str
) -> bool:
    """Whether the wish outweighs what GHL holds."""
    if wanted_base is None or key not in wanted_base:
        return True
    if same_value(value, wanted_base[key]):
        return False
    changed_there = held_base is not None and not same_value(held.get(key), held_base.get(key))
    return not (changed_there and owner == Owner.GHL)
