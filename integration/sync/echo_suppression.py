"""Echo suppression: what Gistline wrote itself comes back, by a webhook or with the next reading, and is no news.

There is no mark on a record that says who wrote it, so an echo is recognised by its values: after a write the base
holds what was sent (`values_after_write`), and whatever is read later is compared with that base, the whole record
first (`holds_nothing_new`), then field by field (`is_news`). So a real edit of the same record is never taken for an
echo. A write whose answer was never recorded is recognised afterwards by interruptions.py; what a workflow wrote does
not trigger it again by workflows/loops.py.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo

from integration.mapping.rules import Rules
from integration.models import Snapshot
from integration.records import Contact, Field, RelatedRecord, Value, Values, fingerprint, is_blank
from integration.values import LISTS, fold_text, same_as_written, same_value, split_members

# Both systems make the full name from its parts, or the parts from it (docs/ghl-api.md#field-semantics,
# docs/gist-api.md#contacts): writing one of these changes the others too.
NAMES = ("name", "firstName", "lastName", "first_name", "last_name")

# The type of a field by its key.
TypeOf = Callable[[str], str]


def holds_nothing_new(snapshot: Snapshot, contact: Contact, rules: Rules) -> bool:
    """Whether a record that was read is as it was when it was last decided, by the same rules: also an echo is."""
    return (
        snapshot.undecided is None
        and snapshot.base is not None
        and snapshot.rules == rules.digest
        and (contact.other_emails is None or list(contact.other_emails) == snapshot.other_emails)
        and snapshot.fingerprint == fingerprint(contact.values, rules.keys(contact.side))
    )


def is_news(base: Values | None, key: str, value: Value, field_type: str, zone: tzinfo = UTC) -> bool:
    """Whether a side holds something else than it did at the last decision; without a base everything is news."""
    return base is None or key not in base or not same_value(base[key], value, field_type, zone)


# After a write -------------------------------------------------------------------------------------------


def values_after_write(
    before: Values, sent: Values, answered: Values, type_of: TypeOf
) -> tuple[dict[str, Value], bool]:
    """The values that count as known, and whether the answer shows something else, so that it is to be read again.

    Known is what was read before the decision, and what was sent, and nothing else. An answer shows the record as it
    stands by then, so it may hold what somebody changed while the call was on its way. Taken for known, such an edit
    would be no news any more and would never reach the other side.

    `before` holds every field that matters, as it was decided by; blank ones too. Fields the answer leaves blank say
    nothing, because answers to writes hold less than a record that is read (docs/ghl-api.md#contacts).
    """
    known = {**before, **sent}
    unexpected = False
    for key in known:
        shown = answered.get(key)
        if is_blank(shown):
            continue
        if not _is_expected(key, shown, known[key], sent, type_of(key)):
            unexpected = True
        elif not isinstance(known[key], list):
            # In the provider's own spelling, so that the next reading finds nothing new.
            known[key] = shown
        else:
            known[key] = list({**split_members(known[key]), **split_members(shown)}.values())
    return known, unexpected


def _is_expected(key: str, shown: Value, expected: Value, sent: Values, field_type: str) -> bool:
    if field_type in LISTS or isinstance(shown, list):
        # Of a list only what is more than expected is somebody's edit: some answers name no more than was sent.
        return not split_members(shown).keys() - split_members(expected).keys()
    if key in sent:
        return same_as_written(shown, expected, field_type)
    return same_value(shown, expected, field_type) or _follows_from_name(key, shown, sent)


def _follows_from_name(key: str, shown: Value, sent: Values) -> bool:
    names = (fold_text(sent[name]) for name in NAMES if not is_blank(sent.get(name)))
    text = fold_text(shown)
    return key in NAMES and any(name in text or text in name for name in names)


def edited_since(made: RelatedRecord, sent: Values) -> dict[str, Value]:
    """What was sent and answered otherwise: somebody changed it before the answer, which is news."""
    types = {key: "moment" if key.endswith("_at") else "text" for key in sent.keys() & made.values.keys()}
    return {
        key: sent[key]
        for key, field_type in types.items()
        if not same_as_written(made.values[key], sent[key], field_type)
    }


def types_of(fields: Mapping[str, Field]) -> TypeOf:
    """The type of each field of a side; text for one that is not known."""
    return lambda key: fields[key].type if key in fields else "text"
