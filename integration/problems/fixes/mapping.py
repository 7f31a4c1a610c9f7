"""Fixes of a mapping row: the country of numbers, a transform step, a row that rests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from integration.causes.words import name_of_field
from integration.errors import SetupError
from integration.mapping.rows import as_input
from integration.mapping.rules import Row, Rules
from integration.mapping.transforms import TRANSFORMS, read_steps
from integration.mapping.versions import save_version
from integration.models import Pause
from integration.phone import to_e164
from integration.problems.fixes.affected import Affected
from integration.problems.fixes.offer import Offer, makes_valid
from integration.problems.pause import pause, pauses_of
from integration.providers.ghl.countries import country_codes, name_of_country
from integration.records import Value
from integration.values import Unreadable, as_text

STEP_TITLES = {
    "phone_e164": "To international form",
    "email": "E-mail address",
    "decimal_comma": "Decimal comma",
    "country": "Country code",
}

# The largest ones first: some plans of numbers fit several countries.
LIKELY = ("US", "GB", "DE", "FR", "IN", "BR", "MX", "ES", "IT", "CA", "AU", "NL", "PL", "ZA")


# The country of numbers ------------------------------------------------------------------------------------


def test_country(affected: Affected) -> Offer | None:
    """The country in which most of these numbers are somebody's, unless the link reads them by it already."""
    country, valid = _best_country(affected)
    if not valid or country == affected.problem.link.phone_country:
        return None
    name = name_of_country(country) or country
    return Offer(
        f"Read numbers without a prefix as numbers of {name}",
        f"{makes_valid(len(valid), affected.count)} Sets the country of the link.",
        f"Set {name}",
        len(valid),
        affected.count,
        valid,
    )


def _best_country(affected: Affected) -> tuple[str, dict[int, str]]:
    """The country, and what the numbers are in it. A number with a prefix is the same in any country."""
    texts = {pk: as_text(value) for pk, value in affected.values.items()}
    numbers = {pk: text for pk, text in texts.items() if not text.lstrip().startswith("+")}
    best: tuple[str, dict[int, str]] = ("", {})
    # Where the numbers fit several countries, the first one counts.
    for country in dict.fromkeys([*LIKELY, *country_codes()]) if numbers else ():
        valid = {pk: found for pk, number in numbers.items() if (found := to_e164(number, country))}
        if len(valid) > len(best[1]):
            best = (country, valid)
    return best


def set_country(affected: Affected, user: Any) -> str:
    country, _ = _best_country(affected)
    link = affected.problem.link
    link.default_country = country
    link.save(update_fields=["default_country"])
    return f"Numbers without a prefix are read as numbers of {name_of_country(country) or country}."


# A step of the row -----------------------------------------------------------------------------------------


def test_step(name: str) -> Callable[[Affected], Offer | None]:
    """Whether values that do not fit now would do so with this step in the row."""

    def test(affected: Affected) -> Offer | None:
        row = affected.row
        if row is None or any(step["name"] == name for step in row.steps):
            return None
        stepped = replace(row, steps=(*row.steps, *read_steps(name, "step")))
        better = {}
        for pk, value in affected.values.items():
            now, then = _try(row, value, affected), _try(stepped, value, affected)
            if then is not None and then != now and _is_valid(name, then):
                better[pk] = then
        if not better:
            return None
        title = STEP_TITLES.get(name, TRANSFORMS[name].title)
        return Offer(
            f"Add the step “{title}” to the mapping of {name_of_field(affected.problem.subject)}",
            f"{makes_valid(len(better), affected.count)} Publishes a new version of the mapping.",
            "Add the step",
            len(better),
            affected.count,
            better,
        )

    return test


def still_unfit(affected: Affected) -> set[int]:
    """Entries whose value does not fit as the rules stand now, by their key: trying them again changes nothing."""
    row = affected.row
    return {pk for pk, value in affected.values.items() if _try(row, value, affected) is None} if row else set()


def _try(row: Row, value: Value, affected: Affected) -> Value:
    """The value as the row would send it; None where it does not fit."""
    rules: Rules = affected.rules
    try:
        return row.translate(value, affected.problem.side or "ghl", rules.context(None))
    except Unreadable:
        return None


def _is_valid(name: str, value: Value) -> bool:
    return name != "phone_e164" or bool(to_e164(as_text(value), ""))


def add_step(name: str) -> Callable[[Affected, Any], str]:
    def apply(affected: Affected, user: Any) -> str:
        chosen, version = affected.mapping_row, affected.version
        if chosen is None or version is None:
            raise SetupError("The mapping has no row for this field any more.")
        rows = []
        for row in version.rows.all():
            facts = as_input(row)
            if row.pk == chosen.pk:
                facts["steps"] = [*facts.get("steps", []), *read_steps(name, "step")]
            rows.append(facts)
        title = STEP_TITLES.get(name, TRANSFORMS[name].title)
        save_version(affected.problem.link, rows, user, name=f"Step “{title}” added", read=version.number)
        return f"The step “{title}” was added to {name_of_field(affected.problem.subject)}."

    return apply


# A row that rests ------------------------------------------------------------------------------------------


def test_leaving_out(affected: Affected) -> Offer | None:
    row = affected.mapping_row
    if row is None or row.key in pauses_of(affected.problem.link, Pause.What.MAPPING):
        return None
    field = name_of_field(affected.problem.subject)
    everyone = f"All {affected.count:,} would be written" if affected.count != 1 else "It would be written"
    return Offer(
        f"Leave the {field} out and write the rest of each person",
        f"{everyone}, without the {field}. The mapping row rests until you switch it on again.",
        "Leave it out",
        affected.count,
        affected.count,
    )


def leave_out(affected: Affected, user: Any) -> str:
    row = affected.mapping_row
    if row is None:
        raise SetupError("The mapping has no row for this field any more.")
    pause(affected.problem.link, Pause.What.MAPPING, row.key, user, "left out to repair a problem")
    return f"The mapping row of {name_of_field(affected.problem.subject)} rests."
