"""`manage.py webhooks CONNECTION`: the addresses to paste into Gist or GHL."""

from argparse import ArgumentParser
from typing import Any

from integration.management.reporting import ReportingCommand, find_connection
from integration.webhook_addresses import addresses


class Command(ReportingCommand):
    help = "Prints the webhook addresses and headers of a connection."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("connection", metavar="CONNECTION")

    def run(self, **options: Any) -> None:
        found = addresses(find_connection(options["connection"]))
        width = max(map(len, found))
        lines = []
        for topic, address in found.items():
            lines.append(f"{topic:{width}}  {address['url']}")
            lines += [f"{'':{width}}  {name}: {value}" for name, value in address.get("headers", {}).items()]
        self.report(lines, found)
