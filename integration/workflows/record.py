"""Puts what was written or noticed on record and begins the workflows that it triggers: results of a person's commands
and of a workflow's actions, and news of tasks, notes and appointments.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction

from integration.models import Change, Execution, LogEntry, Pair, Run
from integration.records import PersonRef
from integration.related.store import CREATED, News
from integration.related.write import NAMES
from integration.related.write_result import WriteResult, keep_result, log_result, rows_between
from integration.workflows import start


@transaction.atomic
def record_result(
    run: Run,
    result: WriteResult,
    person: PersonRef,
    changes: Sequence[Change] = (),
    execution: Execution | None = None,
) -> LogEntry:
    """Keep what the result says, log it, and begin the workflows that it triggers: all of it or none."""
    news = keep_result(run.link, result, execution)
    entry = log_result(run, result, person, changes, execution)
    # In the same transaction as the log entry: a kill in between would leave a task whose workflow never began.
    if news:
        known = Pair.objects.person_ref(run.link, "ghl", person.ghl_id)
        start.begin_for_related(run.link, news, known, by=execution, trace=run.trace)
    return entry


@transaction.atomic
def record_news(run: Run, news: Iterable[News], by: Execution | None = None) -> None:
    """Log what happened in GHL, and begin the workflows that it triggers."""
    for one in news:
        person = Pair.objects.person_ref(run.link, "ghl", one.record.contact_id)
        label = f"{NAMES[one.record.kind]} “{one.record.label}”"
        noticed = WriteResult(
            one.record.kind, label, reason="noticed", message=f"{label} was {one.what} in GHL.",
            noticed=[] if one.what == CREATED else rows_between(one.before, one.record.values),
            external_id=one.record.id,
        )  # fmt: skip
        log_result(run, noticed, person)
        start.begin_for_related(run.link, [one], person, by=by, trace=run.trace)
