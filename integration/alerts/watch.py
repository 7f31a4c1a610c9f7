"""What holds now against what was told: opens what is new, ends what is over. Once a minute, by the watchdog."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from integration.alerts.digest import watch_digest
from integration.alerts.failures import end_of_problem, end_of_rise, watch_problems
from integration.alerts.lifecycle import Condition, end_alert, hold_again, open_alert
from integration.alerts.logins import end_of_login, people_to_mail, watch_logins
from integration.alerts.long_runs import end_of_run, watch_runs
from integration.alerts.pauses import end_of_pause, watch_pauses
from integration.alerts.questions import end_of_questions, watch_questions
from integration.alerts.silence import end_of_silence, watch_silence
from integration.models import Alert, AlertRules, AlertState

logger = logging.getLogger(__name__)

# Between two looks there is a minute; after a longer gap Gistline was down.
DOWN_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Watch:
    """`conditions` are those that hold now. `end` is asked of an open alert that is not among them: None where it
    holds all the same, else the words of the recovery, "" where nobody needs to know.
    """

    events: tuple[str, ...]
    conditions: Callable[[], Iterable[Condition]]
    end: Callable[[Alert], str | None]


WATCHES = (
    Watch(("login",), watch_logins, end_of_login),
    Watch(("paused",), watch_pauses, end_of_pause),
    Watch(("silence",), watch_silence, end_of_silence),
    Watch(
        ("problem_new", "problem_back", "problem_rise"),
        watch_problems,
        lambda alert: end_of_rise(alert) if alert.event == "problem_rise" else end_of_problem(alert),
    ),
    Watch(("run_long",), watch_runs, end_of_run),
    Watch(("questions",), watch_questions, end_of_questions),
    Watch(("digest",), watch_digest, lambda alert: ""),
)


def watch_conditions() -> int:
    """How many alerts opened or ended. What goes wrong with one kind keeps no other from being looked at."""
    note_watching()
    news = 0
    for watch in WATCHES:
        try:
            news += compare(watch)
        except Exception:
            logger.exception("alerts about %s could not be looked for", ", ".join(watch.events))
    return news


def compare(watch: Watch) -> int:
    holding = {(one.event, one.subject, one.since): one for one in watch.conditions()}
    known = {
        (one.event, one.subject, one.since): one
        for one in Alert.objects.filter(event__in=watch.events).filter(_is_at_hand(holding))
        .select_related("link", "connection")
    }  # fmt: skip
    news = 0
    for key, condition in holding.items():
        if key not in known:
            people = people_to_mail() if condition.event == "login" else ()
            news += open_alert(condition, people) is not None
        elif known[key].state == AlertState.OVER and condition.event != "digest":
            hold_again(known[key])
    for key, alert in known.items():
        if key not in holding and alert.state == AlertState.OPEN and (words := watch.end(alert)) is not None:
            end_alert(alert, words)
            news += 1
    return news


def note_watching() -> None:
    """Remember that Gistline looks; after a gap, since when it does so again."""
    rules, now = AlertRules.load(), timezone.now()
    if rules.watched_at is None or now - rules.watched_at > DOWN_AFTER:
        rules.watching_since = now
    rules.watched_at = now
    rules.save(update_fields=["watched_at", "watching_since"])


def _is_at_hand(holding: Iterable[tuple[str, str, datetime]]) -> Q:
    return Q(state=AlertState.OPEN) | Q(subject__in={subject for _, subject, _ in holding})
