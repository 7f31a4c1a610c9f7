"""Records what people send: whatever a form or a button changed has a line in the audit trail, whichever view took it.

A view that knows more (before and after) records that itself, and its line takes the place of this one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from dashboard.client_address import client_address
from dashboard.grants import find_links
from integration import audit
from integration.models import Connection, Link, Workflow

# Editors send each click, of which nothing is kept; only these buttons change something.
EDITORS = {"mapping", "workflow", "link_filters"}
# Sent and not kept, recorded by who knows more, or of how a page looks to one person.
NOTHING_CHANGED = {"workflow_test", "account_login", "account_logout", "account_reset_password", "invitation",
                   "overview_look", "account_reauthenticate", "mfa_authenticate", "mfa_reauthenticate",
                   "mfa_login_webauthn", "mfa_reauthenticate_webauthn", "mcp"}  # fmt: skip


class AuditTrail:
    """Middleware, after the one that knows who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return self.get_response(request)
        with audit.acting("", audit.BROWSER, client_address(request)) as acting:
            # What is recorded before the view ends may delete or change the very thing that is named.
            request.audited = _Described()  # type: ignore[attr-defined]
            response = self.get_response(request)
            if response.status_code < 400 and not acting.is_recorded and _has_changed(request):
                described = request.audited  # type: ignore[attr-defined]
                audit.record(described.code, described.subject, link=described.link)
            return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Mapping[str, Any]) -> None:
        if request.method in ("GET", "HEAD") or not getattr(view, "login_required", True):
            return
        audit.current().actor = str(getattr(request.user, "email", ""))
        match = request.resolver_match
        if match is not None and not match.app_names:
            request.audited.describe(request, match.url_name or "", kwargs)  # type: ignore[attr-defined]


class _Described:
    """What a request is about, read before its view runs."""

    code = subject = link = ""

    def describe(self, request: HttpRequest, name: str, given: Mapping[str, Any]) -> None:
        self.code, self.subject = name, _subject_of(name, given)
        keys = find_links(name, given) if given else None
        self.link = ", ".join(Link.objects.filter(pk__in=keys).values_list("key", flat=True)[:3])[:80] if keys else ""


def _subject_of(name: str, given: Mapping[str, Any]) -> str:
    """In words that outlive what they name; of people who are synced nothing, since no line is ever taken out."""
    room = name.split("_")[0]
    if room == "contact":
        return str(given.get("kind", ""))
    if room == "connection" and "key" in given:
        return str(Connection.objects.filter(key=given["key"]).values_list("name", flat=True).first() or "")
    if room == "workflow" and "pk" in given and name not in ("workflow_run_retry", "workflow_run_stop"):
        return str(Workflow.objects.filter(pk=given["pk"]).values_list("name", flat=True).first() or "")
    number = given.get("pk") or given.get("number")
    return f"{room} {number}" if number else ""


def _has_changed(request: HttpRequest) -> bool:
    described: _Described = request.audited  # type: ignore[attr-defined]
    if not described.code or described.code in NOTHING_CHANGED:
        return False
    verb = request.POST.get("do", "")
    if described.code in EDITORS and not verb.startswith("save"):
        return False
    if described.code == "data" and verb != "erase":
        return False
    # Refused in words on the next page, and nothing was done.
    queued = getattr(getattr(request, "_messages", None), "_queued_messages", [])
    return not any(one.level >= messages.ERROR for one in queued)
