"""`manage.py problems [LINK]`: what fails and needs a person, one problem a line, the one with most records first."""

import json
from argparse import ArgumentParser
from typing import Any

from integration.causes.group import failing_problems
from integration.causes.report import report_of
from integration.management.reporting import ReportingCommand, find_link


class Command(ReportingCommand):
    help = "Prints the open problems, one a line; with --json one object a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK", nargs="?", help="only of this link")

    def run(self, **options: Any) -> None:
        links = [find_link(options["link"])] if options["link"] else None
        found = list(failing_problems(links).select_related("link"))
        for problem in found:
            data = report_of(problem)
            self.stdout.write(json.dumps(data, ensure_ascii=False) if self.as_json else _in_words(data))
        if not found and not self.as_json:
            self.stdout.write("Nothing fails.")


def _in_words(data: dict[str, Any]) -> str:
    records = "record" if data["count"] == 1 else "records"
    return (
        f"{data['problem']}  {data['link']}  {data['title']}: {data['count']:,} {records}, {data['state']}, "
        f"since {data['first_seen'][:16].replace('T', ' ')}"
    )
