"""Settings → Audit trail: the list, and its export."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from dashboard.audit.filters import AuditFilter, audit_rows
from dashboard.audit.words import describe
from dashboard.exports.writing import stream_rows
from dashboard.lists import EmptyState, ListWords, read_list, render_list
from dashboard.permissions import settings_for_owners
from integration import audit
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
    described = ({**_values(entry), "words": describe(entry.what)} for entry in rows)
    return stream_rows("audit-trail", as_csv, COLUMNS, described)


def _values(entry: AuditEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in COLUMNS} | {"at": entry.at.isoformat()}
