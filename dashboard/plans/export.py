"""A plan as a file: every change of it, with whether it is left out, for whoever reads it elsewhere."""

import json
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404

from dashboard.exports.recording import record_export
from dashboard.exports.writing import csv_lines
from dashboard.plans.filters import PlanFilter, plan_rows
from integration.models import Change, Run
from integration.plans.digest import digest_of

# As `manage.py changes` names them.
COLUMNS = (
    "change", "side", "label", "gist_id", "ghl_id", "kind", "external_id", "action", "field", "before", "after", "rule",
    "state", "found", "at",
)  # fmt: skip


def export_plan(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the filters take: one JSON object with the plan's digest, or with `as=csv` a table that runs nothing in a
    spreadsheet.
    """
    plan = get_object_or_404(Run.objects.select_related("link"), pk=pk, dry_run=True)
    wanted = PlanFilter(request.GET)
    people = wanted.apply(plan_rows(plan)).order_by().values("pk")
    rows = plan.changes.filter(wanted.changes, entry__in=people).select_related("entry").order_by("pk").iterator(1_000)
    as_csv = request.GET.get("as") == "csv"
    record_export(request, f"plan {pk}", plan.link.key)
    kind, pieces = (
        ("text/csv", csv_lines(COLUMNS, (one.report() for one in rows)))
        if as_csv
        else ("application/json", _json_pieces(plan, rows))
    )
    response = StreamingHttpResponse(pieces, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="plan-{pk}.{"csv" if as_csv else "json"}"'
    return response


def _json_pieces(plan: Run, rows: Iterable[Change]) -> Iterator[str]:
    head = json.dumps({"plan": plan.pk, "link": plan.link.key, "kind": plan.kind, "digest": digest_of(plan)})
    yield f'{head[:-1]}, "changes": ['
    for number, change in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(change.report(), ensure_ascii=False)
    yield "\n]}\n"
