"""Checking a file before its import is started, to show what is wrong with it: at once, or by a worker."""

import time
from datetime import timedelta

from django.utils import timezone

from integration.errors import ProviderError, SetupError
from integration.models import ACTIVE_RUNS, CheckState, ImportFile
from integration.queue import enqueue
from integration.runs.imports.checking import check_some
from integration.runs.imports.order import accounts_of, read_order, rules_of

# Files of up to so many bytes are checked while the page waits: some thousand rows, which take a second or two.
CHECKED_AT_ONCE = 500_000
# Seconds without a sign of life after which a check is taken for dead.
SILENT_SECONDS = 120


def begin_check(file: ImportFile) -> None:
    """Raises SetupError for a file that cannot be read, as far as that can be told at once, and ProviderError."""
    if file.size <= CHECKED_AT_ONCE:
        _check_until(file, time.monotonic() + 20)
        return
    accounts = accounts_of(file.link)
    read_order(file, rules_of(file.link, accounts), accounts).new_check()
    file.save_fields(check_state=CheckState.GOING_ON, checked_rows=0, problem="", alive_at=timezone.now())
    enqueue("check_import", file.pk)


def continue_check(file_id: int, seconds: float) -> bool:
    """Go on for about `seconds`. True when nothing is left to do, or when a run does it."""
    file = ImportFile.objects.select_related("link__gist", "link__ghl").filter(pk=file_id).first()
    if file is None or file.removed_at or file.runs.filter(status__in=ACTIVE_RUNS).exists():
        return True
    try:
        return _check_until(file, time.monotonic() + seconds)
    except (SetupError, ProviderError) as problem:
        file.save_fields(check_state=CheckState.FAILED, problem=str(problem))
        return True


def _check_until(file: ImportFile, deadline: float) -> bool:
    accounts = accounts_of(file.link)
    order = read_order(file, rules_of(file.link, accounts), accounts)
    return check_some(order, lambda: time.monotonic() > deadline)


def is_silent(file: ImportFile) -> bool:
    """Whether a check is under way of which nothing was heard for too long."""
    last = file.alive_at or file.created_at
    return file.check_state == CheckState.GOING_ON and last < timezone.now() - timedelta(seconds=SILENT_SECONDS)
