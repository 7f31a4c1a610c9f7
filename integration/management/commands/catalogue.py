"""`manage.py catalogue`: every action, read and trigger that Gistline knows, one a line."""

import json
from typing import Any

from integration.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Prints every operation of Gist and GHL: what can be read, done and waited for."

    def run(self, **options: Any) -> None:
        # Commands start without what only this one needs.
        from integration.catalogue import CATALOGUE

        for entry in CATALOGUE.values():
            if options["json"]:
                self.stdout.write(json.dumps(entry.report(), ensure_ascii=False))
            else:
                how = f"{entry.method} {entry.path}".strip() or entry.event
                self.stdout.write(f"{entry.key:42} {entry.kind:8} {entry.title}{f' ({how})' if how else ''}")
