"""The first thing a run does: read the fields its mapping names, and freeze the rules it will decide by."""

from collections.abc import Mapping

from integration.errors import SetupError
from integration.mapping.rules import Rules, rules_of
from integration.mapping.versions import as_input, check_rows
from integration.models import LogEntry, MappingVersion, Outcome, Run, RunKind
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.ghl.fields import resolve as resolve_ghl
from integration.providers.gist.fields import resolve as resolve_gist
from integration.records import Field
from integration.samples import keep_fields, kept_fields


def prepare(run: Run, sides: Mapping[str, ContactSide], exchange: Exchange) -> Rules:
    """The run's rules; on its first slice they are frozen from what stands now. Raises SetupError."""
    fields = _fields(run, sides, exchange)
    if run.mapping:
        # Properties that nobody has yet are known by the rows that name them.
        fields[0].update({field.key: field for field in _named(run.mapping, "gist", fields[0]).values()})
    if run.rules:
        return Rules.from_json(run.rules)
    if run.mapping is None:
        raise SetupError("The link has no mapping. Open its mapping and save at least one row.", run.link.key)
    _say_what_cannot_work(run, run.mapping, *fields)
    rules = rules_of(
        run.link, run.mapping, _named(run.mapping, "gist", fields[0]), _named(run.mapping, "ghl", fields[1])
    )
    if not rules.rows:
        raise SetupError("No row of the mapping can be used. Open the mapping: each row says why.", run.link.key)
    run.rules = rules.as_json()
    begins = {RunKind.RETRY: "read_people", RunKind.SINGLE: "read_people", RunKind.LIVE: "apply"}
    run.phase = run.phase or begins.get(RunKind(run.kind), "read_ghl")
    return rules


def _fields(
    run: Run, sides: Mapping[str, ContactSide], exchange: Exchange
) -> tuple[dict[str, Field], dict[str, Field]]:
    """The fields of Gist and GHL. GHL is asked only when the mapping names a custom field: it writes them by id.

    A live run, which must be quick, is content with what was read within the hour.
    """
    ghl = sides["ghl"].fields
    if run.mapping and run.mapping.rows.filter(ghl_field__startswith=GHL_CUSTOM).exists():
        kept = kept_fields(run.link.ghl, 60) if run.kind == RunKind.LIVE else None
        if kept:
            ghl.update(kept)
        else:
            ghl = exchange.carry_out(sides["ghl"].load_fields())
            keep_fields(run.link.ghl, ghl)
    gist = sides["gist"].fields
    gist.update(kept_fields(run.link.gist, 24 * 60) or {})
    return gist, ghl


def _named(mapping: MappingVersion, side: str, fields: Mapping[str, Field]) -> dict[str, Field]:
    resolve = resolve_gist if side == "gist" else resolve_ghl
    named = {key: resolve(key, fields) for key in mapping.rows.values_list(f"{side}_field", flat=True)}
    return {key: field for key, field in named.items() if field}


def _say_what_cannot_work(
    run: Run, mapping: MappingVersion, gist: Mapping[str, Field], ghl: Mapping[str, Field]
) -> None:
    rows = list(mapping.rows.all())
    problems = check_rows([as_input(row) for row in rows], gist, ghl)
    LogEntry.objects.bulk_create(
        LogEntry(
            link=run.link,
            run=run,
            kind="mapping",
            label=f"Mapping row {problem.index + 1}: {rows[problem.index]}",
            outcome=Outcome.SKIPPED,
            reason="mapping_row",
            message=f"Row {problem.index + 1}: {problem.message}",
            applied=False,
        )
        for problem in problems
    )
    if problems:
        sentences = " ".join(f"Row {problem.index + 1}: {problem.message}" for problem in problems)
        run.error_code, run.error = "mapping_row", f"Part of the mapping cannot work. {sentences}"
