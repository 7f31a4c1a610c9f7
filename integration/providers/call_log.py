"""One line of the process log for each try of a call that an event or a person brought about, or that failed."""

import logging

from integration.providers.http import Answered
from integration.providers.rounds import Task
from integration.trace import current_trace

logger = logging.getLogger(__name__)


def outcome_of(answered: Answered) -> str:
    """“ok”, or the code of the error (integration/errors.py)."""
    return answered.error.code if answered.error else "ok"


def log_call(task: Task, answered: Answered, quiet: bool) -> None:
    """Without path and values, which are somebody's. `quiet`: of a run of very many, whose calls are said at debug
    level, unless an event brought this one about.
    """
    trace = getattr(task.key, "trace", "") or current_trace()
    level = logging.DEBUG if quiet and not trace and answered.error is None else logging.INFO
    if not logger.isEnabledFor(level):
        return
    attempt, outcome = answered.attempt, outcome_of(answered)
    facts = {"operation": attempt.operation, "status": attempt.status, "outcome": outcome}
    facts["milliseconds"] = attempt.milliseconds
    # Where the call is part of no trace of its own, the line says that of its run.
    if trace:
        facts["trace"] = trace
    logger.log(level, "%s: %s", attempt.operation, attempt.status or outcome, extra={"facts": facts})
