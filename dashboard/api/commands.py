"""What a key with the scope `act` may do: each act is on record as the key's."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from dashboard.api.finding import find_link, find_problem, find_run
from dashboard.client_address import client_address
from dashboard.keys.access import Refused, need_scope
from dashboard.models import ApiKey, Scope
from integration import audit
from integration.models import Run, RunKind
from integration.privacy.masking import masking
from integration.problems.retry import retry_problem
from integration.runs.control import cancel_run
from integration.runs.start import start_run

HAD_ENDED = "Run {} had ended already: nothing was cancelled."


@contextmanager
def _acting(request: HttpRequest) -> Iterator[None]:
    """Raises Refused for a key that may only read."""
    key: ApiKey = request.api_key  # type: ignore[attr-defined]
    need_scope(key, Scope.ACT)
    # What acts needs the values themselves, also for a key that is answered masks.
    with masking(False), audit.acting(f"API key {key.name} ({key.prefix}…)", audit.API, client_address(request)):
        yield


def start_sync(request: HttpRequest, link_key: str, *, full: bool = False, dry_run: bool = False) -> Run:
    """Raises Http404, Refused, SetupError, AlreadyRunning."""
    with _acting(request):
        link = find_link(link_key)
        kind = RunKind.FULL if full or link.full_run_at is None else RunKind.INCREMENTAL
        run = start_run(link, kind, dry_run=dry_run, trigger="API")
        audit.record("api_sync", f"run {run.pk}", link=link.key, after={"full": full, "dry_run": run.dry_run})
    return run


def retry(request: HttpRequest, number: int) -> Run:
    """Try what fails of a problem again. Raises Http404, Refused, SetupError, AlreadyRunning."""
    with _acting(request):
        problem = find_problem(number)
        run = retry_problem(problem, trigger="API")
        audit.record("api_retry", f"problem {number}", link=problem.link.key, after={"run": run.pk})
    return run


def cancel(request: HttpRequest, number: int) -> Run:
    """Raises Http404, and Refused for a run that had ended."""
    with _acting(request):
        run = find_run(number)
        if run.is_finished:
            raise Refused(409, "not_possible", HAD_ENDED.format(number))
        cancel_run(run)
        audit.record("api_cancel", f"run {number}", link=run.link.key)
    run.refresh_from_db()
    return run
