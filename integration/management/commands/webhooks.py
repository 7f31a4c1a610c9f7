"""`manage.py webhooks CONNECTION`: the addresses to paste into Gist or GHL."""

from argparse import ArgumentParser
from typing import Any

from integration.management.reporting import ReportingCommand, find_connection
from integration.webhooks.addresses import renew_addresses, webhook_addresses


class Command(ReportingCommand):
    help = "Prints the webhook addresses and headers of a connection; --renew makes new ones first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("connection", metavar="CONNECTION")
        parser.add_argument("--renew", action="store_true", help="new addresses; those pasted into Gist end at once")

    def run(self, **options: Any) -> None:
        connection = find_connection(options["connection"])
        if options["renew"]:
            renew_addresses(connection)
        found = webhook_addresses(connection)
        width = max(map(len, found))
        lines = []
        for topic, address in found.items():
            lines.append(f"{topic:{width}}  {address['url']}")
            lines += [f"{'':{width}}  {name}: {value}" for name, value in address.get("headers", {}).items()]
        self.report(lines, found)
