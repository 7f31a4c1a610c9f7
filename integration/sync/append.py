"""Adding to what a field holds: the members of a list, or the entries of a text, that stand there not yet."""

from collections.abc import Sequence

from integration.mapping.command_tags import without_commands
from integration.mapping.rules import CHECKS, Row, Rules
from integration.mapping.transforms import Context
from integration.models.choices import Provider
from integration.records import SIDES, Contact, Side, Value, Values, is_blank
from integration.sync.decision import FieldChange, FieldSkip, plain_base
from integration.sync.echo_suppression import is_news
from integration.values import Unreadable, as_text, member_key

# Between the entries of a text. Not a line break: fields of one line drop it, and it would be added again and again.
SEPARATOR = ";"

Added = Sequence[FieldChange | FieldSkip]


def append_values(
    rules: Rules,
    row: Row,
    gist: Contact,
    ghl: Contact,
    gist_base: Values | None,
    ghl_base: Values | None,
    newest: Side,
) -> Added:
    """What is new on one side is added to what the other holds; nothing is taken away on either.

    `newest` is not needed: no side wins.
    """
    values = {"gist": gist.values.get(row.gist), "ghl": ghl.values.get(row.ghl)}
    bases = {"gist": plain_base(rules, row.gist, gist_base), "ghl": plain_base(rules, row.ghl, ghl_base)}
    added: list[FieldChange | FieldSkip] = []
    for source in SIDES:
        target = Provider(source).other.side
        value = without_commands(values[source], rules.command_tags)
        if is_blank(value) or not row.flows_to(target):
            continue
        if is_news(bases[source], row.key(source), value, row.type, rules.tzinfo):
            added += _append_to(row, target, values[target], value, rules.context(ghl.values))
    return added


def _append_to(row: Row, target: Side, held: Value, value: Value, context: Context) -> Added:
    key = row.key(target)
    try:
        after = append_value(held, row.translate(value, target, context))
        CHECKS[target](key, after)
    except Unreadable as problem:
        # What cannot be added on one side must not keep the other from its share.
        return [FieldSkip(key, problem.reason, str(problem), stays_news=True)]
    if is_blank(after) or after == held:
        return []
    return [FieldSkip(key, "create_only")] if row.create_only(target) else [FieldChange(target, key, held, after)]


def append_value(held: Value, new: Value) -> Value:
    """`held` with all of `new` in it; `held` itself when nothing of it is missing. Entries are compared without
    capitals, so that what one side added is not added again when it comes back.
    """
    if is_blank(held):
        return new
    known = {member_key(entry) for entry in _entries_of(held)}
    missing = {member_key(entry): entry for entry in _entries_of(new) if member_key(entry) not in known}
    if not missing:
        return held
    if isinstance(held, list):
        return [*held, *missing.values()]
    return f"{SEPARATOR} ".join([as_text(held), *missing.values()])


def _entries_of(value: Value) -> list[str]:
    pieces = value if isinstance(value, list) else as_text(value).split(SEPARATOR)
    return [text for piece in pieces if (text := piece.strip())]
