"""The catalogue: every operation of both systems, and a form to try each of them."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst

from dashboard.catalogue import context as catalogue_page
from dashboard.catalogue.filters import CatalogueFilter
from dashboard.grants import describe_problem, visible
from dashboard.inputs import refuse_field
from dashboard.lists import read_whole_list, render_list
from dashboard.live.commands import PROBLEMS
from dashboard.live.threads import begin_command, wait_for_reading
from dashboard.models import Right
from dashboard.permissions import operators_only, owners_only
from dashboard.rights import need_right
from integration import audit
from integration.catalogue import CATALOGUE, CatalogueEntry
from integration.catalogue.try_operation import Tried, try_operation
from integration.errors import SetupError
from integration.models import Link, Workflow
from integration.people.find import find_person
from integration.privacy.masking import Mask
from integration.records import PersonRef
from integration.workflows.actions.pairs import parse_pairs

NOT_CONFIRMED = "Nothing was sent: say first that this may be written to the live account."


def catalogue(request: HttpRequest) -> HttpResponse:
    wanted = CatalogueFilter(request.GET)
    uses = catalogue_page.uses_of(visible(Workflow.objects.only("definition")))
    entries = wanted.matching(uses.keys())
    listed = read_whole_list(catalogue_page.LIST, lambda: catalogue_page.grouped(entries))
    context = {
        **listed, "filter": wanted, "count": str(len(entries)), "all": len(CATALOGUE), "uses": uses,
        "grants": catalogue_page.grants_by_scope(),
    }  # fmt: skip
    return render_list(request, "catalogue/list.html", context)


def export(request: HttpRequest) -> HttpResponse:
    """The same as `manage.py catalogue --json`, as a file."""
    lines = (json.dumps(one.report(), ensure_ascii=False) + "\n" for one in CATALOGUE.values())
    response = HttpResponse("".join(lines), content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="gistline-catalogue.jsonl"'
    return response


def operation(request: HttpRequest, key: str) -> HttpResponse:
    entry = CATALOGUE.get(key)
    if entry is None:
        raise Http404("There is no such operation in the catalogue.")
    if request.method != "POST":
        return _render_operation(request, entry, request.GET.get("link", ""))
    return (_delete if entry.method == "DELETE" else _send)(request, entry)


@operators_only
def _send(request: HttpRequest, entry: CatalogueEntry) -> HttpResponse:
    link = _find_link(request.POST.get("link", ""))
    values: dict[str, Any] = {}
    try:
        values = _read_values(request, entry)
        tried = _try(request, entry, link, values)
    except SetupError as problem:
        return _render_operation(request, entry, link.key, values, problem=capfirst(problem.problem), status=422)
    except PROBLEMS as problem:
        return _render_operation(request, entry, link.key, values, problem=describe_problem(problem))
    return _render_operation(request, entry, link.key, values, tried)


@owners_only
def _delete(request: HttpRequest, entry: CatalogueEntry) -> HttpResponse:
    return _send(request, entry)


def _try(request: HttpRequest, entry: CatalogueEntry, link: Link, values: dict[str, Any]) -> Tried:
    contact, unmasked = request.POST.get("contact", "").strip(), request.POST.get("show") == "1"
    if unmasked:
        need_right(request, Right.SEE_PERSONAL)
        audit.record("operation", entry.key, link=link.key, after={"personal values": "shown"})
    reads = entry.kind == "read"
    if not reads and not link.connection(entry.side).sandbox and request.POST.get("confirm") != "live":
        raise SetupError(NOT_CONFIRMED)

    def work() -> Tried:
        person = find_person(link, contact) if contact else PersonRef("", "")
        return try_operation(entry, link, values, person, request.user, mask=_mask_of(unmasked))

    return wait_for_reading(work) if reads else begin_command(work)


def _mask_of(unmasked: bool) -> Mask | None:
    """None for the usual one, which leaves what says little about a person, such as their city."""
    return (lambda body: body) if unmasked else None


def _read_values(request: HttpRequest, entry: CatalogueEntry) -> dict[str, Any]:
    """What the form holds, as the operation wants it. Raises SetupError."""
    values: dict[str, Any] = {}
    for known in entry.fields:
        given = request.POST.get(f"value-{known.name}", "").strip()
        values[known.name] = given == "true" if known.type == "flag" and given else given
        if known.type == "pairs" and given:
            try:
                values[known.name] = parse_pairs(given)
            except ValueError as problem:
                raise SetupError(f"{known.label}: {problem}.") from None
    return values


def _find_link(key: str) -> Link:
    link = visible(Link.objects.select_related("gist", "ghl").filter(key=key), "pk").first()
    if link is None:
        raise refuse_field("link", "is no link")
    return link


def _render_operation(
    request: HttpRequest, entry: CatalogueEntry, key: str, values: dict[str, Any] | None = None,
    tried: Tried | None = None, *, problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    # The twin comes first: whoever only wants to see what happens must not meet a client's account.
    links = list(visible(Link.objects.select_related("gist", "ghl"), "pk").order_by("-gist__sandbox", "name"))
    link = next((one for one in links if one.key == key), links[0] if links else None)
    context = catalogue_page.try_context(entry, links, link, values or {}, tried)
    context |= {"problem": problem, "contact": request.POST.get("contact", ""), "show": request.POST.get("show") == "1"}
    return render(request, "catalogue/detail.html", context, status=status)
