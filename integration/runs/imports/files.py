"""Where imported files lie: each in a folder of its own below DATA_DIR, closed to everybody else on the machine."""

import shutil
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from integration.errors import SetupError
from integration.imports.read import MOST_BYTES
from integration.models import ACTIVE_RUNS, ImportFile, Link

FOLDER = "imports"
_PIECE = 1024 * 1024


def folder_of(file: ImportFile) -> Path:
    return Path(settings.DATA_DIR) / FOLDER / file.folder


def path_of(file: ImportFile) -> Path:
    """The bytes as they were brought. Raises SetupError when they were deleted."""
    path = folder_of(file) / "file"
    if not path.exists():
        raise SetupError(
            "The file is gone: it was deleted because it was old, or DATA_DIR moved. Upload it again.",
            file.name,
        )
    return path


def keep_file(link: Link, name: str, pieces: Iterable[bytes], user: object = None) -> ImportFile:
    """Store the bytes, a piece at a time, with what is known of them. Raises SetupError for more than there may be."""
    file = ImportFile(link=link, name=Path(name).name[:200] or "file", folder=uuid.uuid4().hex)
    file.uploaded_by = user  # type: ignore[assignment]
    folder = folder_of(file)
    # 0o700 whatever the umask of this process is: what lies in it is about people.
    (Path(settings.DATA_DIR) / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    try:
        with (folder / "file").open("xb") as target:
            for piece in pieces:
                file.size += len(piece)
                _refuse_size(file)
                target.write(piece)
        file.save()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return file


def _refuse_size(file: ImportFile) -> None:
    most = min(MOST_BYTES, settings.IMPORT_MAX_MB * 1000**2)
    if file.size > most:
        raise SetupError(f"The file has more than {most // 1000**2} MB. Divide it, and import each part.", file.name)


def read_pieces(path: Path) -> Iterator[bytes]:
    """A file of this machine as pieces. Raises SetupError when it cannot be opened."""
    try:
        with path.open("rb") as source:
            while piece := source.read(_PIECE):
                yield piece
    except OSError as problem:
        raise SetupError(
            f"The file cannot be opened: {problem.strerror}. Check its name and its rights.", path.name
        ) from None


def remove_bytes(file: ImportFile) -> None:
    """Delete what was brought and what was read of it; what became of its rows stays in the log."""
    shutil.rmtree(folder_of(file), ignore_errors=True)
    file.save_fields(removed_at=timezone.now(), columns={}, check_state="", check_result={}, problem="")


def remove_old_files(before: datetime) -> int:
    """Delete the bytes of files that were brought before then and that no run needs. Returns of how many."""
    old = ImportFile.objects.filter(created_at__lt=before, removed_at=None)
    files = list(old.exclude(runs__status__in=ACTIVE_RUNS))
    for file in files:
        remove_bytes(file)
    return len(files)


def remove_orphans() -> None:
    """Folders whose link was deleted, or whose upload was cut off."""
    kept = set(ImportFile.objects.filter(removed_at=None).values_list("folder", flat=True))
    an_hour_ago = (timezone.now() - timedelta(hours=1)).timestamp()
    for folder in (Path(settings.DATA_DIR) / FOLDER).glob("*"):
        if folder.name not in kept and folder.stat().st_mtime < an_hour_ago:
            shutil.rmtree(folder, ignore_errors=True)
