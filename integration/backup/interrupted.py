"""A restore that was killed: what it left may be the old state, the new one, or rows of one with files of the other.

Rows and files cannot be replaced in one step. So it is noted that a restore is under way, on the disk before anything
is changed, and nothing starts while that stands there.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

NOTE = ".restore-under-way"


def interrupted_restore() -> str:
    """What to do about a restore that did not come to its end, in a sentence; "" without one."""
    note = _note_path()
    if not note.exists():
        return ""
    try:
        archive = json.loads(note.read_text())["archive"]
    except (OSError, ValueError, KeyError, TypeError):
        archive = "FILE"
    return (
        f"the restore of {archive} was interrupted, and the database and the files of {settings.DATA_DIR} may be of "
        f"two states. Run `manage.py restore {archive} --force` once more; to go on with what is there, delete {note}."
    )


@contextmanager
def note_restore(archive: Path) -> Iterator[None]:
    """What fails within leaves everything as it was, so that the note goes; at the end, or after a kill, it stays."""
    replace_private(_note_path(), json.dumps({"archive": str(archive.absolute())}))
    try:
        yield
    except BaseException:
        forget_restore()
        raise


def forget_restore() -> None:
    _note_path().unlink(missing_ok=True)


def replace_private(path: Path, text: str) -> None:
    """Complete or not at all, on the disk when this returns, and readable for the owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _note_path() -> Path:
    return Path(settings.DATA_DIR, NOTE)
