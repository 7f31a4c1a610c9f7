"""`manage.py backup FILE`: database and DATA_DIR in one archive, while the product works."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from integration.backup.create import create_backup
from integration.management.reporting import ReportingCommand

WITH_KEYS = "It holds the keys: whoever has it opens every stored login. Keep it as you keep the keys."
WITHOUT_KEYS = "It holds no keys: a restore needs ENCRYPTION_KEYS and SECRET_KEY as they are now."


class Command(ReportingCommand):
    help = "Writes one private archive of database and DATA_DIR; may run while web and worker do."
    changes = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--with-keys", action="store_true", help="put the encryption keys into the archive, too")

    def run(self, **options: Any) -> None:
        path, with_keys = options["file"], options["with_keys"]
        facts = create_backup(path, with_keys=with_keys)
        rows, size = sum(facts["rows"].values()), path.stat().st_size
        summary = f"{path}: {rows:,} rows, {size / 1024**2:,.1f} MB."
        data = {"file": str(path), "rows": rows, "bytes": size, "with_keys": with_keys}
        self.report([summary, WITH_KEYS if with_keys else WITHOUT_KEYS], data)
