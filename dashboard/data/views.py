"""Settings → Data: for how long what is kept, erasing a person, and who was erased."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.data.forms import EraseForm, RetentionForm
from dashboard.data.retention import retention_rows
from dashboard.permissions import settings_for_owners
from integration import audit
from integration.errors import SetupError
from integration.models import Erasure
from integration.privacy.erase import allow_again, erase, find_stored
from integration.retention.prune import set_days

# A page waits so long for a run to pause; the command waits longer.
PATIENCE_SECONDS = 5.0


@settings_for_owners
def data(request: HttpRequest) -> HttpResponse:
    """`do`: find shows what is stored of somebody; erase erases it, when the address or id was typed once more.

    Both are sent and not asked for by address: whom somebody looks for has no place in a browser's history or a log.
    """
    form = EraseForm(request.POST or None, auto_id="erase-%s")
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        try:
            if request.POST.get("do") == "erase" and _is_typed(request, form):
                return _erase(request, form)
            person, counts = find_stored(form.cleaned_data["link"], **form.given)
            context |= {"person": person, "counts": counts}
        except SetupError as problem:
            form.add_error("person", problem.problem)
    return render(request, "settings/data.html", _page_context() | context, status=422 if form.errors else 200)


def _is_typed(request: HttpRequest, form: EraseForm) -> bool:
    if request.POST.get("confirm", "").strip() == form.cleaned_data["person"].strip():
        return True
    messages.error(request, "Nothing was erased: what was typed is something else.")
    return False


def _erase(request: HttpRequest, form: EraseForm) -> HttpResponse:
    _, notes = erase(form.cleaned_data["link"], by=request.user, patience=PATIENCE_SECONDS, **form.given)
    # Without the name: messages are kept, and nothing of the person is to be.
    messages.success(request, "The person is erased. No sync, webhook or import brings them back.")
    for note in notes:
        messages.warning(request, note)
    return redirect("data")


def _page_context() -> dict[str, Any]:
    erasures = Erasure.objects.select_related("link", "erased_by").prefetch_related("digests")
    return {"settings_page": "data", "erasures": list(erasures[:50]), **retention_rows(RetentionForm())}


@settings_for_owners
def save_retention(request: HttpRequest) -> HttpResponse:
    form = RetentionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was changed: one of the times is none that can be chosen.")
        return redirect("data")
    lines = set_days(form.cleaned_data)
    if lines:
        audit.record("retention_save", "Data", after={"changed": lines})
    messages.success(request, f"Saved. {'; '.join(lines)}." if lines else "Nothing was changed.")
    return redirect("data")


@settings_for_owners
def allow_person(request: HttpRequest, pk: int) -> HttpResponse:
    allow_again(get_object_or_404(Erasure, pk=pk))
    messages.success(request, "Whoever was erased then may be taken in again by the next sync.")
    return redirect("data")
