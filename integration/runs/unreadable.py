"""Records that could not be read or taken in: on record as failed, and read again until that works."""

from collections.abc import Sequence
from typing import Any

from integration.errors import MissingScope, ProviderError, RateLimited, ReconnectRequired, Retryable
from integration.models import LogEntry, Outcome, Pair, Run, Snapshot
from integration.providers.exchange import Result
from integration.records import RelatedType, UnreadableRecord
from integration.related.write import NAMES
from integration.related.write_result import WriteResult, log_result
from integration.runs.context import RunContext
from integration.sync import undecided
from integration.sync.pending_reads import read_later

# Errors for which a record cannot be read, and no other one either.
OF_ALL = (RateLimited, ReconnectRequired, MissingScope)
# So often in a row a run waits because nobody could be read; then it goes on without these.
MOST_WAITS = 2


def raise_if_of_all(context: RunContext, results: "Sequence[Result[Any, Any]]") -> None:
    """One record that cannot be read must not hold up the others. Raises what concerns more than one record."""
    errors = [result.error for result in results if result.error]
    # When not a single record could be read, most likely the API itself is down: then the run waits, not each record.
    is_down = len(errors) == len(results) and context.checkpoint.stumbles < MOST_WAITS
    of_all = (*OF_ALL, Retryable) if is_down else OF_ALL
    for error in errors:
        if isinstance(error, of_all):
            raise error


def record_unreadable(context: RunContext, side: str, unreadable: Sequence[UnreadableRecord]) -> None:
    """Put each on record as failed, and have it read by itself: the page that it came with is not read again."""
    run = context.run
    if not unreadable:
        return
    ids = [one.id for one in unreadable if one.id]
    # It is there, whatever its form: nobody must take it for deleted.
    Snapshot.objects.filter(link=run.link, side=side, external_id__in=ids).update(seen_run=run.pk)
    context.recorder.record([undecided.unread_entry(run, {side: one.id}, one.error, one.label) for one in unreadable])
    if not run.dry_run:
        read_later(run.link, side, ids)


def log_related_fault(
    run: Run, kind: RelatedType, record_id: str, label: str, error: ProviderError, contact_id: str = ""
) -> None:
    """A task, note or appointment that could not be read or taken in, on the timeline of its contact."""
    result = WriteResult(kind, f"{NAMES[kind]} “{label or record_id}”", error=error, external_id=record_id)
    logged = LogEntry.objects.filter(link=run.link, kind=kind, external_id=record_id, outcome=Outcome.FAILED)
    # The same failure with each run would bury the log.
    if not logged.filter(message=result.sentence).exists():
        log_result(run, result, Pair.objects.person_ref(run.link, "ghl", contact_id))
