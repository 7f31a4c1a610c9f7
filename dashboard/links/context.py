"""What the templates of a link need beside the link."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.urls import reverse_lazy

from dashboard.links.backlog import backlog_words, sweep_progress_of
from dashboard.links.cards import build_card
from dashboard.links.filters import FilterDraft, drafts_of
from dashboard.links.forms import LinkForm
from dashboard.links.launch import launch_context
from dashboard.lists import EmptyState, ListWords
from dashboard.log.filters import log_rows
from dashboard.models import Right
from dashboard.rights import writes_to_live
from dashboard.runs.filters import run_rows
from integration.models import Link, MappingVersion, Outcome
from integration.webhooks.backlog import backlog_of

LAST_RUNS, LAST_FAILURES = 5, 10
LIST = ListWords(
    things="links",
    nothing=EmptyState(
        "No links yet",
        "A link joins one Gist and one GHL connection. Connect both first, then create it.",
        reverse_lazy("link_new"),
        "Add a link",
    ),
)


def links_with_version() -> QuerySet[Link]:
    """Links with the number of their newest mapping version and how many rows it has."""
    newest = MappingVersion.objects.filter(link=OuterRef("pk")).order_by("-number")
    rows = newest.annotate(row_count=Count("rows")).values("row_count")
    versions = {"version_number": Subquery(newest.values("number")[:1]), "row_count": Subquery(rows[:1])}
    found: QuerySet[Link] = Link.objects.select_related("gist", "ghl").annotate(**versions)
    return found


def link_context(found: Link, form: LinkForm, user: Any, filters: list[FilterDraft] | None = None) -> dict[str, object]:
    failures = log_rows().filter(link=found, outcome=Outcome.FAILED, resolved_at=None)
    waiting = backlog_of(found)
    card = build_card(found)
    return {
        "link": found,
        "sweep": sweep_progress_of(found),
        "backlog": waiting,
        "backlog_words": backlog_words(waiting),
        "card": card,
        "filters": filters or drafts_of(found),
        "left_out": card.parity.filtered,
        "form": form,
        "may_sync": user.holds(Right.RUN_LIVE) or not writes_to_live(found),
        "runs": run_rows().filter(link=found)[:LAST_RUNS],
        "failures": failures[:LAST_FAILURES],
        **launch_context(found),
    }
