"""The views that reports read: `report_runs`, `report_log`, `report_changes` and `report_pairs` (docs/reports.md).

They are made anew after every `manage.py migrate`, and let go of the tables before it: SQLite renames no table that a
view reads, and PostgreSQL changes no type of a column that one reads. So no migration needs to know of them. A change
of a view needs an empty migration beside it, since a start migrates only where one is pending. Columns are added at the
end and never taken out or changed: reports of others stand on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.models.signals import post_migrate, pre_migrate

UPGRADING = "Gistline is being upgraded: ask again when its migrations are through"


@dataclass(frozen=True)
class Column:
    """`type` is PostgreSQL's; `source` an SQL expression, where `{name}` stands for one of `_DIALECTS`."""

    name: str
    type: str
    source: str


@dataclass(frozen=True)
class View:
    """`models` are those whose tables it reads."""

    name: str
    models: tuple[str, ...]
    tables: str
    columns: tuple[Column, ...]


# What the two databases write differently.
_DIALECTS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "gist_calls": "COALESCE(run.api_calls ->> 'gist', '0')",
        "ghl_calls": "COALESCE(run.api_calls ->> 'ghl', '0')",
    },
    "sqlite": {
        "gist_calls": "COALESCE(json_extract(run.api_calls, '$.gist'), 0)",
        "ghl_calls": "COALESCE(json_extract(run.api_calls, '$.ghl'), 0)",
    },
}
_OF_LINK = "JOIN integration_link AS link ON link.id = {0}.link_id"


def _columns(text: str) -> tuple[Column, ...]:
    """From lines of name, type and source."""
    lines = (line.split(maxsplit=2) for line in text.strip().splitlines())
    return tuple(Column(*line) for line in lines)


VIEWS = (
    View(
        "report_runs", ("Run", "Link"), f"integration_run AS run {_OF_LINK.format('run')}", _columns("""
            run          bigint            run.id
            link         text              link.key
            kind         text              run.kind
            status       text              run.status
            dry_run      boolean           run.dry_run
            started_by   text              run."trigger"
            examined     bigint            run.created + run.updated + run.unchanged + run.skipped + run.failed
            created      bigint            run.created
            updated      bigint            run.updated
            unchanged    bigint            run.unchanged
            skipped      bigint            run.skipped
            failed       bigint            run.failed
            gist_calls   bigint            {gist_calls}
            ghl_calls    bigint            {ghl_calls}
            plan         bigint            run.plan_id
            undoes       bigint            run.undoes_id
            error_code   text              run.error_code
            error        text              run.error
            created_at   timestamptz       run.created_at
            started_at   timestamptz       run.started_at
            finished_at  timestamptz       run.finished_at
        """),
    ),
    View(
        "report_log", ("LogEntry", "Link"), f"integration_logentry AS entry {_OF_LINK.format('entry')}", _columns("""
            entry        bigint            entry.id
            run          bigint            entry.run_id
            link         text              link.key
            kind         text              entry.kind
            side         text              entry.side
            gist_id      text              entry.gist_id
            ghl_id       text              entry.ghl_id
            label        text              entry.label
            outcome      text              entry.outcome
            reason       text              entry.reason
            message      text              entry.message
            dry_run      boolean           entry.planned
            attempt      bigint            entry.attempt
            problem      bigint            entry.problem_id
            created_at   timestamptz       entry.created_at
            resolved_at  timestamptz       entry.resolved_at
        """),
    ),
    View(
        "report_changes", ("Change", "LogEntry", "Link"),
        f"integration_change AS change {_OF_LINK.format('change')} "
        "JOIN integration_logentry AS entry ON entry.id = change.entry_id", _columns("""
            change       bigint            change.id
            run          bigint            change.run_id
            entry        bigint            change.entry_id
            link         text              link.key
            kind         text              change.kind
            side         text              change.side
            external_id  text              change.external_id
            gist_id      text              entry.gist_id
            ghl_id       text              entry.ghl_id
            label        text              entry.label
            action       text              change.action
            field        text              change.field
            before       jsonb             change.before
            after        jsonb             change.after
            rule         text              change.rule
            state        text              change.state
            found        jsonb             change.found
            undoes       bigint            change.undoes_id
            decided_at   timestamptz       entry.created_at
            applied_at   timestamptz       change.applied_at
        """),
    ),
    View(
        "report_pairs", ("Pair", "Link"), f"integration_pair AS pair {_OF_LINK.format('pair')}", _columns("""
            pair         bigint            pair.id
            link         text              link.key
            kind         text              pair.kind
            gist_id      text              pair.gist_id
            ghl_id       text              pair.ghl_id
            label        text              pair.label
            state        text              pair.state
            matched_by   text              pair.matched_by
            agrees       boolean           pair.agrees
            created_at   timestamptz       pair.created_at
            synced_at    timestamptz       pair.synced_at
        """),
    ),
)  # fmt: skip


def connect_signals(sender: Any) -> None:
    pre_migrate.connect(_before_migrations, sender=sender, dispatch_uid="report_views")
    post_migrate.connect(after_migrations, sender=sender, dispatch_uid="report_views")


def _before_migrations(using: str, plan: Any = None, **_: Any) -> None:
    if plan:
        release_tables(using)


def after_migrations(using: str, apps: Any = None, plan: Any = None, **_: Any) -> None:
    # Without a plan it was `flush`, which leaves the views alone.
    if plan is not None and _are_of_today(apps):
        make_views(using)


def _are_of_today(state: Any) -> bool:
    """Whether the tables are those that this version knows: `migrate` also goes back, or only so far."""
    from django.apps import apps

    names = {name for view in VIEWS for name in view.models}
    try:
        return all(_columns_of(state, name) == _columns_of(apps, name) for name in names)
    except LookupError:
        return False


def _columns_of(apps: Any, name: str) -> set[str]:
    return {field.column for field in apps.get_model("integration", name)._meta.concrete_fields}


def make_views(using: str = "default") -> None:
    """On PostgreSQL a view that stands keeps who may read it."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for view in VIEWS:
            if connections[using].vendor == "sqlite":
                cursor.execute(f"DROP VIEW IF EXISTS {view.name}")
                cursor.execute(f"CREATE VIEW {view.name} AS {_query_on_sqlite(view)}")
            else:
                cursor.execute(f"CREATE OR REPLACE VIEW {view.name} AS {_query_on_postgresql(view)}")


def release_tables(using: str = "default") -> None:
    """From here on any migration can change the tables. On SQLite the views are gone; on PostgreSQL, where dropping
    them would forget who may read them, whoever asks them meanwhile is told to wait.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        standing = _standing(using, cursor)
        for view in VIEWS:
            if connections[using].vendor == "sqlite":
                cursor.execute(f"DROP VIEW IF EXISTS {view.name}")
            elif view.name in standing:
                cursor.execute(f"CREATE OR REPLACE VIEW {view.name} AS {_refusal(view)}")


def _standing(using: str, cursor: Any) -> set[str]:
    return {one.name for one in connections[using].introspection.get_table_list(cursor) if one.type == "v"}


def _query_on_sqlite(view: View) -> str:
    # Cast nowhere: SQLite has no types of columns, and a date stays the text that Django wrote.
    columns = ", ".join(f"{column.source.format(**_DIALECTS['sqlite'])} AS {column.name}" for column in view.columns)
    return f"SELECT {columns} FROM {view.tables}"  # noqa: S608 -- no text of anybody else


def _query_on_postgresql(view: View) -> str:
    # Cast, so that a column keeps its type when that of its table becomes a longer one.
    sources = ((column, column.source.format(**_DIALECTS["postgresql"])) for column in view.columns)
    columns = ", ".join(f"({source})::{column.type} AS {column.name}" for column, source in sources)
    return f"SELECT {columns} FROM {view.tables}"  # noqa: S608 -- no text of anybody else


def _refusal(view: View) -> str:
    """A view of the same columns that reads no table: an error with the reason, and not the lie of no rows."""
    columns = ", ".join(f"NULL::{column.type} AS {column.name}" for column in view.columns)
    return f"SELECT {columns} WHERE ('{UPGRADING}'::text)::boolean"
