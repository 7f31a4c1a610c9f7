"""Many requests in one test, each on what the test laid out: what one of them did is gone before the next."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """What is done inside is undone at its end: in the database, in the sandbox, and to the files in DATA_DIR."""
    laid_out, kept = Path(settings.DATA_DIR), Path(f"{settings.DATA_DIR}-kept")
    before = _state_of(laid_out)
    if not kept.exists():
        shutil.copytree(laid_out, kept)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        if _state_of(laid_out) != before:
            shutil.rmtree(laid_out)
            shutil.copytree(kept, laid_out)


def _state_of(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
