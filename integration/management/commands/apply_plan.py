"""`manage.py apply_plan RUN`: write exactly what a dry run planned."""

from argparse import ArgumentParser
from typing import Any

from integration.management.run_command import RunCommand, find_run
from integration.plans.start import apply_plan


class Command(RunCommand):
    help = "Applies exactly that plan as a new run; what changed meanwhile is held. Exit code 1 when it may not be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("plan", metavar="RUN", type=int, help="the number of the dry run")
        parser.add_argument(
            "--exclude", metavar="CHANGE", type=int, nargs="+", action="extend", default=[],
            help="leave these changes out; `manage.py changes RUN` lists them",
        )  # fmt: skip
        parser.add_argument("--digest", default="", help="only if the plan is still the one with this digest")
        parser.add_argument("--wait", action="store_true", help="follow the run to its end")

    def run(self, **options: Any) -> None:
        plan = find_run(options["plan"])
        started = apply_plan(plan, exclude=options["exclude"], digest=options["digest"], trigger="command")
        if options["wait"]:
            self.follow_to_end(started)
        else:
            self.report_started(started)
