"""Starting an import of a file."""

from typing import Any

from integration.errors import SetupError
from integration.models import ImportFile, Run, RunKind
from integration.runs.start import start_run


def start_import(
    file: ImportFile, *, dry_run: bool = False, user: Any = None, trigger: str = "person", queued: bool = True
) -> Run:
    """A run that imports the file; a dry one stores what it would write. Raises SetupError, AlreadyRunning."""
    if file.removed_at:
        raise SetupError("The file was deleted after its time. Upload it again.", file.name)
    return start_run(
        file.link, RunKind.IMPORT, dry_run=dry_run, user=user, trigger=trigger, queued=queued, import_file=file
    )
