"""`manage.py doctor`: is everything that Gistline stands on in order? One line each, with what to do when not."""

from argparse import ArgumentParser
from typing import Any

from integration.management.findings import run_checks
from integration.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Checks database, broker, workers, keys, public address and connections; exit code 1 if any fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--offline", action="store_true", help="tell of connections what is known, ask nobody")

    def run(self, **options: Any) -> None:
        findings = list(run_checks(live=not options["offline"]))
        failed = [finding for finding in findings if not finding.ok]
        rows = [{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings]
        self.report([str(finding) for finding in findings], {"ok": not failed, "checks": rows})
        if failed:
            self.fail(f"{len(failed)} of {len(findings)} checks failed.")
