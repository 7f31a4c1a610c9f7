"""The page “Check my fields”, and its marks beside the rows of the editor."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from dashboard.htmx import report_problem
from dashboard.mapping.editor import RowView
from dashboard.permissions import operators_only
from integration.errors import ProviderError, SetupError
from integration.models import FieldCheck, Link, Mode, Provider
from integration.models.fields import UndecryptableValue
from integration.people.field_check import CHANGED, KEPT, REFUSED, UNTESTED, calls_for, check_fields, trials_now
from integration.records import SIDES

WORDS = {
    KEPT: ("ok", "Kept"),
    CHANGED: ("wait", "Changed"),
    REFUSED: ("bad", "Refused"),
    UNTESTED: ("idle", "Not tried"),
}
# A check takes seconds; after so long one without an end was cut off.
CUT_OFF_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class Mark:
    """What came of one field: `tone` and `word` of its badge, and the sentence."""

    side: str
    label: str
    tone: str
    word: str
    sentence: str
    at: datetime | None


@operators_only
def run_check(request: HttpRequest, key: str) -> HttpResponse:
    """Needs a tick, and for a contact of somebody's own its address."""
    link = _link(key)
    try:
        check = check_fields(link, request.user, _read_address(request))
    except (SetupError, ProviderError, UndecryptableValue) as problem:
        report_problem(request, problem)
        return redirect("mapping_fields", key)
    kept = sum(one["state"] == KEPT for one in check.results)
    tried = sum(one["state"] != UNTESTED for one in check.results)
    messages.success(request, f"{tried} fields were tried, {kept} came back as they were written.")
    return redirect("mapping_fields", key)


def _read_address(request: HttpRequest) -> str:
    """ "" where Gistline makes the contact. Raises SetupError."""
    if request.POST.get("agreed") != "on":
        raise SetupError("Nothing was written: tick that test values may be written to a test contact.")
    if request.POST.get("contact") != "named":
        return ""
    email = request.POST.get("email", "").strip()
    try:
        validate_email(email)
    except ValidationError:
        raise SetupError("Nothing was written: type the e-mail address of your test contact.") from None
    return email


def show_fields(request: HttpRequest, key: str) -> HttpResponse:
    return render(request, "mapping/fields.html", fields_context(_link(key)))


def _link(key: str) -> Link:
    return get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)


def fields_context(link: Link) -> dict[str, Any]:
    trials = trials_now(link)
    check = FieldCheck.objects.filter(link=link).select_related("started_by").first()
    calls = calls_for(trials)
    return {
        "link": link,
        "trials": [one for one in trials if not one.why_not],
        "untried": [one for one in trials if one.why_not],
        "price": " and ".join(f"{calls[side]} {Provider(side).label} calls" for side in SIDES if side in calls),
        "check": check,
        "is_cut_off": check is not None and _is_cut_off(check),
        "marks": [_mark_of(one, check) for one in check.results] if check else [],
        "only_watches": link.mode == Mode.WATCH,
    }


def _is_cut_off(check: FieldCheck) -> bool:
    return check.finished_at is None and check.started_at < timezone.now() - CUT_OFF_AFTER


def _mark_of(result: Mapping[str, str], check: FieldCheck) -> Mark:
    tone, word = WORDS[result["state"]]
    return Mark(result["side"], result["label"], tone, word, result["sentence"], check.finished_at)


def marks_by_row(link: Link, rows: Iterable[RowView]) -> dict[int, list[Mark]]:
    """By `rid` what the newest check said of the row's fields; nothing of a field that was retyped since."""
    check = FieldCheck.objects.filter(link=link).first()
    known = {(one["side"], one["key"], one["type"]): one for one in check.results} if check else {}
    marks: dict[int, list[Mark]] = {}
    for row in rows if known else ():
        for side, field in (("gist", row.gist), ("ghl", row.ghl)):
            result = known.get((side, field.key, field.data_type or field.type)) if field else None
            if result and check and result["state"] != UNTESTED:
                marks.setdefault(row.draft.rid, []).append(_mark_of(result, check))
    return marks
