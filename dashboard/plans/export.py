"""A plan as a file: every change of it, with whether it is left out, for whoever reads it elsewhere."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404

from dashboard.plans.filters import PlanFilter, plan_rows
from integration.imports.rejected import guard_cell
from integration.models import Change, Run
from integration.plans.digest import digest_of

# As `manage.py changes` names them.
COLUMNS = (
    "change", "side", "label", "gist_id", "ghl_id", "kind", "external_id", "action", "field", "before", "after", "rule",
    "state", "found", "at",
)  # fmt: skip
# Excel takes UTF-8 for something else without it.
MARK = "\ufeff"


def export_plan(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the filters take: one JSON object with the plan's digest, or with `as=csv` a table that runs nothing in a
    spreadsheet.
    """
    plan = get_object_or_404(Run.objects.select_related("link"), pk=pk, dry_run=True)
    wanted = PlanFilter(request.GET)
    people = wanted.apply(plan_rows(plan)).order_by().values("pk")
    rows = plan.changes.filter(wanted.changes, entry__in=people).select_related("entry").order_by("pk").iterator(1_000)
    as_csv = request.GET.get("as") == "csv"
    kind, pieces = ("text/csv", _csv_lines(rows)) if as_csv else ("application/json", _json_pieces(plan, rows))
    response = StreamingHttpResponse(pieces, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="plan-{pk}.{"csv" if as_csv else "json"}"'
    return response


def _json_pieces(plan: Run, rows: Iterable[Change]) -> Iterator[str]:
    head = json.dumps({"plan": plan.pk, "link": plan.link.key, "kind": plan.kind, "digest": digest_of(plan)})
    yield f'{head[:-1]}, "changes": ['
    for number, change in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(change.report(), ensure_ascii=False)
    yield "\n]}\n"


def _csv_lines(rows: Iterable[Change]) -> Iterator[str]:
    yield MARK + _csv_line(COLUMNS)
    for change in rows:
        report = change.report()
        yield _csv_line(_as_cell(report[name]) for name in COLUMNS)


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([guard_cell(cell) for cell in cells])
    return line.getvalue()


def _as_cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
