"""What is reported of a problem, by `manage.py problems` and by the API."""

from typing import Any

from integration.causes.words import subject_in_words, title_of
from integration.models import Problem


def report_of(problem: Problem) -> dict[str, Any]:
    """Of a problem that comes from `with_counts`, with its link."""
    return {
        "problem": problem.pk,
        "link": problem.link.key,
        "cause": problem.cause,
        "title": title_of(problem),
        "subject": subject_in_words(problem),
        "count": problem.count,  # type: ignore[attr-defined]
        "state": problem.state,
        "first_seen": problem.first_seen.isoformat(),
        "last_seen": problem.last_seen.isoformat(),
    }
