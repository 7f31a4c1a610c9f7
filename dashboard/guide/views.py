"""The guide: from nothing to live, with this installation's own addresses ready to copy."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.guide.chapters import CHAPTERS, Chapter, first_open
from dashboard.guide.facts import GuideFacts
from dashboard.guide.forms import GhlAppForm
from dashboard.guide.topics import topic_context
from dashboard.links.launch import stages_of
from dashboard.oauth.sign_in import REDIRECT_URI
from dashboard.permissions import settings_for_owners
from integration.errors import SetupError
from integration.oauth.own_app import (
    NAMES,
    forget_own_app,
    logins_of_app,
    missing_in_environment,
    own_client_id,
    save_own_app,
)


def guide(request: HttpRequest) -> HttpResponse:
    """On to where the reader stands."""
    return redirect("guide_chapter", first_open(GuideFacts()).key)


def guide_chapter(request: HttpRequest, chapter: str) -> HttpResponse:
    if chapter not in CHAPTERS:
        raise Http404("The guide has no such chapter.")
    return _render_chapter(request, CHAPTERS[chapter])


@settings_for_owners
def save_app(request: HttpRequest) -> HttpResponse:
    """Client id and secret of the GHL app, for every process from its next sign-in on."""
    form = GhlAppForm(request.POST)
    if form.is_valid():
        before = own_client_id()
        try:
            save_own_app(form.cleaned_data["client_id"], form.cleaned_data["client_secret"])
        except SetupError as problem:
            form.add_error(None, problem.problem)
        else:
            _announce(request, is_other=before not in ("", form.cleaned_data["client_id"]))
            return redirect("guide_chapter", "app")
    return _render_chapter(request, CHAPTERS["app"], form, status=422)


@settings_for_owners
def forget_app(request: HttpRequest) -> HttpResponse:
    try:
        forget_own_app()
    except SetupError as problem:
        messages.error(request, problem.problem)
    else:
        messages.success(request, "Client id and secret are forgotten. Logins that stand work until they are renewed.")
    return redirect("guide_chapter", "app")


def _announce(request: HttpRequest, is_other: bool) -> None:
    messages.success(request, "Client id and secret are stored. Whether GHL takes them shows with the first sign-in.")
    if is_other and (logins := logins_of_app()):
        what = "1 connection" if logins == 1 else f"{logins} connections"
        messages.warning(
            request, f"{what} signed in through another app, whose logins this one cannot renew: reconnect them."
        )


def _render_chapter(
    request: HttpRequest, chapter: Chapter, form: GhlAppForm | None = None, status: int = 200
) -> HttpResponse:
    facts = GuideFacts()
    context = {
        "chapter": chapter,
        "facts": facts,
        "chapters": [(one, one.is_done(facts)) for one in CHAPTERS.values()],
        **_context_of(request, chapter, facts),
        **({"form": form or GhlAppForm()} if chapter.key == "app" else {}),
    }
    return render(request, chapter.template, context, status=status)


def _context_of(request: HttpRequest, chapter: Chapter, facts: GuideFacts) -> dict[str, Any]:
    """What this chapter shows beside the facts."""
    if chapter.key == "app":
        return {
            "redirect_uri": REDIRECT_URI,
            "webhook_address": f"{settings.PUBLIC_URL}/webhooks/ghl/",
            "client_id": own_client_id(),
            "in_environment": [name for name in NAMES if getattr(settings, name)],
            "missing_in_environment": missing_in_environment(),
        }
    if chapter.key == "webhooks":
        return topic_context(facts, request.GET.get("connection", ""), request.user)
    if chapter.key == "sandbox":
        return {"demo": settings.DEMO}
    if chapter.key == "live":
        return {"ways": [(link, stages_of(link, "")) for link in facts.real_links[:20]]}
    return {}
