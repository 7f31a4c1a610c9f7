"""Every fix by its name: when it is offered, what it would solve, and how it is carried out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integration.causes.words import wording_of
from integration.errors import SetupError
from integration.models import Problem
from integration.problems.fixes import elsewhere, fields, mapping
from integration.problems.fixes.affected import Affected
from integration.problems.fixes.offer import Offer

Test = Callable[[Affected], Offer | None]
Apply = Callable[[Affected, Any], str]


@dataclass(frozen=True)
class Remedy:
    """`test` gives what it would solve, None where it does not fit; `apply` says in a sentence what was done.

    Without `apply` the offer leads to the page where a person does it.
    """

    test: Test
    apply: Apply | None = None


REMEDIES: Mapping[str, Remedy] = {
    "phone_country": Remedy(mapping.test_country, mapping.set_country),
    "phone_step": Remedy(mapping.test_step("phone_e164"), mapping.add_step("phone_e164")),
    "email_step": Remedy(mapping.test_step("email"), mapping.add_step("email")),
    "comma_step": Remedy(mapping.test_step("decimal_comma"), mapping.add_step("decimal_comma")),
    "country_step": Remedy(mapping.test_step("country"), mapping.add_step("country")),
    "leave_out": Remedy(mapping.test_leaving_out, mapping.leave_out),
    "create_field": Remedy(fields.test_creating, fields.create_field),
    "read_fields": Remedy(fields.test_reading, fields.read_fields),
    "full_sync": Remedy(elsewhere.test_full_sync, elsewhere.start_full_sync),
    "pause_workflow": Remedy(elsewhere.test_pausing_workflow, elsewhere.pause_workflow),
    "reconnect": Remedy(elsewhere.to_reconnect),
    "open_mapping": Remedy(elsewhere.to_mapping),
    "open_workflow": Remedy(elsewhere.to_workflow),
    "open_connection": Remedy(elsewhere.to_connection),
    "look_at_people": Remedy(elsewhere.to_people),
}


@dataclass(frozen=True)
class Fix:
    """An offer by the name of its remedy. `is_command`: a button carries it out; else it leads to a page."""

    name: str
    offer: Offer
    is_command: bool
    values: Mapping[int, Any] = field(default_factory=dict)


def _names_of(problem: Problem) -> tuple[str, ...]:
    """Those of its cause, and what may rest whatever the cause is."""
    return (*wording_of(problem).fixes, "pause_workflow")


def fixes_of(affected: Affected) -> list[Fix]:
    """What may cure the problem, the best first; only what would solve something."""
    found = []
    for name in _names_of(affected.problem):
        remedy = REMEDIES[name]
        offer = remedy.test(affected)
        if offer:
            found.append(Fix(name, offer, remedy.apply is not None, offer.values))
    return found


def apply_fix(problem: Problem, name: str, user: Any = None) -> str:
    """Carry out what was offered; says what was done. Raises SetupError where it no longer fits, ProviderError."""
    affected = Affected(problem)
    remedy = REMEDIES.get(name)
    if name not in _names_of(problem) or remedy is None or remedy.apply is None:
        raise SetupError("This problem has no such fix.")
    offer = remedy.test(affected)
    if offer is None:
        raise SetupError("This would solve nothing any more. Look at the problem again.")
    done = remedy.apply(affected, user)
    problem.note_history(f"fixed: {done}", user)
    problem.save(update_fields=["history"])
    return done
