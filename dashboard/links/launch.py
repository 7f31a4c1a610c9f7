"""From a new link, which only watches, to one that writes: the way there, and the last step of it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from dashboard.htmx import report_problem
from dashboard.permissions import operators_only
from integration.errors import ProviderError, SetupError
from integration.mapping.versions import current_version
from integration.models import Change, ChangeState, Link, Mode, Run, RunKind, RunStatus
from integration.people.matches import open_questions
from integration.runs.start import check_ready, start_run

NO_PLAN = "Nothing was started: make a dry run first, so that you see what the first sync will do."
STALE_PLAN = "Nothing was started: the mapping or the rules changed since the last dry run. Make another one first."


@dataclass(frozen=True)
class Stage:
    """One step of the way. `note` is its standing in a few words."""

    title: str
    note: str
    is_done: bool
    href: str = ""
    is_current: bool = False


@dataclass(frozen=True)
class Forecast:
    """What the last dry run of everybody says the first sync will do; `records` to write, by side."""

    run: Run
    records: dict[str, int]
    is_stale: bool

    @property
    def writes(self) -> int:
        return sum(self.records.values())


def forecast_of(link: Link) -> Forecast | None:
    """None before there was a dry run that read everybody."""
    ended = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
    run = link.runs.filter(dry_run=True, kind=RunKind.FULL, status__in=ended).first()
    if run is None:
        return None
    planned = Change.objects.filter(run=run, state=ChangeState.PLANNED).order_by()
    # A record that is created or updated is one, however many of its fields are written.
    rows = planned.values_list("side").annotate(number=Count("entry", distinct=True))
    return Forecast(run, dict(rows), _is_stale(link, run))


def _is_stale(link: Link, run: Run) -> bool:
    version = current_version(link)
    frozen: dict[str, Any] = run.rules
    changed = any(frozen.get(name) != getattr(link, name) for name in ("direction", "create_on", "deletes", "match"))
    return changed or run.mapping_id != (version.pk if version else None)


def stages_of(link: Link, current: str) -> list[Stage]:
    """The steps of the set-up of a link; `current` is the title of the one that a page is about."""
    signed_in = not any(one.needs_person for one in link.connections.values())
    version, asked = current_version(link), open_questions(link).count()
    rows = version.rows.count() if version else 0
    workflows = link.workflows.filter(enabled=True).count()
    last = link.runs.filter(kind=RunKind.FULL, finished_at__isnull=False).first()
    is_read, is_live = bool(last), link.mode != Mode.WATCH
    match_note = f"{asked:,} to decide" if asked else ("nobody in doubt" if is_read else "not read yet")
    stages = [
        Stage("Connect", "both sides signed in" if signed_in else "a login is broken", signed_in),
        Stage("Match", match_note, is_read and not asked, reverse("match", args=[link.key])),
        Stage("Map", f"{rows} row{'' if rows == 1 else 's'}", bool(rows), reverse("mapping", args=[link.key])),
        Stage("Workflows", f"{workflows} on" if workflows else "none on", bool(workflows), _workflows(link)),
        Stage("Plan", "seen" if is_read else "not made yet", is_read, reverse("link", args=[link.key])),
        Stage("Live", link.get_mode_display().partition(":")[0].lower(), is_live, reverse("link", args=[link.key])),
    ]
    return [Stage(one.title, one.note, one.is_done, one.href, one.title == current) for one in stages]


def _workflows(link: Link) -> str:
    return f"{reverse('workflows')}?link={link.key}"


def launch_context(link: Link) -> dict[str, Any]:
    """What the way to live needs on the link's page, while the link only watches."""
    if link.mode != Mode.WATCH:
        return {}
    stages = stages_of(link, "")
    return {"stages": stages, "forecast": forecast_of(link)}


@operators_only
def go_live(request: HttpRequest, key: str) -> HttpResponse:
    """Let the link write, as `mode` says, and start the first sync; only after a dry run under the rules of now."""
    link = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    mode = Mode.NEW_ONLY if request.POST.get("mode") == Mode.NEW_ONLY else Mode.LIVE
    forecast = forecast_of(link)
    if link.mode != Mode.WATCH:
        messages.info(request, f"“{link.name}” writes already: its mode is {link.get_mode_display()}.")
    elif forecast is None or forecast.is_stale:
        messages.error(request, STALE_PLAN if forecast else NO_PLAN)
    else:
        return _launch(request, link, mode)
    return redirect("link", key)


def _launch(request: HttpRequest, link: Link, mode: Mode) -> HttpResponse:
    try:
        # Asked before the mode is changed: a link that cannot sync stays as it is.
        check_ready(link)
        link.mode = mode
        link.save(update_fields=["mode"])
        run = start_run(link, RunKind.FULL, user=request.user)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return redirect("link", link.key)
    messages.success(request, f"“{link.name}” is live. The first sync is under way.")
    return redirect("run", run.pk)
