"""`manage.py apply FILE`: make connections and links stand as a setup file says."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from integration.errors import SetupError
from integration.management.reporting import ReportingCommand
from integration.setup_file.changes import apply_document


class Command(ReportingCommand):
    help = "Creates or updates everything described in a setup file (JSON or YAML); prints what changed."
    changes = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", help="the setup file; - reads standard input")

    def run(self, **options: Any) -> None:
        applied = apply_document(read_text(options["file"]), os.environ)
        lines = [*(applied.changed or ["nothing changed"]), *applied.notes]
        self.report(lines, {"changed": applied.changed, "notes": applied.notes})


def read_text(name: str) -> str:
    """The file's text, without a byte order mark. Raises SetupError when there is none."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise SetupError(f"The file cannot be read: {problem.strerror}. Check its name and rights.", name) from problem
    except UnicodeDecodeError as problem:
        raise SetupError("The file is not UTF-8 text. Save it as UTF-8.", name) from problem
