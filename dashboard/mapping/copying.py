"""Copying rows of one mapping into the drafts of other links, where a person looks at them and publishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.grants import visible
from dashboard.mapping.sides import known_sides
from dashboard.permissions import operators_only
from integration.mapping.drafts import Place, draft_now, is_changed, merge_rows, save_draft
from integration.mapping.rows import RowInput
from integration.models import Link


@dataclass(frozen=True)
class RowToCopy:
    """A row as the page lists it; `number` is its place, from 0."""

    number: int
    gist: str
    ghl: str
    is_chosen: bool


@operators_only
def copy_mapping(request: HttpRequest, key: str) -> HttpResponse:
    link = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    rows = draft_now(link).rows
    if request.method == "POST":
        return _copy(request, link, rows)
    sides, wanted = known_sides(link), request.GET.getlist("row")
    listed = [
        RowToCopy(number, sides.name("gist", row["gist"]), sides.name("ghl", row["ghl"]), _is_wanted(number, wanted))
        for number, row in enumerate(rows)
    ]
    others = _others(link).order_by("name")
    return render(request, "mapping/copy.html", {"link": link, "rows": listed, "others": others})


def _others(link: Link) -> QuerySet[Link]:
    """The links into which whoever asks may copy."""
    return visible(Link.objects.exclude(pk=link.pk), "pk")


def _is_wanted(number: int, wanted: Sequence[str]) -> bool:
    return not wanted or str(number) in wanted


def _copy(request: HttpRequest, link: Link, rows: Sequence[RowInput]) -> HttpResponse:
    chosen = [row for number, row in enumerate(rows) if str(number) in request.POST.getlist("row")]
    others = _others(link).select_related("gist", "ghl").filter(key__in=request.POST.getlist("to"))
    if not chosen or not others:
        messages.error(request, "Nothing was copied: choose at least one row and one link.")
        return redirect("mapping_copy", link.key)
    for other in others:
        _copy_to(request, other, chosen)
    return redirect("mapping", link.key)


def _copy_to(request: HttpRequest, other: Link, rows: Sequence[RowInput]) -> None:
    """Rows of the same two fields are replaced, all others stay. A draft that somebody is at work on is left alone."""
    kept = draft_now(other)
    if is_changed(kept):
        by: Any = kept.changed_by or "somebody"
        sentence = f"{other.name} was left alone: its draft holds changes of {by}. Publish or discard them first."
        messages.warning(request, sentence)
        return
    number = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    save_draft(other, merge_rows([], rows, kept.rows), kept.read, Place(kept.revision, user=request.user))
    messages.success(request, f"{number} copied into the draft of {other.name}. Open its mapping and publish it.")
