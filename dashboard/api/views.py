"""What the API does: its OpenAPI document for programs, and a page for people. Both need a key or a session."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.api.errors import answer_refused
from dashboard.api.service import api, describe
from dashboard.keys.access import Refused, admit


@login_not_required
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, made from the code that answers."""
    try:
        _admit_or_signed_in(request)
    except Refused as problem:
        return answer_refused(problem)
    return api.create_response(request, describe(), status=200)


@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    try:
        _admit_or_signed_in(request)
    except Refused as problem:
        if problem.code == "no_key":
            return redirect_to_login(request.get_full_path())
        return answer_refused(problem)
    document = describe()
    context = {
        "operations": _operations_of(document),
        "about": document["info"]["description"],
        "layout": _layout_for(request),
        "settings_page": "keys",
    }
    return render(request, "api/docs.html", context)


def _layout_for(request: HttpRequest) -> str:
    """The settings are for owners; their list of pages is shown to nobody else."""
    if getattr(request.user, "may_delete", False):
        return "settings/base.html"
    return "base.html" if request.user.is_authenticated else "bare.html"


def _admit_or_signed_in(request: HttpRequest) -> None:
    # A wrong key is refused also beside a session: whoever sends one wants to know.
    if "Authorization" in request.headers or not request.user.is_authenticated:
        admit(request)


def _operations_of(document: Any) -> list[dict[str, Any]]:
    return [
        {"method": method.upper(), "path": path, **{name: one.get(name, "") for name in ("summary", "description")},
         "parameters": one.get("parameters", []), "tag": one["tags"][0]}
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    ]  # fmt: skip
