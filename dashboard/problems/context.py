"""What the lists of problems need: their words, the counts on their tabs, and why each person waits."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse_lazy

from dashboard.filters import Filter
from dashboard.grants import visible
from dashboard.lists import EmptyState, ListWords, read_list
from dashboard.paging import count_rows
from dashboard.problems.filters import refused_rows, waiting_events, waiting_people
from integration.models import FAILING, LogEntry, Outcome, Problem, Snapshot

QUESTIONS = ListWords(
    things="questions",
    search_examples="Name, field, id, kind:conflict, link:alder",
    no_match="No open question fits these filters.",
    nothing=EmptyState(
        "No question is open",
        "Conflicts of fields whose rule is to ask you, and people who match more than one contact, come here.",
        reverse_lazy("links"),
        "Open the links",
    ),
)
REJECTED_EVENTS = ListWords(
    things="webhooks",
    search_examples="Topic, location, reason:bad_signature, provider:ghl",
    no_match="No refused webhook fits these filters.",
    nothing=EmptyState(
        "Nobody was turned away",
        "Webhooks with a wrong signature, an unknown address, an unreadable body or a location that is not connected "
        "here would stand here. Each connection’s page says where webhooks are to be sent.",
        reverse_lazy("connections"),
        "Open the connections",
    ),
)
WAITING_PEOPLE = ListWords(
    things="people",
    search_examples="Name, e-mail address, id, state:parked, link:alder",
    no_match="Nobody who waits fits these filters.",
    nothing=EmptyState(
        "Nobody waits",
        "A person whose write fails for now is tried up to 8 times within 24 hours and set aside after that. They "
        "stand here with the next time.",
        reverse_lazy("log"),
        "Open the log",
    ),
)
WAITING_EVENTS = ListWords(
    things="events",
    search_examples="Topic, location, state:parked, provider:ghl",
    no_match="No waiting event fits these filters.",
    nothing=EmptyState(
        "No event waits",
        "Webhooks are stored before they are answered and usually worked off within a second. What cannot be worked "
        "off yet stands here.",
        reverse_lazy("connections"),
        "Open the connections",
    ),
)


def problem_list(tab: str, words: ListWords, wanted: Filter, rows: QuerySet[Any], query: QueryDict) -> dict[str, Any]:
    """A list with what stands on the tabs above it, counted no further than anybody reads."""
    context = {"tab": tab, **read_list(words, wanted, rows, query)}
    if "broken" not in context:
        context |= {
            **tab_counts(),
        }
    return context


def tab_counts() -> dict[str, str]:
    """What stands on the tabs, counted no further than anybody reads."""
    return {
        "failing_count": count_rows(visible(Problem.objects.filter(state__in=FAILING))),
        "rejected_count": count_rows(refused_rows()),
        # The tab leads to both lists, so its number is that of both.
        "waiting_count": count_rows(waiting_people(), waiting_events()),
    }


def failures_of(people: list[Snapshot]) -> QuerySet[LogEntry]:
    # Entries name people by the ids of both sides, and have no reference to snapshots.
    ids = {side: [one.external_id for one in people if one.side == side] for side in ("gist", "ghl")}
    about = Q(gist_id__in=ids["gist"]) | Q(ghl_id__in=ids["ghl"])
    links = {one.link_id for one in people}
    return LogEntry.objects.filter(about, kind="contact", link__in=links, outcome=Outcome.FAILED, resolved_at=None)


def last_failures(people: list[Snapshot]) -> dict[int, LogEntry]:
    """The newest open failure of each, by the snapshot's id."""
    if not people:
        return {}
    known: dict[tuple[int, str, str], LogEntry] = {}
    # In order of age, so that the newest entry of somebody is the one that stays.
    for entry in failures_of(people).defer("calls", "noticed").order_by("pk"):
        known[entry.link_id, "gist", entry.gist_id] = known[entry.link_id, "ghl", entry.ghl_id] = entry
    found = {one.pk: known.get((one.link_id, one.side, one.external_id)) for one in people}
    return {pk: entry for pk, entry in found.items() if entry}
