"""`manage.py retry PROBLEM | --run RUN | --since TIME`: what failed is tried again, one record before the rest."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from integration.errors import SetupError
from integration.management.following import follow_run
from integration.management.reporting import ReportingCommand, find_link
from integration.models import Link, LogEntry, Problem, Run, RunStatus
from integration.problems.retry import NOTHING, failures_since, retry_problem, retryable
from integration.runs.ladder import results_of
from integration.runs.ladder_words import describe_results
from integration.runs.start import AlreadyRunning, retry_by_steps


class Command(ReportingCommand):
    help = "Tries again what failed; exit code 0 when it was started, with --wait when something passed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("problem", metavar="PROBLEM", type=int, nargs="?", help="a number of `manage.py problems`")
        parser.add_argument("--run", metavar="RUN", type=int, help="everything that failed in this run")
        parser.add_argument("--since", metavar="TIME", help="everything that failed since then, in ISO 8601")
        parser.add_argument("--link", metavar="LINK", help="with --since: only of this link")
        parser.add_argument("--wait", action="store_true", help="follow the run to its end")

    def run(self, **options: Any) -> None:
        if sum(options[name] is not None for name in ("problem", "run", "since")) != 1:
            raise SetupError("Name one thing to retry: a problem's number, --run or --since.")
        finished = []
        for start in self._starts_of(options):
            run = self._start(start, options["wait"])
            if options["wait"]:
                follow_run(run, self.stderr)
                finished.append(run)
            self.report([_summary_of(run)], run.report())
        if options["wait"]:
            self._fail_if_nothing_passed(finished)

    def _starts_of(self, options: dict[str, Any]) -> list[Callable[[], Run]]:
        """One start for each link that is concerned. Raises SetupError when there is nothing to retry."""
        if options["problem"] is not None:
            problem = _find_problem(options["problem"])
            return [lambda: retry_problem(problem, trigger="command")]
        entries = _entries_of(options)
        links = Link.objects.select_related("gist", "ghl").filter(pk__in=entries.order_by().values("link"))
        starts = [_start_of(link, entries.filter(link=link)) for link in links]
        if not starts:
            raise SetupError(NOTHING)
        return starts

    def _start(self, start: Callable[[], Run], wait: bool) -> Run:
        """Our run; with --wait it comes after the one that is under way."""
        while True:
            try:
                return start()
            except AlreadyRunning as busy:
                if not wait or busy.run.status == RunStatus.PAUSED:
                    raise
                self.stderr.write(f"Run {busy.run.pk} is under way; ours comes after it.")
                follow_run(busy.run, self.stderr)

    def _fail_if_nothing_passed(self, runs: list[Run]) -> None:
        results = [found for run in runs if (found := results_of(run))]
        if not any(one.passed for one in results):
            why = "; ".join(filter(None, (run.error for run in runs)))
            words = " ".join(map(describe_results, results))
            self.fail(f"Nothing changed. {words} {why}".strip())


def _find_problem(number: int) -> Problem:
    problem = Problem.objects.select_related("link__gist", "link__ghl").filter(pk=number).first()
    if problem is None:
        raise SetupError(f"There is no problem {number}. `manage.py problems` lists those there are.", "PROBLEM")
    return problem


def _entries_of(options: dict[str, Any]) -> QuerySet[LogEntry]:
    if options["since"] is not None:
        link = find_link(options["link"]) if options["link"] else None
        return failures_since(_read_time(options["since"]), link)
    if not Run.objects.filter(pk=options["run"]).exists():
        raise SetupError(f"There is no run {options['run']}.", "--run")
    return retryable(LogEntry.objects.filter(run=options["run"]))


def _start_of(link: Link, entries: QuerySet[LogEntry]) -> Callable[[], Run]:
    return lambda: retry_by_steps(link, list(entries), trigger="command")


def _read_time(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise SetupError(f"“{text}” is no time. Write it as 2026-05-04T10:00:00+02:00.", "--since")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _summary_of(run: Run) -> str:
    results = results_of(run)
    words = describe_results(results) if results else f"{run.total or 0:,} to try."
    calls = ", ".join(f"{count} to {side}" for side, count in run.report()["api_calls"].items())
    return f"Run {run.pk} of {run.link.key}, {run.get_status_display().lower()}: {words} Calls: {calls}."
