"""What was decided about one person: the changes to write, and why fields were left alone."""

from dataclasses import dataclass, field

from integration.mapping.command_tags import without_commands
from integration.mapping.rules import Rules
from integration.records import EMAIL_CONSENT, Side, Value, Values
from integration.sync.consent import LIFTED_THERE


@dataclass(frozen=True)
class FieldChange:
    """One field to write on one side."""

    side: Side
    field: str
    before: Value
    after: Value

    def as_json(self) -> dict[str, Value]:
        return {"side": self.side, "field": self.field, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class FieldSkip:
    """A field that was left alone although it differs.

    A `held` one waits for a person: every run decides it again. One whose value did not fit `stays_news`: it is decided
    again with whatever happens next to the person, so that it goes over as soon as it fits.
    """

    field: str
    reason: str
    message: str = ""
    held: bool = False
    stays_news: bool = False
    value: Value = None
    """What did not fit, as it stands where it comes from."""


@dataclass(frozen=True)
class Decision:
    """`create` names the side a new record is to be made on. No changes and no create: nothing to write.

    `message` says what the reason alone does not.
    """

    reason: str
    changes: tuple[FieldChange, ...] = ()
    create: Side | None = None
    delete: Side | None = None
    skips: tuple[FieldSkip, ...] = field(default_factory=tuple)
    message: str = ""

    @property
    def writes(self) -> bool:
        return bool(self.changes or self.create or self.delete)

    @property
    def held_rows(self) -> frozenset[str]:
        return frozenset(skip.field for skip in self.skips if skip.held)

    @property
    def left_out(self) -> frozenset[str]:
        """Fields whose values did not fit and are still news."""
        return frozenset(skip.field for skip in self.skips if skip.stays_news)

    def lifted_on(self, side: str) -> bool:
        """Whether somebody lifted an opt-out on this side that still stands on the other."""
        keys = [key for name, key in EMAIL_CONSENT.items() if name == side]
        return any(skip.field in keys and skip.reason == LIFTED_THERE for skip in self.skips)

    def values(self, side: str) -> dict[str, Value]:
        return {change.field: change.after for change in self.changes if change.side == side}


def plain_base(rules: Rules, key: str, base: Values | None) -> Values | None:
    """The base without the commands that `key` held."""
    return {**base, key: without_commands(base[key], rules.command_tags)} if base and key in base else base
