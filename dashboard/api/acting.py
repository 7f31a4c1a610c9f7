"""The API's addresses that act; each needs a key with the scope `act`."""

from typing import Any

from django.http import HttpRequest
from ninja import Path, Router
from ninja.responses import Status

from dashboard.api import commands, shapes
from dashboard.api.reading import REFUSALS
from dashboard.api.rows import report_run
from integration.models import Run

router = Router()
STARTED: dict[Any, Any] = {202: shapes.RunReport, **REFUSALS}


@router.post(
    "/links/{link}/sync", response=STARTED, url_name="api_sync", operation_id="start_sync", summary="Start a sync",
    exclude_unset=True,
)  # fmt: skip
def start_sync(request: HttpRequest, link: str, body: shapes.SyncBody | None = None) -> Any:
    """Starts a run and answers at once with its number. 409 while another run of the link is under way."""
    wanted = body or shapes.SyncBody()
    return _started(commands.start_sync(request, link, full=wanted.full, dry_run=wanted.dry_run))


@router.post(
    "/problems/{problem}/retry", response=STARTED, url_name="api_retry", operation_id="retry_problem",
    summary="Retry a problem", exclude_unset=True,
)  # fmt: skip
def retry_problem(request: HttpRequest, problem: Path[shapes.Number]) -> Any:
    """Tries what fails again: one record first, then ten, then the rest; it stops at the first that fails alike."""
    return _started(commands.retry(request, problem))


@router.post(
    "/runs/{run}/cancel", response=STARTED, url_name="api_cancel", operation_id="cancel_run",
    summary="Cancel a run", exclude_unset=True,
)  # fmt: skip
def cancel_run(request: HttpRequest, run: Path[shapes.Number]) -> Any:
    """It stops within a second or two; what was written stays."""
    return _started(commands.cancel(request, run))


def _started(run: Run) -> Any:
    return Status(202, report_run(run))
