"""What a key with the scope `act` or `rules` may do: each act is on record as the key's."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from dashboard.api.finding import find_link, find_problem, find_run
from dashboard.api.shapes import SetupBody
from dashboard.client_address import client_address
from dashboard.keys.access import Refused, need_scope
from dashboard.models import ApiKey, Scope
from integration import audit
from integration.errors import SetupError
from integration.models import Link, Run, RunKind
from integration.privacy.masking import masking
from integration.problems.retry import retry_problem
from integration.runs.control import cancel_run
from integration.runs.start import start_run
from integration.setup_file.changes import Applied
from integration.setup_file.link_rules import StaleRules, change_rules

HAD_ENDED = "Run {} had ended already: nothing was cancelled."


@contextmanager
def _acting(request: HttpRequest, scope: Scope = Scope.ACT) -> Iterator[ApiKey]:
    """Raises Refused for a key without this scope."""
    key: ApiKey = request.api_key  # type: ignore[attr-defined]
    need_scope(key, scope)
    # What acts needs the values themselves, also for a key that is answered masks.
    with masking(False), audit.acting(f"API key {key.name} ({key.prefix}…)", audit.API, client_address(request)):
        yield key


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


def change_setup(request: HttpRequest, link_key: str, body: SetupBody) -> tuple[Link, Applied]:
    """Raises Http404 and Refused, for what cannot be with the place in what was sent."""
    with _acting(request, Scope.RULES) as key:
        link = find_link(link_key)
        applied = _apply_setup(link, body, f"API key {key.name}")
        if applied.changed and not body.dry_run:
            audit.record("api_setup", f"link {link.key}", link=link.key, after={"changed": applied.changed})
    return find_link(link_key), applied


def _apply_setup(link: Link, body: SetupBody, name: str) -> Applied:
    try:
        return change_rules(link, body.setup, state=body.state, version_name=name, dry_run=body.dry_run)
    except StaleRules as problem:
        raise Refused(409, "changed_meanwhile", str(problem)) from None
    except SetupError as problem:
        place = f"setup.{problem.where}" if problem.where else "setup"
        raise Refused(422, "invalid", f"{place}: {problem.problem.rstrip('.')}. Nothing was changed.") from None


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
