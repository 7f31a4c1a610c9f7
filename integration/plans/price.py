"""What applying a plan costs: writes, calls of each side, minutes, and the share of what is left of today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from integration.connections.session import contacts_of
from integration.models import Change, ChangeAction, ChangeState, Provider, Run
from integration.providers.base import ContactSide
from integration.providers.budgets import Rate, forecast_days
from integration.providers.ghl.related import GhlRelated
from integration.records import SIDES, Values
from integration.sync.echo_suppression import NAMES
from integration.sync.planned import ADDED, follows_deletion, is_taken_back_whole, must_look, sides_to_read
from integration.sync.undo import RELATED

# Changes that are read from the database at once.
PAGE = 2_000


@dataclass
class Price:
    """`writes` are changes, `calls` by side all that applying makes, reading again included."""

    writes: int = 0
    calls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIDES, 0))
    minutes: int = 0
    """Whole minutes at the configured rate, at least one where anything is called."""
    share: dict[str, float | None] = field(default_factory=dict)
    """By side, per cent of the calls that are left today; None where the provider said nothing today."""


def price_of(plan: Run) -> Price:
    price = Price()
    sides = {side: contacts_of(connection) for side, connection in plan.link.connections.items()}
    planned = plan.changes.filter(state=ChangeState.PLANNED).order_by("entry", "pk")
    group: list[Change] = []
    for change in planned.iterator(chunk_size=PAGE):
        if group and group[0].entry_id != change.entry_id:
            _add_person(price, plan, sides, group)
            group = []
        group.append(change)
    if group:
        _add_person(price, plan, sides, group)
        price.calls["ghl"] += 1  # The custom fields of the location, by which records are read.
    price.minutes = _minutes(price)
    price.share = _shares(plan, price)
    return price


def _add_person(price: Price, plan: Run, sides: dict[str, ContactSide], changes: Sequence[Change]) -> None:
    price.writes += len(changes)
    if changes[0].kind in RELATED:
        price.calls["ghl"] += _calls_of_related(changes)
        return
    for side in sides_to_read(changes):
        price.calls[side] += any(change.external_id or change.action == ChangeAction.CREATE for change in changes)
    for change in filter(follows_deletion, changes):
        other = Provider(change.side).other.value
        price.calls[other] += _calls_to_look_for(other, change.before or {})
    for side in SIDES:
        own = [change for change in changes if change.side == side]
        price.calls[side] += _calls_of_fields(sides[side], own) + sum(_calls_of_record(plan, one) for one in own)


def _calls_of_fields(side: ContactSide, changes: Iterable[Change]) -> int:
    updates = [change for change in changes if change.action == ChangeAction.UPDATE]
    # The record is read whole before it is written, so that its name need not be asked for.
    before = {**dict.fromkeys(NAMES), **{change.field: change.before for change in updates}}
    return side.update_cost({change.field: change.after for change in updates}, before) if updates else 0


def _calls_of_record(plan: Run, change: Change) -> int:
    """Of a new record, with the look whether somebody stands there; of a deleted one, with all that is read before."""
    if change.action == ChangeAction.DELETE:
        return 2 + (len(ADDED) if is_taken_back_whole(change) else 0)
    if change.action != ChangeAction.CREATE:
        return 0
    keys = ("email", "phone") if change.side == "ghl" else ("email", "user_id")
    looks = sum(bool((change.after or {}).get(key)) for key in keys) if must_look(change.side, plan) else 0
    return 1 + looks


def _calls_to_look_for(side: str, values: Values) -> int:
    """For who has come in the place of a record that is gone (sync/heirs.py). Gist has no look-up by number, GHL one by
    address that may know main addresses only.
    """
    has_email, has_phone = bool(values.get("email")), bool(values.get("phone"))
    return 2 * has_email + has_phone if side == "ghl" else int(has_email)


def _calls_of_related(changes: Sequence[Change]) -> int:
    if changes[0].action == ChangeAction.CREATE:
        return 1
    if changes[0].action == ChangeAction.DELETE:
        return 2
    return 1 + len(GhlRelated.split(changes[0].kind, {one.field: one.after for one in changes}))


def _minutes(price: Price) -> int:
    rates = {"gist": Rate.parse(settings.GIST_RATE), "ghl": Rate.parse(settings.GHL_RATE)}
    seconds = max(price.calls[side] * rate.seconds / rate.calls for side, rate in rates.items())
    return max(1, round(seconds / 60)) if any(price.calls.values()) else 0


def _shares(plan: Run, price: Price) -> dict[str, float | None]:
    accounts = {side: connection.budget_key for side, connection in plan.link.connections.items()}
    left = {side: forecast_days(accounts.values())[account].left_today for side, account in accounts.items()}
    return {side: _share(price.calls[side], left[side]) for side in SIDES}


def _share(calls: int, left: int | None) -> float | None:
    return None if left is None else min(100.0, 100 * calls / max(1, left))
