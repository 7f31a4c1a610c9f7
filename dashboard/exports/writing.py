"""Writing rows to whoever asked, a piece at a time: a table that is safe in a spreadsheet, or one object a line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from integration.imports.rejected import guard_cell

Row = Mapping[str, Any]


def stream_rows(name: str, as_csv: bool, columns: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse:
    """The file `name`, without its ending. Times are ISO 8601 in the current time zone, with their offset."""
    kind, lines = ("text/csv", csv_lines(columns, rows)) if as_csv else ("application/x-ndjson", _json_lines(rows))
    response = StreamingHttpResponse(lines, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{"csv" if as_csv else "jsonl"}"'
    return response


def csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    # Excel takes UTF-8 for something else without its mark in front.
    yield "\ufeff" + _csv_line(columns)
    for row in rows:
        yield _csv_line(_as_cell(row[name]) for name in columns)


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([guard_cell(cell) for cell in cells])
    return line.getvalue()


def _as_cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return _as_text(value)
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=_as_text)


def _json_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, default=_as_text) + "\n"


def _as_text(value: Any) -> str:
    return timezone.localtime(value).isoformat() if isinstance(value, datetime) else str(value)
