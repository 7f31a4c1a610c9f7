"""`manage.py checks [LINK]`: what about each set-up will fail or mislead; exit code 1 if anything does."""

import json
from argparse import ArgumentParser
from typing import Any

from integration.management.reporting import ReportingCommand, find_link
from integration.models import Link


class Command(ReportingCommand):
    help = "Looks at the set-up of each link; fails when something about it will fail or mislead."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK", nargs="?", help="only this link")
        parser.add_argument("--read", action="store_true", help="read fields, people and calendars first")

    def run(self, **options: Any) -> None:
        # Commands start without what only this one needs.
        from integration.checks import check_link
        from integration.checks.facts import read_facts

        links = [find_link(options["link"])] if options["link"] else Link.objects.select_related("gist", "ghl")
        failing = 0
        for link in links:
            if options["read"]:
                read_facts(link)
            for result in check_link(link):
                failing += not result.ok
                self.stdout.write(
                    json.dumps(result.report(), ensure_ascii=False)
                    if options["json"]
                    else f"{'fine ' if result.ok else 'FAILS'}  {link.key}: {result.title}. {result.remedy}".rstrip()
                )
        if failing:
            self.fail(f"{failing} check{'s fail' if failing != 1 else ' fails'}.")
