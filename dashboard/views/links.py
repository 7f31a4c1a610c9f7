"""Links: two connections with the rules between them."""

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from dashboard.drafts import DEFAULT_ROWS
from dashboard.filters import log_rows, run_rows
from dashboard.forms import LinkForm, NewLinkForm
from dashboard.htmx import told
from dashboard.link_cards import card_of, cards
from dashboard.parity import backlog_words, circle_of
from dashboard.permissions import operators, owners
from integration.errors import ProviderError, SetupError
from integration.mapping.versions import save_version
from integration.models import ACTIVE_RUNS, Connection, Link, MappingVersion, Outcome, RunKind
from integration.sync import runs as domain
from integration.sync.live import backlog

LAST_RUNS, LAST_FAILURES = 5, 10


def links(request: HttpRequest) -> HttpResponse:
    return render(request, "links.html", {"cards": cards(Link.objects.select_related("gist", "ghl"))})


def link(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(_with_version(), key=key)
    form = LinkForm(instance=found)
    if request.method == "POST":
        return _save_settings(request, found)
    return render(request, "link.html", _facts(found, form))


def _with_version() -> QuerySet[Link]:
    """Links with the number of their newest mapping version and how many rows it has."""
    newest = MappingVersion.objects.filter(link=OuterRef("pk")).order_by("-number")
    rows = newest.annotate(row_count=Count("rows")).values("row_count")
    versions = {"version_number": Subquery(newest.values("number")[:1]), "row_count": Subquery(rows[:1])}
    found: QuerySet[Link] = Link.objects.select_related("gist", "ghl").annotate(**versions)
    return found


@operators
def _save_settings(request: HttpRequest, found: Link) -> HttpResponse:
    form = LinkForm(request.POST, instance=found)
    if form.is_valid():
        form.instance.save(update_fields=LinkForm.Meta.fields)
        messages.success(request, "The rules are saved. The next run works by them.")
        return redirect("link", found.key)
    found.refresh_from_db()
    return render(request, "link.html", _facts(found, form), status=422)


def _facts(found: Link, form: LinkForm) -> dict[str, object]:
    failures = log_rows().filter(link=found, outcome=Outcome.FAILED, resolved_at=None)
    waiting = backlog(found)
    return {
        "link": found,
        "circle": circle_of(found),
        "backlog": waiting,
        "backlog_words": backlog_words(waiting),
        "card": card_of(found),
        "form": form,
        "runs": run_rows().filter(link=found)[:LAST_RUNS],
        "failures": failures[:LAST_FAILURES],
    }


@operators
def new(request: HttpRequest) -> HttpResponse:
    sides = set(Connection.objects.values_list("provider", flat=True))
    form = NewLinkForm(request.POST or None)
    if form.is_bound and form.is_valid():
        saved = form.save()
        save_version(saved, DEFAULT_ROWS, user=request.user, note="The usual fields")
        messages.success(
            request, f"“{saved.name}” is made, with the usual fields mapped. Look at the mapping, then sync."
        )
        return redirect("link", saved.key)
    context = {"form": form, "gist": "gist" in sides, "ghl": "ghl" in sides}
    return render(request, "link_new.html", context, status=422 if form.errors else 200)


@require_POST
@operators
def sync(request: HttpRequest, key: str) -> HttpResponse:
    """Start a run: `kind` full or incremental, `dry_run` to write nothing."""
    found = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    kind = RunKind.FULL if request.POST.get("kind") == RunKind.FULL else RunKind.INCREMENTAL
    try:
        run = domain.start(found, kind, dry_run="dry_run" in request.POST, user=request.user)
    except domain.AlreadyRunning as busy:
        messages.info(request, str(busy))
        return redirect("run", busy.run.pk)
    except (SetupError, ProviderError) as problem:
        told(request, problem)
        return redirect("link", key)
    return redirect("run", run.pk)


@require_POST
@owners
def delete(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Link, key=key)
    active = found.runs.filter(status__in=ACTIVE_RUNS).first()
    if active:
        messages.error(request, f"Run {active.pk} of “{found.name}” is still going on. Cancel it first.")
    elif request.POST.get("confirm", "").strip() != found.name:
        messages.error(request, f"Nothing was deleted: the name typed is not “{found.name}”.")
    else:
        found.delete()
        messages.success(request, f"“{found.name}” is deleted. The contacts stay on both sides.")
        return redirect("links")
    return redirect("link", key)
