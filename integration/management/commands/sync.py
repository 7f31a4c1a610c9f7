"""`manage.py sync LINK`: start a run, and follow it with --wait."""

from argparse import ArgumentParser
from typing import Any

from integration.errors import SetupError
from integration.management.reporting import find_link
from integration.management.run_command import RunCommand
from integration.models import Link, Mode, Run, RunKind, RunStatus
from integration.runs.start import AlreadyRunning, start_run


class Command(RunCommand):
    help = "Starts a run of a link; exit code 0 when it was started, with --wait when it succeeded."
    changes = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK")
        parser.add_argument("--full", action="store_true", help="read everything, not only what changed")
        parser.add_argument("--dry-run", action="store_true", help="decide, write nothing: a plan that can be applied")
        parser.add_argument("--wait", action="store_true", help="follow the run to its end")

    def run(self, **options: Any) -> None:
        link = find_link(options["link"])
        kind = RunKind.FULL if options["full"] or link.full_run_at is None else RunKind.INCREMENTAL
        if not options["wait"]:
            self.report_started(start_run(link, kind, dry_run=options["dry_run"], trigger="command"))
            return
        self.follow_to_end(self._start_or_join(link, kind, options["dry_run"]))

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
            self.follow(under_way)
