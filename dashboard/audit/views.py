"""Settings → Audit trail: the list, and its export."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from dashboard.audit.filters import AuditFilter, audit_rows
from dashboard.audit.words import describe
from dashboard.lists import EmptyState, ListWords, read_list, render_list
from dashboard.permissions import settings_for_owners
from integration import audit
from integration.imports.rejected import guard_cell
from integration.models import AuditEntry

COLUMNS = ("at", "actor", "what", "subject", "link", "before", "after", "origin", "address", "digest")
LIST = ListWords(
    things="lines",
    search_examples="Who, what, from where, kind:access, origin:command",
    no_match="No line fits these filters.",
    nothing=EmptyState("Nothing yet", "What people and commands change stands here, from the first sign-in on."),
)


@settings_for_owners
def audit_trail(request: HttpRequest) -> HttpResponse:
    wanted = AuditFilter(request.GET)
    context = read_list(LIST, wanted, wanted.apply(audit_rows()), request.GET)
    return render_list(request, "settings/audit.html", {**context, "settings_page": "audit"})


@settings_for_owners
def check_trail(request: HttpRequest) -> HttpResponse:
    """Every line against the one before it."""
    return render(request, "settings/audit_check.html", {"verdict": audit.verify(), "settings_page": "audit"})


@settings_for_owners
def export_trail(request: HttpRequest) -> HttpResponseBase:
    """What the filters take, oldest first: JSON lines, or with `as=csv` a table that runs nothing in a spreadsheet."""
    rows = AuditFilter(request.GET).apply(audit_rows()).order_by("pk").iterator(1_000)
    as_csv = request.GET.get("as") == "csv"
    # An export shows everything to whoever opens the file, so it is itself recorded.
    with audit.acting(str(request.user), audit.BROWSER):
        audit.record("audit_export", "csv" if as_csv else "json")
    kind, lines = ("text/csv", _csv_lines(rows)) if as_csv else ("application/x-ndjson", _json_lines(rows))
    response = StreamingHttpResponse(lines, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-trail.{"csv" if as_csv else "jsonl"}"'
    return response


def _values(entry: AuditEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in COLUMNS} | {"at": entry.at.isoformat()}


def _json_lines(rows: Iterable[AuditEntry]) -> Iterator[str]:
    for entry in rows:
        yield json.dumps({**_values(entry), "words": describe(entry.what)}, ensure_ascii=False) + "\n"


def _csv_lines(rows: Iterable[AuditEntry]) -> Iterator[str]:
    yield _csv_line(COLUMNS)
    for entry in rows:
        yield _csv_line(_as_cell(value) for value in _values(entry).values())


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([guard_cell(cell) for cell in cells])
    return line.getvalue()


def _as_cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
