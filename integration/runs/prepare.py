"""The first thing a run does: read the fields its mapping names, and freeze the rules it will decide by."""

from collections.abc import Mapping

from django.db.models import prefetch_related_objects
from django.utils import timezone

from integration import log
from integration.causes.group import close_resolved
from integration.connections.fields import keep_fields, kept_fields
from integration.errors import SetupError
from integration.mapping.checks import RowProblem, check_rows
from integration.mapping.drift import FieldDrift, note_fields, stopped_rows
from integration.mapping.filters import Filter
from integration.mapping.rows import as_input
from integration.mapping.rules import Rules, filters_of, freeze_rules
from integration.mapping.versions import freeze_types
from integration.models import LogEntry, MappingVersion, Outcome, Run, RunKind
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.ghl.records import GhlContacts
from integration.providers.gist.fields import resolve_field
from integration.records import Field, PersonRef
from integration.runs.mended import learn_duplicates, take_up_mended

# What a page saw of Gist's properties within a day says what a new mapping's values look like.
FIELDS_SEEN_MINUTES = 24 * 60


def prepare_rules(run: Run, sides: Mapping[str, ContactSide], exchange: Exchange) -> Rules:
    """The run's rules; on its first slice they are frozen from what stands now. Raises SetupError."""
    if run.mapping:
        # Several steps look at the rows: they are read once.
        prefetch_related_objects([run.mapping], "rows")
    ghl = _load_ghl_fields(run, sides, exchange)
    gist = sides["gist"].fields
    if run.mapping:
        # Custom properties are known by the rows that name them, whoever has them.
        named = (resolve_field(row.gist_field, gist) for row in run.mapping.rows.all())
        gist.update({field.key: field for field in named if field})
    # A mapping may be saved while the run goes on; all its slices decide by the same rules all the same.
    if run.rules:
        return Rules.from_json(run.rules)
    if run.mapping is None:
        raise SetupError("The link has no mapping. Open its mapping and save at least one row.", run.link.key)
    learn_duplicates(run, exchange)
    has_custom = any(one.custom_id for one in ghl.values())
    agreed = note_fields(run.link, {"ghl": ghl}) if has_custom else None
    stopped = stopped_rows(run.link, run.mapping, ghl, agreed)
    _log_what_cannot_work(run, run.mapping, gist, ghl, stopped)
    if isinstance(sides["ghl"], GhlContacts):
        sides["ghl"].zone = run.link.zone  # Its days begin there, whether it was known before or learnt just now.
    freeze_types(run.mapping, kept_fields(run.link.gist, FIELDS_SEEN_MINUTES) or {})
    rules = freeze_rules(run.link, run.mapping, gist, ghl, stopped=stopped)
    _check_filters(run, rules, ghl)
    if not rules.rows:
        raise SetupError("No row of the mapping can be used. Open the mapping: each row says why.", run.link.key)
    take_up_mended(run, rules)
    run.rules = rules.as_json()
    begins = {
        RunKind.RETRY: "read_people", RunKind.SINGLE: "read_people", RunKind.LIVE: "apply",
        RunKind.IMPORT: "check_file", RunKind.APPLY: "planned", RunKind.UNDO: "planned",
    }  # fmt: skip
    first = "next_step" if run.target.ladder else begins.get(RunKind(run.kind), "read_ghl")
    run.phase = run.phase or first
    return rules


def _load_ghl_fields(run: Run, sides: Mapping[str, ContactSide], exchange: Exchange) -> dict[str, Field]:
    """GHL is asked only when the mapping names a custom field: it writes them by id.

    A live run, which must be quick, is content with what was read within the hour.
    """
    ghl = sides["ghl"].fields
    named = run.mapping is not None and any(row.ghl_field.startswith(GHL_CUSTOM) for row in run.mapping.rows.all())
    if named or any(key.startswith(GHL_CUSTOM) for one in _filters_of(run) for key in one.keys):
        kept = kept_fields(run.link.ghl, 60) if run.kind == RunKind.LIVE else None
        if kept:
            ghl.update(kept)
        else:
            ghl = exchange.carry_out(sides["ghl"].load_fields())
            keep_fields(run.link.ghl, ghl)
    return ghl


def _filters_of(run: Run) -> tuple[Filter, ...]:
    """Those the run decides by: frozen with its rules, or as the link has them now."""
    return Rules.from_json(run.rules).filters if run.rules else filters_of(run.link, {})


def _check_filters(run: Run, rules: Rules, ghl: Mapping[str, Field]) -> None:
    """Raises SetupError for a field that the location does not have: “is not” and “is blank” would take everybody."""
    for one in rules.filters:
        missing = [key for key in one.keys if key.startswith(GHL_CUSTOM) and key not in ghl]
        if missing:
            raise SetupError(
                f"The filter for GHL looks at “{missing[0]}”, a field that the location does not have. "
                "Open the link and choose another one, or remove the condition.",
                run.link.key,
            )


def _log_what_cannot_work(
    run: Run,
    mapping: MappingVersion,
    gist: Mapping[str, Field],
    ghl: Mapping[str, Field],
    stopped: Mapping[int, FieldDrift],
) -> None:
    rows = list(mapping.rows.all())
    # What is said of the rows now takes the place of what was said before.
    before = LogEntry.objects.filter(link=run.link, kind="mapping", resolved_at=None).update(resolved_at=timezone.now())
    problems = check_rows([as_input(row) for row in rows], gist, ghl)
    named = {problem.index for problem in problems}
    problems += [
        RowProblem(index, "ghl", f"{stopped[row.pk].sentence} The row has stopped until somebody agrees to it.")
        for index, row in enumerate(rows)
        if row.pk in stopped and index not in named
    ]
    log.save_entries(
        [
            log.draft_entry(
                run,
                PersonRef(label=f"Mapping row {problem.index + 1}: {rows[problem.index]}"),
                Outcome.SKIPPED,
                "mapping_row",
                kind="mapping",
                message=f"Row {problem.index + 1}: {problem.message}",
            )
            for problem in problems
        ]
    )
    if before:
        close_resolved(run.link)
    run.error_code, run.error = describe_mapping_problems(run) if problems else ("", "")


def describe_mapping_problems(run: Run) -> tuple[str, str]:
    """Error code and sentence of the rows that this run leaves out, from its log; blank when there are none."""
    sentences = (
        run.entries.filter(kind="mapping", reason="mapping_row").order_by("pk").values_list("message", flat=True)
    )
    found = " ".join(sentences)
    return ("mapping_row", f"Part of the mapping cannot work. {found}") if found else ("", "")
