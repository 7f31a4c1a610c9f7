"""`manage.py undo`: take back what a run, a rule, or anything at all wrote to one contact."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from integration.errors import SetupError
from integration.management.reporting import find_link
from integration.management.run_command import RunCommand, find_run
from integration.models import Link
from integration.moments import read_iso
from integration.plans.start import start_undo
from integration.plans.undoable import contact_to_undo, link_of_rule


class Command(RunCommand):
    help = "Takes back what stands of earlier writes; itself a run that can be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("run", metavar="RUN", type=int, nargs="?", help="everything that this run wrote")
        what.add_argument("--contact", metavar="ID", help="a pair's page id, or gist:ID, or ghl:ID")
        what.add_argument("--rule", metavar="KEY", help="everything that a rule wrote, as mapping:phone")
        parser.add_argument("--since", metavar="TIME", default="", help="with --rule: only what was written since then")
        parser.add_argument("--link", metavar="LINK", default="", help="with --rule or --contact: of this link only")
        parser.add_argument("--dry-run", action="store_true", help="show it as a plan, write nothing")
        parser.add_argument("--wait", action="store_true", help="follow the run to its end")

    def run(self, **options: Any) -> None:
        link, wanted = _what_to_undo(options)
        started = start_undo(link, wanted, dry_run=options["dry_run"], trigger="command")
        # A plan that is not finished yet shows nothing.
        if options["wait"] or options["dry_run"]:
            self.follow_to_end(started)
        else:
            self.report_started(started)


def _what_to_undo(options: dict[str, Any]) -> tuple[Link, dict[str, Any]]:
    if options["since"] and not options["rule"]:
        raise SetupError("--since goes with --rule.", "--since")
    link = find_link(options["link"]) if options["link"] else None
    if options["run"] is not None:
        found = find_run(options["run"])
        return found.link, {"run": found.pk}
    if options["contact"]:
        return contact_to_undo(options["contact"], link)
    since = options["since"] and read_iso(options["since"], timezone.get_current_timezone())
    if since is None:
        raise SetupError(f"“{options['since']}” is no time. Write it as 2026-01-31T08:00:00Z.", "--since")
    wanted = {"rule": options["rule"], **({"since": since.isoformat()} if since else {})}
    return link or link_of_rule(options["rule"]), wanted
