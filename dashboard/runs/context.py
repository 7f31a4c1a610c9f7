"""What the templates of runs need beside the run."""

from typing import Any

from django.urls import reverse_lazy

from dashboard.lists import EmptyState, ListWords
from dashboard.problems.causes import job_of
from integration.models import LogEntry, Outcome, Run
from integration.runs.control import suggest_cap
from integration.runs.progress import is_still_writing, progress_of, waits_for_confirmation

LIST = ListWords(
    things="runs",
    search_examples="status:failed  link:alder  kind:full",
    no_match="No run fits these filters.",
    nothing=EmptyState(
        "No runs yet",
        "A run starts by itself on the schedule of a link, or when you press Sync on its page.",
        reverse_lazy("links"),
        "Open the links",
    ),
)


def entry_list(run: Run) -> ListWords:
    """The words of the entries of one run."""
    if run.is_active:
        nothing = EmptyState("No entries yet", "They appear here once the run is finished; the log shows them at once.")
    else:
        nothing = EmptyState(
            "Nothing but unchanged records",
            "This run wrote nothing and skipped nothing. Unchanged records are counted and not listed.",
        )
    return ListWords(
        things="entries",
        search_examples="Name, e-mail address, id, outcome:failed, reason:ambiguous",
        no_match="No entry of this run fits these filters. Unchanged records are counted and not listed.",
        nothing=nothing,
    )


def progress_context(run: Run, live: bool) -> dict[str, Any]:
    """What the part of the page needs that moves while the run goes on."""
    return {
        "run": run,
        "link": run.link,
        "progress": progress_of(run),
        "live": live,
        "unconfirmed": waits_for_confirmation(run),
        "next_cap": suggest_cap(run),
        "still_writing": is_still_writing(run),
        "job": job_of(run) if run.target.ladder else None,
    }


def count_open_failures(run: Run) -> int:
    return LogEntry.objects.filter(run=run, outcome=Outcome.FAILED, resolved_at=None).count()
