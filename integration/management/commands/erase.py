"""`manage.py erase LINK --email …`: forgets one person wholly, and for good."""

import sys
from argparse import ArgumentParser
from typing import Any

from integration.management.reporting import ReportingCommand, find_link
from integration.privacy.erase import erase, find_stored

STAYS = "What stays: a salted digest, so that no sync brings them back, and the line that somebody was erased."


class Command(ReportingCommand):
    help = "Erases one person from everything Gistline stores. Writes nothing to Gist or GHL. Cannot be taken back."
    changes = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK")
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument("--email", default="")
        asked.add_argument("--gist-id", default="")
        asked.add_argument("--ghl-id", default="")
        parser.add_argument("--yes", action="store_true", help="erase without asking")

    def run(self, **options: Any) -> None:
        link = find_link(options["link"])
        given = {name: options[name] for name in ("email", "gist_id", "ghl_id")}
        _, counts = find_stored(link, **given)
        if not options["yes"]:
            self._ask(counts, next(filter(None, given.values())))
        erasure, notes = erase(link, **given)
        lines = [*_describe(erasure.counts), STAYS, *notes]
        self.report(lines, {"erased": True, "link": link.key, "counts": erasure.counts, "notes": notes})

    def _ask(self, counts: dict[str, int], word: str) -> None:
        """Have it typed; who cannot be asked has to say --yes."""
        for line in _describe(counts):
            self.stderr.write(line)
        if self.as_json or not sys.stdin.isatty():
            self.fail("Nothing was erased. Add --yes to erase all of the above.")
        if input(f"Type {word} to erase all of it for good: ").strip() != word:
            self.fail("Nothing was erased: what was typed is something else.")


def _describe(counts: dict[str, int]) -> list[str]:
    width = max(map(len, counts), default=0)
    return [f"{title:{width}}  {number}" for title, number in counts.items()]
