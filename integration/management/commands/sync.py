"""`manage.py sync LINK`: start a run, and follow it with --wait."""

from argparse import ArgumentParser
from typing import Any

from integration.errors import SetupError
from integration.management.following import follow_run
from integration.management.reporting import ReportingCommand, find_link
from integration.models import COUNTS, Link, Mode, Run, RunKind, RunStatus
from integration.queue import check_queue
from integration.runs.start import AlreadyRunning, start_run


class Command(ReportingCommand):
    help = "Starts a run of a link; exit code 0 when it was started, with --wait when it succeeded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK")
        parser.add_argument("--full", action="store_true", help="read everything, not only what changed")
        parser.add_argument("--dry-run", action="store_true", help="decide, write nothing")
        parser.add_argument("--wait", action="store_true", help="follow the run to its end")

    def run(self, **options: Any) -> None:
        link = find_link(options["link"])
        kind = RunKind.FULL if options["full"] or link.full_run_at is None else RunKind.INCREMENTAL
        if not options["wait"]:
            started = start_run(link, kind, dry_run=options["dry_run"], trigger="command")
            self.report([f"Run {started.pk} ({kind}) started.{_nobody_works()}"], started.report())
            return
        run = self._start_or_join(link, kind, options["dry_run"])
        self._follow_run(run)
        self.report([_summary_of(run)], run.report())
        if run.status != RunStatus.SUCCEEDED:
            self.fail(f"Run {run.pk} ended as {run.status}, not succeeded. {run.report()['error']}".strip())

    def _start_or_join(self, link: Link, kind: str, dry_run: bool) -> Run:
        """Our run; the one under way when it does the same. Another kind is waited for."""
        while True:
            try:
                return start_run(link, kind, dry_run=dry_run, trigger="command")
            except AlreadyRunning as busy:
                under_way = busy.run
            if under_way.status == RunStatus.PAUSED:
                raise SetupError(f"Run {under_way.pk} is paused. Resume or cancel it, then start again.", link.key)
            # A watched link decides only, so its runs are dry whatever was asked for.
            joins = (under_way.kind, under_way.dry_run) == (kind, dry_run or link.mode == Mode.WATCH)
            self.stderr.write(f"Run {under_way.pk} is under way; {'following it' if joins else 'ours comes after it'}.")
            if joins:
                return under_way
            self._follow_run(under_way)

    def _follow_run(self, run: Run) -> None:
        try:
            follow_run(run, self.stderr)
        except KeyboardInterrupt:
            goes_on = "the workers go on with it" if check_queue().workers else "the next worker goes on with it"
            self.fail(f"No longer following run {run.pk}; {goes_on}. The same command with --wait follows it again.")


def _nobody_works() -> str:
    return "" if check_queue().workers else " No worker is alive: start `manage.py up`, or use --wait."


def _summary_of(run: Run) -> str:
    """The report in words."""
    counts = " + ".join(f"{getattr(run, name)} {name}" for name in COUNTS)
    data = run.report()
    calls = ", ".join(f"{count} to {side}" for side, count in data["api_calls"].items())
    return (
        f"Run {run.pk} ({run.kind}{', dry run' if run.dry_run else ''}) {run.status}: "
        f"{run.examined} examined = {counts}; calls {calls}; {data['seconds']} s"
    )
