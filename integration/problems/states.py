"""What a person says about a problem: seen, leave it alone for ever, or open again."""

from typing import Any

from django.utils import timezone

from integration.causes.group import is_of
from integration.errors import SetupError
from integration.models import FAILING, LogEntry, Problem, ProblemState

# What a person may do, with the states from which it makes sense and what becomes of the problem.
STATES: dict[str, tuple[tuple[str, ...], ProblemState, str, str]] = {
    "acknowledge": (
        (ProblemState.OPEN,), ProblemState.ACKNOWLEDGED, "acknowledged",
        "Acknowledged: it no longer counts as new. It closes by itself when nothing of it fails.",
    ),
    "ignore": (
        FAILING, ProblemState.IGNORED, "ignored",
        "Ignored for ever: it counts nowhere and is not retried. Its failures stay in the log.",
    ),
    "reopen": (
        (ProblemState.ACKNOWLEDGED, ProblemState.IGNORED), ProblemState.OPEN, "reopened", "Open again.",
    ),
}  # fmt: skip


def set_state(problem: Problem, wanted: str, user: Any = None, note: str = "") -> str:
    """Put the problem into the state that a person wants; says what that means. Raises SetupError."""
    if wanted not in STATES:
        raise SetupError("Choose what to do with the problem. Nothing was changed.")
    before, state, word, sentence = STATES[wanted]
    if problem.state not in before:
        raise SetupError("Somebody changed this problem meanwhile. Look at it again.")
    if wanted == "reopen" and not LogEntry.objects.filter(is_of([problem]), resolved_at=None).exists():
        state, sentence = ProblemState.RESOLVED, "Nothing of it fails any more, so it is resolved."
    note = " ".join(note.split())[:300]
    problem.state, problem.state_by, problem.note = state, user, note
    problem.resolved_at = timezone.now() if state == ProblemState.RESOLVED else None
    problem.note_history(f"{word}: {note}" if note else word, user)
    problem.save(update_fields=["state", "state_by", "note", "history", "resolved_at"])
    return sentence
