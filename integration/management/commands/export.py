"""`manage.py export [LINK]`: what stands, as a setup file."""

import json
from argparse import ArgumentParser
from typing import Any

from integration.management.reporting import ReportingCommand, find_link
from integration.setup_file.exporting import export_document


class Command(ReportingCommand):
    help = "Prints the setup file for what stands; secrets as names of environment variables only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK", nargs="?", help="only this link and its two connections")
        parser.add_argument("--format", choices=["json", "yaml"], default="json")

    def run(self, **options: Any) -> None:
        document = export_document([find_link(options["link"])] if options["link"] else None)
        if options["format"] == "yaml" and not self.as_json:
            import yaml  # Here, because the usual format is JSON.

            text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True).rstrip()
        else:
            text = json.dumps(document, indent=1, ensure_ascii=False)
        self.report([text], document)
