"""The one way what was done or noticed is put on record and told to workflows: deeds of a person on a page or of a
workflow's action, and news of tasks, notes and appointments.
"""

from collections.abc import Iterable

from django.db import transaction

from integration.models import Execution, LogEntry, Run
from integration.related import deeds
from integration.related.deeds import About, Deed
from integration.related.store import CREATED, News
from integration.related.writing import NAMES
from integration.workflows import notice


@transaction.atomic
def put_on_record(run: Run, deed: Deed, about: About, execution: Execution | None = None) -> LogEntry:
    """Keep what the deed says, log it, and begin the workflows that it triggers: all of it or none."""
    news = deeds.settle(run.link, deed, execution)
    entry = deeds.log(run, deed, about, execution)
    if news:
        notice.related(run.link, news, notice.person_of(run.link, about.ghl_id), by=execution)
    return entry


@transaction.atomic
def take_note(run: Run, news: Iterable[News], by: Execution | None = None) -> None:
    """Log what happened in GHL, and begin the workflows that it triggers."""
    for one in news:
        person = notice.person_of(run.link, one.record.contact_id)
        label = f"{NAMES[one.record.kind]} “{one.record.label}”"
        deed = Deed(
            one.record.kind, label, reason="noticed", message=f"{label} was {one.what} in GHL.",
            changes=[] if one.what == CREATED else deeds.changes_between(one.before, one.record.values),
            external_id=one.record.id,
        )  # fmt: skip
        deeds.log(run, deed, About(person.gist_id, person.ghl_id, person.label))
        notice.related(run.link, [one], person, by=by)
