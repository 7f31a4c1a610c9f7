"""What an API refuses of a record is left out and the rest is written: one bad field keeps nobody out.

The answer names the field as a rule (docs/ghl-api.md#errors). Where it does not, the fields are sent in halves until
the refused ones are known.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from integration.errors import Duplicate, LeftOut, ProviderError, Rejected
from integration.models import Change
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import Value, Values

# Statuses that may be about a value; a refusal of our own, before anything was sent, has none.
OF_VALUES = (0, 400, 409, 422)
# Calls spent at most on finding out which fields of one record are refused when no answer names them.
MOST_CALLS = 12

T = TypeVar("T")
# Field keys, with the refusal of each.
Refusals = dict[str, ProviderError]


def is_about_values(error: ProviderError | None) -> bool:
    """Whether less of the same record may be accepted."""
    if isinstance(error, LeftOut):
        return True
    return isinstance(error, Duplicate) or (isinstance(error, Rejected) and error.status in OF_VALUES)


def write_accepted(
    side: ContactSide, values: Values, send: Callable[[dict[str, Value]], Steps[T]], refusals: Refusals
) -> Steps[None]:
    """Send `values` by `send`, without what is refused of them, which is added to `refusals`.

    `send` is called once in most cases; with fewer fields after each refusal. Raises what is not about values.
    """
    waiting, calls = [dict(values)], 0
    while waiting:
        group = waiting.pop(0)
        calls += 1
        try:
            yield from send(group)
        except (Duplicate, Rejected) as refusal:
            if not is_about_values(refusal):
                raise
            named = side.refused_fields(refusal, group)
            if not named and (len(group) == 1 or calls >= MOST_CALLS):
                named = set(group)
            refusals |= dict.fromkeys(named, refusal)
            rest = {key: value for key, value in group.items() if key not in named}
            waiting = [*_groups_left(rest, halve=not named), *waiting]


def _groups_left(rest: dict[str, Value], *, halve: bool) -> list[dict[str, Value]]:
    if not rest:
        return []
    keys = list(rest)
    middle = len(keys) // 2 if halve else 0
    return [{key: rest[key] for key in half} for half in (keys[:middle], keys[middle:]) if half]


def raise_refusals(refusals: Sequence[Refusals], *, wrote: bool) -> None:
    """Raise one error that stands for all refusals of a record, or of both records of a person; none without any."""
    every = [(key, refusal) for of_side in refusals for key, refusal in of_side.items()]
    if not every:
        return
    first = every[0][1]
    if len(every) == 1 and not wrote:
        raise first
    raise LeftOut(" ".join(map(_left_out_sentence, refusals)).strip(), provider=first.provider, status=first.status)


def _left_out_sentence(refusals: Refusals) -> str:
    """As `phone left out: GHL has a contact with this phone already (abc).`"""
    fields: dict[str, list[str]] = {}
    for key, refusal in refusals.items():
        fields.setdefault(str(refusal), []).append(key)
    return " ".join(f"{' and '.join(keys)} left out: {sentence}" for sentence, keys in fields.items())


def holder_of(contacts: ContactSide, key: str, refusal: ProviderError, changes: Sequence[Change]) -> Steps[str | None]:
    """The id of the record that holds a value that was refused; "" when none does any more, None for another reason."""
    if isinstance(refusal, Duplicate):
        return refusal.existing_id
    if key != "email":
        return None
    # Gist only says that the address is taken, not by whom (docs/gist-api.md#errors).
    wanted = next(change.after for change in changes if change.field == key)
    found = yield from contacts.find(email=str(wanted or ""))
    return found[0].id if found else ""
