"""A list as a file: everything that its filters find, of what the sender sees."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from dashboard.exports.lists import EXPORTS
from dashboard.exports.recording import record_export
from dashboard.exports.writing import Row, stream_rows
from dashboard.permissions import operators_only

AT_ONCE = 500


@operators_only
def export_list(request: HttpRequest, place: str) -> HttpResponseBase:
    """JSON lines, or with `as=csv` a table; oldest first."""
    exported, as_csv = EXPORTS[place], request.GET.get("as") == "csv"
    wanted = exported.filter(request.GET)
    rows = wanted.apply(exported.rows()).order_by("pk")
    record_export(request, "csv" if as_csv else "json", str(wanted.values.get("link", "")))
    return stream_rows(f"gistline-{place}", as_csv, exported.columns, _read(exported, rows))


def _read(exported: Any, rows: Any) -> Iterator[Row]:
    # By key: a cursor outside of a transaction has PostgreSQL gather everything before it gives the first row.
    after = 0
    while page := list(rows.filter(pk__gt=after)[:AT_ONCE]):
        after = page[-1].pk
        yield from (dict(zip(exported.columns, exported.read(row), strict=True)) for row in page)
