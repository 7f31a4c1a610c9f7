# ruff: noqa: E501, S608 -- statements are made of the lines below, and of nothing that anybody typed.
"""Fills an empty PostgreSQL database with a large installation, by hand: docs/performance.md says how.

    DATABASE_URL=postgres://…/large python -m tests.bench.large --rows 10000000 --links 200 --pairs 1000000

Rows are made where they belong, in the database; the links, mappings and workflows come from a setup file, as anybody's.
`--rows` log entries and as many changes, a third as many webhooks, a sixth as many executions of workflows; `--pairs` of
the first link, and as many again over all others; `--runs` that began over `--days` days, one of each link in turn.
"""

import argparse
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import django

OWNER = ("bench@gistline.example", "a-long-password")


@dataclass(frozen=True)
class Sizes:
    rows: int
    links: int
    pairs: int
    runs: int
    days: int

    @property
    def pairs_of_others(self) -> int:
        """Of each link but the first."""
        return self.pairs // max(1, self.links - 1)


def setup_document(links: int) -> str:
    """A setup file of so many links, every tenth off."""
    numbers = range(1, links + 1)
    rows = [
        {"gist": "email", "ghl": "email"},
        {"gist": "name", "ghl": "name"},
        {"gist": "phone", "ghl": "phone", "transform": "phone_e164"},
        {"gist": "tags", "ghl": "tags"},
    ]
    accounts = [
        {"key": f"gist-{n}", "provider": "gist", "name": f"Clinic {n} Gist", "access_token": f"token-{n}"}
        for n in numbers
    ] + [
        {"key": f"ghl-{n}", "provider": "ghl", "name": f"Clinic {n} GHL", "location_id": f"Location{n:012}",
         "private_token": f"pit-{n}"}
        for n in numbers
    ]  # fmt: skip
    joined = [
        {"key": f"clinic-{n}", "name": f"Clinic {n}", "gist": f"gist-{n}", "ghl": f"ghl-{n}", "enabled": n % 10 > 0,
         "mappings": rows, "workflows": [{"template": "keep_in_step", "enabled": True}]}
        for n in numbers
    ]  # fmt: skip
    return json.dumps({"version": 1, "connections": accounts, "links": joined})


# What one row of a table is made of, as SQL over `i`, the row's number from 0. Times run from the oldest to now.
PERSON = "('g' || link_id || '-' || person)", "('h' || link_id || '-' || person)"
ENTRY_OF = """
    SELECT i, link_id, run_id, (i * 7919) % people AS person, i % 100 AS share,
        now() - (CASE WHEN run_id = 1 THEN {days} ELSE {days} * (1 - i::float / {rows}) END) * interval '1 day' AS at
    FROM (
        SELECT i, CASE WHEN i < {rows} / 20 OR i % 5 = 0 THEN 1 ELSE run % {links} + 1 END AS link_id,
            CASE WHEN i < {rows} / 20 THEN 1 WHEN i % 5 = 0 THEN run - run % {links} + 1 ELSE run + 1 END AS run_id,
            CASE WHEN i < {rows} / 20 OR i % 5 = 0 OR run % {links} = 0 THEN {pairs} ELSE {others} END AS people
        FROM (
            SELECT i, least(i * {runs} / {rows}, {runs} / {links} * {links} - 1) AS run
            FROM generate_series(0::bigint, {rows} - 1) i
        ) one
    ) of_link
"""
FAILED = "share IN (1, 2, 3)"
TABLES: list[tuple[str, Mapping[str, str], str]] = [
    ("Run", {
        "id": "i + 1", "link_id": "i % {links} + 1", "trigger": "'schedule'", "status": "'succeeded'",
        "kind": "CASE WHEN i < {links} THEN 'full' WHEN i % 96 = 0 THEN 'sweep' ELSE 'incremental' END",
        "mapping_id": "i % {links} + 1", "updated": "i % 17", "unchanged": "100", "total": "100 + i % 17",
        "api_calls": """'{{"gist": 2, "ghl": 3}}'""", "created_at": "at", "started_at": "at",
        "finished_at": "at + interval '20 seconds'", "alive_at": "at", "rules": "(SELECT rules FROM rules)",
    }, "SELECT i, now() - {days} * (1 - i::float / {runs}) * interval '1 day' AS at "
       "FROM generate_series(0::bigint, {runs} - 1) i"),
    ("Problem", {
        "id": "i + 1", "link_id": "i % {links} + 1", "side": "'ghl'", "subject": "'field-' || i / {links}",
        "cause": "'ghl.' || (ARRAY['phone_invalid', 'email_invalid', 'too_long', 'api_fault', 'duplicate'])"
                 "[1 + i / {links}]",
        "state": "CASE WHEN i % 3 = 0 THEN 'resolved' ELSE 'open' END",
    }, "SELECT i FROM generate_series(0::bigint, {links} * 5 - 1) i"),
    ("LogEntry", {
        "id": "i + 1", "link_id": "link_id", "run_id": "run_id", "gist_id": PERSON[0], "ghl_id": PERSON[1],
        "pair_id": "person + 1 + CASE WHEN link_id = 1 THEN 0 ELSE {pairs} + (link_id - 2) * {others} END",
        "label": "'Person ' || person || ' of Clinic ' || link_id", "side": "CASE WHEN i % 2 = 0 THEN 'gist' ELSE 'ghl' END",
        "outcome": f"CASE WHEN {FAILED} THEN 'failed' WHEN share < 20 THEN 'created' WHEN share < 85 THEN 'updated' "
                   "ELSE 'skipped' END",
        "reason": f"CASE WHEN {FAILED} THEN 'refused' WHEN share < 20 THEN 'new_contact' WHEN share < 85 THEN 'changed' "
                  "WHEN share < 92 THEN 'same_value' ELSE 'one_way' END",
        "message": f"CASE WHEN {FAILED} THEN 'GHL refuses the phone: not a valid number.' ELSE '' END",
        "calls": f"""CASE WHEN {FAILED} THEN '[{{{{"method": "PUT", "path": "/contacts/abc", "status": 422}}}}]'::jsonb """
                 "ELSE '[]' END",
        "problem_id": f"CASE WHEN {FAILED} THEN link_id + {{links}} * (i / 100 % 5) END",
        "resolved_at": f"CASE WHEN {FAILED} AND i / 100 % 20 > 0 THEN at + interval '1 hour' END",
        "created_at": "at",
    }, ENTRY_OF),
    ("Change", {
        "id": "i + 1", "link_id": "link_id", "run_id": "run_id", "entry_id": "i + 1", "side": "'ghl'",
        "external_id": PERSON[1], "action": "CASE WHEN share < 20 THEN 'create' ELSE 'update' END",
        "field": "CASE WHEN share < 20 THEN '' ELSE 'phone' END",
        "before": "CASE WHEN share < 20 THEN NULL ELSE to_jsonb('+44 20 ' || i) END",
        "after": """CASE WHEN share < 20 THEN jsonb_build_object('email', 'person' || person || '@clinic' || link_id ||
            '.example', 'name', 'Person ' || person, 'phone', '+4420' || i) ELSE to_jsonb('+4420' || i) END""",
        "rule": "'mapping:phone'", "state": f"CASE WHEN {FAILED} THEN 'failed' ELSE 'applied' END", "applied_at": "at",
    }, ENTRY_OF),
    ("Pair", {
        "id": "i + 1", "link_id": "link_id", "gist_id": PERSON[0], "ghl_id": PERSON[1],
        "label": "'Person ' || person || ' of Clinic ' || link_id", "matched_by": "'email'",
        "agrees": "person % 500 > 0", "state": "CASE WHEN person % 1000 = 1 THEN 'held' ELSE 'linked' END",
        "synced_at": "now()",
    }, "PEOPLE"),
    ("Snapshot", {
        "id": "2 * i + side + 1", "link_id": "link_id", "side": "CASE side WHEN 0 THEN 'gist' ELSE 'ghl' END",
        "external_id": f"CASE side WHEN 0 THEN {PERSON[0]} ELSE {PERSON[1]} END", "pair_id": "i + 1",
        "email": "'person' || person || '@clinic' || link_id || '.example'",
        "phone": "'+4420' || lpad(i::text, 8, '0')", "label": "'Person ' || person || ' of Clinic ' || link_id",
        "base": """jsonb_build_object('email', 'person' || person || '@clinic' || link_id || '.example', 'name',
            'Person ' || person || ' of Clinic ' || link_id, 'phone', '+4420' || lpad(i::text, 8, '0'), 'tags',
            jsonb_build_array('newsletter', 'from-gist'))""",
        "fingerprint": "md5(i || '-' || side)", "rules": "'bench'", "reason": "'same_value'",
        "remote_updated_at": "now() - interval '30 days'", "remote_created_at": "now() - interval '60 days'",
        "seen_run": "1", "decided_run": "1",
    }, "SELECT people.*, side FROM (PEOPLE) people, generate_series(0, 1) side"),
    ("InboxEvent", {
        "id": "i + 1", "provider": "CASE WHEN i % 3 = 0 THEN 'gist' ELSE 'ghl' END",
        "topic": "CASE WHEN i % 3 = 0 THEN 'contact_tagged' ELSE 'ContactUpdate' END",
        "connection_id": "CASE WHEN i % 100 <> 7 THEN i % {links} + 1 + CASE WHEN i % 3 = 0 THEN 0 ELSE {links} END END",
        "account": "'Location' || lpad((i % {links} + 1)::text, 12, '0')",
        "dedupe": "CASE WHEN i % 100 <> 7 THEN md5(i::text) END",
        "body": """convert_to('{{"type": "ContactUpdate", "id": "h' || i || '", "email": "person' || i ||
            '@clinic.example", "tags": ["newsletter", "from-gist"]}}', 'UTF8')""",
        "state": "CASE WHEN i % 100 = 7 THEN 'refused' WHEN i % 1000 = 9 THEN 'parked' "
                 "WHEN i > {rows} / 3 - 300 THEN 'waiting' ELSE 'done' END",
        "reason": "CASE WHEN i % 100 = 7 THEN 'signature' ELSE '' END", "received_at": "at",
        "handled_at": "at + interval '1 second'",
    }, "SELECT i, now() - 30 * (1 - i::float / ({rows} / 3)) * interval '1 day' AS at "
       "FROM generate_series(0::bigint, {rows} / 3 - 1) i"),
    ("Execution", {
        "id": "i + 1", "link_id": "link_id", "workflow_id": "link_id", "version_id": "link_id", "cause": "'event:' || i",
        "trigger": "'ghl.task_created'", "gist_id": PERSON[0], "ghl_id": PERSON[1], "label": "'Person ' || person",
        "state": "CASE WHEN i % 200 = 3 THEN 'failed' WHEN i % 10 = 2 THEN 'skipped' ELSE 'done' END",
        "facts": """jsonb_build_object('contact', jsonb_build_object('name', 'Person ' || person))""",
        "due_at": "NULL", "created_at": "at", "finished_at": "at",
    }, "SELECT i, i % {links} + 1 AS link_id, (i / {links}) % {others} AS person, "
       "now() - {days} * (1 - i::float / ({rows} / 6)) * interval '1 day' AS at "
       "FROM generate_series(0::bigint, {rows} / 6 - 1) i"),
    ("Question", {
        "id": "i + 1", "link_id": "i % {links} + 1", "kind": "CASE WHEN i % 3 = 0 THEN 'conflict' ELSE 'match' END",
        "about": "'bench:' || i", "label": "'Person ' || i", "side": "'gist'", "external_id": "'g' || i",
        "options": """CASE WHEN i % 3 = 0 THEN '{{"gist": "a", "ghl": "b"}}'::jsonb ELSE
            '[{{"id": "h1", "label": "Person", "email": "a@b.example", "phone": "", "side": "ghl"}}]' END""",
        "closed_at": "CASE WHEN i % 20 > 0 THEN now() END", "answered_at": "CASE WHEN i % 20 > 0 THEN now() END",
    }, "SELECT i FROM generate_series(0::bigint, {rows} / 200 - 1) i"),
]  # fmt: skip
PEOPLE = """
    SELECT i, CASE WHEN i < {pairs} THEN 1 ELSE 2 + (i - {pairs}) / {others} END AS link_id,
        CASE WHEN i < {pairs} THEN i ELSE (i - {pairs}) % {others} END AS person
    FROM generate_series(0::bigint, {pairs} + ({links} - 1) * {others} - 1) i
"""


def frozen_rules() -> str:
    """As every run of a link keeps them."""
    from integration.connections.fields import known_fields
    from integration.mapping.rules import freeze_rules
    from integration.models import Link

    link = Link.objects.select_related("gist", "ghl").order_by("pk")[0]
    version = link.mapping_versions.get()
    rules = freeze_rules(link, version, known_fields(link.gist), known_fields(link.ghl))
    return json.dumps(rules.as_json(), default=list)


def fill(sizes: Sizes) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("CREATE TEMPORARY TABLE rules AS SELECT %s::jsonb AS rules", [frozen_rules()])
        # Foreign keys hold by how the rows are made; looking each up would take most of the time.
        cursor.execute("SET session_replication_role = replica")
        for name, columns, source in TABLES:
            began = time.monotonic()
            number = _fill_table(cursor, name, columns, source, sizes)
            print(f"{name}: {number:,} rows in {time.monotonic() - began:.0f} s", flush=True)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def _fill_table(cursor: Any, name: str, columns: Mapping[str, str], source: str, sizes: Sizes) -> int:
    """Indexes are made after the rows: that is much faster than row by row."""
    from django.apps import apps

    model = apps.get_model("integration", name)
    table = model._meta.db_table
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid WHERE i.indrelid = %s::regclass AND c.oid IS NULL",
        [table],
    )
    indexes = cursor.fetchall()
    for index, _ in indexes:
        cursor.execute(f"DROP INDEX {index}")
    names, values = zip(*_all_columns(model, columns), strict=True)
    numbers = {"others": sizes.pairs_of_others, **vars(sizes)}
    rows = source.replace("PEOPLE", PEOPLE).format(**numbers)
    selected = ", ".join(value.format(**numbers) for value in values)
    quoted = ", ".join(f'"{name}"' for name in names)
    cursor.execute(f"INSERT INTO {table} ({quoted}) SELECT {selected} FROM ({rows}) made")
    number = cursor.rowcount
    for _, definition in indexes:
        cursor.execute(definition)
    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), %s)", [number])
    return int(number)


def _all_columns(model: Any, columns: Mapping[str, str]) -> Any:
    """Those that are given, and the others with what the model gives a new row."""
    for field in model._meta.concrete_fields:
        if field.column in columns:
            yield field.column, columns[field.column]
        elif field.null:
            yield field.column, "NULL"
        else:
            yield field.column, _as_sql(field)


def _as_sql(field: Any) -> str:
    from django.db.models import DateTimeField, JSONField

    value = field.get_default()
    if isinstance(field, DateTimeField):
        return "now()"
    if isinstance(field, JSONField):
        text = json.dumps(value.__dict__ if hasattr(value, "__dict__") else value)
        return "'" + text.replace("{", "{{").replace("}", "}}") + "'"
    return f"'{value}'" if isinstance(value, str) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in {"rows": 10_000_000, "links": 200, "pairs": 1_000_000, "runs": 600_000, "days": 90}.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    sizes = Sizes(**vars(parser.parse_args()))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    from integration.models import Link
    from integration.setup_file.changes import apply_document

    if connection.vendor != "postgresql":
        raise SystemExit("This fills a PostgreSQL database: name an empty one in DATABASE_URL.")
    call_command("migrate", verbosity=0)
    if Link.objects.exists():
        raise SystemExit("The database is not empty. Name another one in DATABASE_URL.")
    began = time.monotonic()
    apply_document(setup_document(sizes.links), {})
    Link.objects.update(full_run_at=django.utils.timezone.now())
    get_user_model().objects.create_superuser(*OWNER)
    fill(sizes)
    print(f"in all {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
