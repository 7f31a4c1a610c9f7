"""`manage.py restore FILE`: puts a backup back, also one of an older version."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import DatabaseError, transaction

from integration.backup.restore import restore_backup
from integration.management.reporting import ReportingCommand
from integration.queue import check_queue

STOP_FIRST = "{} workers are running and would write into what is restored. Stop Gistline first, or add --force."


class Command(ReportingCommand):
    help = "Puts a backup back into an empty database. Stop web and worker first."
    changes = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--force", action="store_true", help="replace everything that the database holds")

    def run(self, **options: Any) -> None:
        if not options["force"] and (workers := _running_workers()):
            self.fail(STOP_FIRST.format(workers))
        counts = restore_backup(options["file"], force=options["force"])
        rows = sum(counts.values())
        lines = [f"{rows:,} rows are back, and the files of DATA_DIR.", "Start Gistline; everybody signs in anew."]
        self.report(lines, {"restored": True, "rows": rows})


def _running_workers() -> int:
    """None where there are no tables yet that could say."""
    try:
        with transaction.atomic():
            return check_queue().workers
    except DatabaseError:
        return 0
