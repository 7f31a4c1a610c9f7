"""Questions that only a person can decide: told when the first one of a link waits, at most once a day."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils import timezone

from integration.alerts.lifecycle import Condition
from integration.alerts.messages import one_line
from integration.models import Alert, AlertState, Link, Question


def watch_questions() -> Iterator[Condition]:
    waiting = Question.objects.filter(closed_at=None, answered_at=None).exclude(kind=Question.Kind.NEAR).order_by()
    counts = dict(waiting.values_list("link").annotate(number=Count("pk")))
    stands = dict(Alert.objects.filter(event="questions", state=AlertState.OPEN).values_list("subject", "since"))
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for link in Link.objects.filter(pk__in=counts, enabled=True):
        number, subject = counts[link.pk], f"link:{link.pk}"
        yield Condition(
            "questions",
            subject,
            stands.get(subject, today),
            f"{one_line(link.name)}: {'1 question waits' if number == 1 else f'{number:,} questions wait'}",
            "Conflicts and matches that no rule decides. What they are about stays as it is until then.",
            "Decide them under Problems, Needs a person.",
            "questions",
            link=link,
        )


def end_of_questions(alert: Alert) -> str | None:
    """Only asked where none waits any more."""
    return ""
