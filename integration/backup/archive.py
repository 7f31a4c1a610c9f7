"""The archive: a compressed tar with `database/<table>.jsonl`, `data/<file>`, perhaps `keys/<name>`, and last of all
`manifest.json`, which names every member with its digest.

An archive may have been made, or changed, by anybody: what it names is checked before anything is written.
"""

import errno
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any

from django.conf import settings

from integration.errors import SetupError

FORMAT = 1
MANIFEST = "manifest.json"
FOLDERS = ("database", "data", "keys")
NO_BACKUP = "is no backup of Gistline, or a damaged one ({}). Nothing was changed."
# What is made anew by itself, and keys, which have a folder of their own in the archive.
MADE_ANEW = ("static", "static.stamp", "sandbox_control_key")
ENCRYPTION_KEYS = "encryption_keys"
KEYS = {ENCRYPTION_KEYS: "ENCRYPTION_KEYS", "secret_key": "SECRET_KEY"}
# A compressed archive may be a thousand times as large when it is unpacked, so nothing is read whole that may be so.
LARGEST_MANIFEST, LARGEST_KEYS = 64 * 1024**2, 64 * 1024
# Of the headers that hold a long name; the library reads each whole, whatever size it says.
LARGEST_HEADER = 64 * 1024
# Names and digests of so many are held in memory. Files of a backup are imports and webhooks that wait.
MOST_MEMBERS = 400_000
# They would act on the terminal that shows the name.
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Writer:
    """Members are written one after the other; the manifest with their digests closes the archive."""

    def __init__(self, tar: tarfile.TarFile):
        self.tar, self.digests = tar, dict[str, str]()

    def add_bytes(self, name: str, content: bytes) -> None:
        self.digests[name] = hashlib.sha256(content).hexdigest()
        self.tar.addfile(_member(name, len(content)), io.BytesIO(content))

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self.digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            self.tar.addfile(_member(name, size), file)

    def close(self, facts: dict[str, Any]) -> None:
        text = json.dumps({"format": FORMAT, **facts, "members": self.digests}, indent=1)
        self.tar.addfile(_member(MANIFEST, len(text.encode())), io.BytesIO(text.encode()))


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


@contextmanager
def write_archive(path: Path) -> Iterator[Writer]:
    """Complete or not at all, and from the first byte readable for its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
            yield Writer(tar)
        draft.replace(path)
    except (OSError, sqlite3.Error) as problem:
        why = getattr(problem, "strerror", "") or problem
        raise SetupError(f"cannot be written ({why}). Choose another place.", str(path)) from problem
    finally:
        draft.unlink(missing_ok=True)


class Archive:
    """An archive that was read through once: every member is what the manifest says, and nothing else is there."""

    def __init__(self, path: Path, manifest: dict[str, Any]):
        self.path, self.manifest = path, manifest

    def members(self, folder: str) -> "Iterator[tuple[str, IO[bytes]]]":
        """Name below the folder, and content, in the order in which they stand."""
        with _open_tar(self.path) as tar:
            for info in _each_of(tar):
                top, _, name = info.name.partition("/")
                if top == folder and (content := tar.extractfile(info)):
                    yield name, content

    def read_keys(self) -> dict[str, str]:
        """By the names of their files. Raises ValueError for what is no text."""
        return {name: content.read(LARGEST_KEYS).decode() for name, content in self.members("keys")}


class _Member(tarfile.TarInfo):
    """One whose header is checked before the library acts on it."""

    @classmethod
    def frombuf(cls, *args: Any, **options: Any) -> "_Member":
        info = super().frombuf(*args, **options)
        if info.size < 0 or (not info.isreg() and info.size > LARGEST_HEADER):
            raise tarfile.ReadError("a header of this size is in no backup")
        return info


def _open_tar(path: Path) -> tarfile.TarFile:
    return tarfile.open(path, "r:gz", tarinfo=_Member)


def _each_of(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """One after the other; the library would keep them all."""
    while info := tar.next():
        yield info
        tar.members.clear()  # type: ignore[attr-defined]


def open_archive(path: Path) -> Archive:
    """Raises SetupError for whatever is no archive of ours, whole and safe to unpack."""
    try:
        with _open_tar(path) as tar:
            found, manifest = _read_through(tar)
    except FileNotFoundError:
        raise SetupError("does not exist.", str(path)) from None
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, RecursionError, zlib.error) as problem:
        raise SetupError(NO_BACKUP.format(type(problem).__name__), str(path)) from problem
    if manifest.get("format", FORMAT) != FORMAT:
        raise SetupError("was made by another version of Gistline, in a format that this one does not read.", str(path))
    if found != manifest["members"] or not _has_facts(manifest):
        raise SetupError(NO_BACKUP.format("its content is not what it says"), str(path))
    return Archive(path, manifest)


def _read_through(tar: tarfile.TarFile) -> tuple[dict[str, str], dict[str, Any]]:
    found: dict[str, str] = {}
    manifest: Any = None
    room = _free_bytes()
    for info in _each_of(tar):
        content = tar.extractfile(info) if info.isreg() and not info.issparse() else None
        if content is None:
            raise SetupError(f"holds “{info.name}”, which is no plain file. Nothing was changed.", str(tar.name))
        if info.name in found or (info.name == MANIFEST and manifest is not None):
            raise SetupError(f"holds “{info.name}” twice. Nothing was changed.", str(tar.name))
        if info.name == MANIFEST:
            manifest = json.loads(content.read(LARGEST_MANIFEST))
            continue
        check_name(info.name)
        room -= info.size if info.name.startswith("data/") else 0
        if room < 0:
            raise SetupError("its files need more room than the disk of DATA_DIR has. Nothing was changed.", "FILE")
        found[info.name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        if len(found) > MOST_MEMBERS:
            raise SetupError(f"has more than {MOST_MEMBERS:,} members. Nothing was changed.", str(tar.name))
    if not isinstance(manifest, dict) or "members" not in manifest:
        raise ValueError("no manifest")
    return found, manifest


def _has_facts(manifest: dict[str, Any]) -> bool:
    """Whether what a restore goes by is there, in its shape."""
    migrations = manifest.get("migrations")
    return (
        "format" in manifest
        and isinstance(manifest.get("key_check"), str)
        and isinstance(migrations, list)
        and all(
            isinstance(one, list) and len(one) == 2 and all(isinstance(it, str) for it in one) for one in migrations
        )
    )


def _free_bytes() -> int:
    folder = Path(settings.DATA_DIR)
    return shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free


def check_name(name: str) -> None:
    """Raises SetupError for a name that leads out of the folder it is to be unpacked into, or that no backup has."""
    parts = PurePosixPath(name).parts
    if (
        name.startswith("/")
        or "\\" in name
        or CONTROL.search(name)
        or ".." in parts
        # Spelled otherwise, as data//etc/x, what is below the folder would be another name.
        or name != "/".join(parts)
        or len(parts) < 2
        or parts[0] not in FOLDERS
    ):
        raise SetupError(f"holds “{name}”, which leads out of its place. Nothing was changed.", "FILE")
    if not _may_hold(parts[0], parts[1:]):
        raise SetupError(f"holds “{name}”, which is part of no backup. Nothing was changed.", "FILE")


def _may_hold(folder: str, parts: tuple[str, ...]) -> bool:
    """Whether `create_backup` writes such a member: a file of that name could replace the database or its keys."""
    if folder == "data":
        return is_kept(PurePosixPath(*parts))
    return parts[0] in KEYS if folder == "keys" else len(parts) == 1 and parts[0].endswith(".jsonl")


def is_kept(name: PurePath) -> bool:
    """Whether a file of DATA_DIR belongs into a backup, by its name below it."""
    database = Path(str(settings.DATABASES["default"]["NAME"])).name
    if name.parts[0] in MADE_ANEW or name.parts[0] in KEYS or any(one.startswith(".") for one in name.parts):
        return False
    return not (len(name.parts) == 1 and database and name.name.startswith(database))


class Drafts:
    """Files below a folder, private: all are on the disk before the first takes the place of one that is there."""

    def __init__(self, folder: Path):
        self.folder, self.paths, self.made = folder, dict[Path, Path](), list[Path]()

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Raises SetupError where a link would lead out of the folder, or the disk takes no more."""
        path = self.folder / name
        draft = path.with_name(f".{path.name}.restoring")
        # Before a folder is made for it.
        if not path.parent.resolve().is_relative_to(self.folder.resolve()):
            raise SetupError(f"“{name}” would be written outside of {self.folder}, through a link.", "FILE")
        try:
            self._make_folder(path)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self.paths[draft] = path
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(chunks)
        except OSError as problem:
            why = problem.strerror or problem
            raise SetupError(f"“{name}” cannot be written ({why}). Nothing was changed.", str(self.folder)) from problem

    def _make_folder(self, path: Path) -> None:
        """Raises OSError where a file of the same name stands or comes, or a folder where the file is to stand."""
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if set(path.parents) & set(self.paths.values()):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        missing = [one for one in (path.parent, *path.parent.parents) if not one.exists()]
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.made += missing

    def put_in_place(self) -> None:
        for draft, path in self.paths.items():
            draft.replace(path)
        self.made.clear()

    def discard(self) -> None:
        for draft in self.paths:
            draft.unlink(missing_ok=True)
        for folder in sorted(self.made, reverse=True):
            with suppress(OSError):
                folder.rmdir()
