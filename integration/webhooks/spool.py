"""Webhooks on disk, while the database is away: one file each under `DATA_DIR/spool`, in the order they came."""

import base64
import fcntl
import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError

from integration.models.fields import UndecryptableValue
from integration.webhooks.delivery import Delivery
from integration.webhooks.store import UnknownToken, keep_delivery, keep_refused

# The disk is left with this much: the database, which may be on it too, needs room to come back.
FREE_BYTES = 200 * 1024 * 1024
# Of Gist webhooks whose token could not be looked up, and of what was turned away, no more than so many wait: anybody
# can send such. Each kind is counted by itself, so that neither stands in the way of the other or of genuine events.
LIMITS = {"unchecked": 1_000, "refused": 500}

logger = logging.getLogger(__name__)
_numbers = count()


def spool_delivery(delivery: Delivery, kind: str = "event") -> None:
    """Have the delivery on disk before this returns. Raises OSError when that cannot be, or too many of `kind` wait."""
    folder = _spool_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(folder).free < FREE_BYTES:
        raise OSError("the disk is nearly full")
    if kind in LIMITS and sum(name.endswith(f"-{kind}.json") for name in os.listdir(folder)) >= LIMITS[kind]:
        raise OSError("too many webhooks wait already")
    # Sorts by time; the number tells apart what came at the same reading of the clock, process and thread the writers.
    name = f"{time.time_ns():020d}-{next(_numbers):06d}-{os.getpid()}-{threading.get_ident()}-{kind}"
    _write_file(folder, name, json.dumps(_as_json(delivery)).encode())


def _write_file(folder: Path, name: str, content: bytes) -> None:
    """Complete or not at all: a file is renamed to `.json` when all of it is on disk."""
    draft = folder / f"{name}.draft"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / f"{name}.json")
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    # Without this a power cut could undo the renaming, although the content is on disk.
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def spooled_files() -> list[Path]:
    """What is spooled, oldest first."""
    return sorted(_spool_folder().glob("*.json"))


def is_empty() -> bool:
    try:
        with os.scandir(_spool_folder()) as entries:
            return not any(entry.name.endswith(".json") for entry in entries)
    except FileNotFoundError:
        return True


def drain_spool(seconds: float = 30.0) -> int:
    """Move what is spooled to the inbox, oldest first, for at most so long. How many were moved.

    Does nothing while another process does it. Raises a database error when the database is still away.
    """
    if is_empty():
        return 0
    deadline, moved = time.monotonic() + seconds, 0
    with _lock_for_draining() as is_mine:
        for path in spooled_files() if is_mine else []:
            moved += _move_to_inbox(path)
            if time.monotonic() > deadline:
                break
    return moved


def _move_to_inbox(path: Path) -> bool:
    """A file goes only after its event is stored; after a crash in between it is known by its `dedupe`. False when it
    cannot be stored now.
    """
    try:
        _put_through(_from_json(json.loads(path.read_bytes())))
    except (DataError, IntegrityError, ValueError, KeyError, TypeError):
        # It would fail again each time and hold up all those after it.
        logger.exception("a spooled webhook cannot be stored; it is set aside as %s.bad", path.name)
        path.rename(path.with_suffix(".json.bad"))
        return False
    except UndecryptableValue:
        # It waits for a restart with the key that its address stands under; those behind it do not.
        return False
    path.unlink(missing_ok=True)
    return True


def _put_through(delivery: Delivery) -> None:
    if delivery.refused:
        keep_refused(delivery)
        return
    try:
        keep_delivery(delivery)
    except UnknownToken:
        # Its token could not be looked up when it came, so it is refused only now.
        keep_refused(replace(delivery, refused="unknown_token"))


def deliveries(is_about: Callable[[Delivery], bool]) -> Iterator[Path]:
    """Files of the deliveries that `is_about` says yes to, also of what was set aside."""
    for path in [*spooled_files(), *_spool_folder().glob("*.bad")]:
        try:
            delivery = _from_json(json.loads(path.read_bytes()))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            # Stored meanwhile, or nothing that can be read as a delivery of anybody.
            continue
        if is_about(delivery):
            yield path


@contextmanager
def _lock_for_draining() -> Iterator[bool]:
    """Yields whether no other process or thread drains the spool; keeps them away meanwhile."""
    # The lock belongs to the opened file, so it also keeps away threads of this process, and a kill frees it.
    with (_spool_folder() / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _spool_folder() -> Path:
    return Path(settings.DATA_DIR) / "spool"


def _as_json(delivery: Delivery) -> dict[str, Any]:
    body, received_at = base64.b64encode(delivery.body).decode(), delivery.received_at.isoformat()
    return asdict(delivery) | {"body": body, "received_at": received_at}


def _from_json(stored: dict[str, Any]) -> Delivery:
    body, received_at = base64.b64decode(stored["body"]), datetime.fromisoformat(stored["received_at"])
    return Delivery(**stored | {"body": body, "received_at": received_at})
