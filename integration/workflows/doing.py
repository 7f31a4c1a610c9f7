"""The one way a deed, of a person on a page or of a workflow's action, is put on record and told to workflows."""

from django.db import transaction

from integration.models import Execution, LogEntry, Run
from integration.related import deeds
from integration.related.deeds import About, Deed
from integration.workflows import notice


@transaction.atomic
def put_on_record(run: Run, deed: Deed, about: About, execution: Execution | None = None) -> LogEntry:
    """Keep what the deed says, log it, and begin the workflows that it triggers: all of it or none."""
    news = deeds.settle(run.link, deed, execution)
    entry = deeds.log(run, deed, about, execution)
    if news:
        notice.related(run.link, news, notice.person_of(run.link, about.ghl_id), by=execution)
    return entry
