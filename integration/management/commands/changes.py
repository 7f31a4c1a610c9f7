"""`manage.py changes RUN`: every change of a run or plan, one JSON object a line."""

import json
from argparse import ArgumentParser
from typing import Any

from integration.errors import SetupError
from integration.management.reporting import ReportingCommand
from integration.models import Change, ChangeState, Provider, Run


class Command(ReportingCommand):
    help = "Prints every change of a run, one JSON object a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("run", metavar="RUN", type=int)
        parser.add_argument("--state", choices=ChangeState.values, help="only changes in this state")
        parser.add_argument("--side", choices=Provider.values, help="only changes on this side")

    def run(self, **options: Any) -> None:
        if not Run.objects.filter(pk=options["run"]).exists():
            raise SetupError(f"There is no run {options['run']}.", "RUN")
        wanted = {name: options[name] for name in ("state", "side") if options[name]}
        found = Change.objects.filter(run=options["run"], **wanted).select_related("entry")
        # A line each, with --json and without: a run may have a million, of which none need be held for the next.
        for change in found.order_by("pk").iterator(chunk_size=500):
            self.stdout.write(json.dumps(change.report(), ensure_ascii=False))
