"""The day in numbers, once a day at the time that the rules say."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from integration.alerts.lifecycle import Condition
from integration.alerts.messages import one_line
from integration.causes.group import failing_problems
from integration.models import AlertChannel, AlertRules, Link, Question, Run
from integration.moments import find_zone

# A digest that was due while Gistline was down still comes for so long.
LATE = timedelta(hours=6)
MOST_LINKS = 5


def watch_digest() -> Iterator[Condition]:
    """One for today, once its time has come, where a channel wants it."""
    rules, now = AlertRules.load(), timezone.now()
    local = now.astimezone(find_zone(rules.zone))
    due = datetime.combine(local.date(), rules.digest_at, local.tzinfo)
    if not due <= local < due + LATE:
        return
    if any("digest" in one.events for one in AlertChannel.objects.filter(enabled=True)):
        yield Condition(
            "digest",
            f"day:{local.date()}",
            due,
            f"The day in numbers, {local.day} {local:%B %Y}",
            summary(now - timedelta(days=1)),
            place="overview",
        )


def summary(since: datetime) -> str:
    """Of all links that are on, the busiest first, at most 500 characters."""
    names = dict(Link.objects.filter(enabled=True).values_list("pk", "name"))
    runs = Run.objects.filter(link__in=names, created_at__gte=since, dry_run=False).order_by()
    rows = list(runs.values("link").annotate(made=Sum("created"), changed=Sum("updated"), failed=Sum("failed")))
    rows.sort(key=lambda row: (row["failed"], row["changed"] + row["made"]), reverse=True)
    made, changed, failed = (sum(row[name] for row in rows) for name in ("made", "changed", "failed"))
    problems = failing_problems().filter(link__in=names).count()
    waiting = Question.objects.filter(closed_at=None, answered_at=None, link__in=names)
    questions = waiting.exclude(kind=Question.Kind.NEAR).count()
    links = "1 link" if len(names) == 1 else f"{len(names)} links"
    lines = [
        f"{made:,} created, {changed:,} updated, {failed:,} failed on {links}.",
        f"{problems:,} problems are open, {questions:,} questions wait.",
    ]
    for row in rows[:MOST_LINKS]:
        name = one_line(names[row["link"]])[:40]
        lines.append(f"{name}: {row['made'] + row['changed']:,} written, {row['failed']:,} failed.")
    return "\n".join(lines)[:500]
