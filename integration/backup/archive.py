"""The archive: a compressed tar with `database/<table>.jsonl`, `data/<file>`, perhaps `keys/<name>`, and last of all
`manifest.json`, which names every member with its digest.

An archive may have been made, or changed, by anybody: what it names is checked before anything is written.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from integration.errors import SetupError

FORMAT = 1
MANIFEST = "manifest.json"
FOLDERS = ("database", "data", "keys")
NO_BACKUP = "is no backup of Gistline, or a damaged one ({}). Nothing was changed."


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
    except OSError as problem:
        raise SetupError(
            f"cannot be written ({problem.strerror or problem}). Choose another place.", str(path)
        ) from problem
    finally:
        draft.unlink(missing_ok=True)


class Archive:
    """An archive that was read through once: every member is what the manifest says, and nothing else is there."""

    def __init__(self, path: Path, manifest: dict[str, Any]):
        self.path, self.manifest = path, manifest

    def members(self, folder: str) -> "Iterator[tuple[str, IO[bytes]]]":
        """Name below the folder, and content, in the order in which they stand."""
        with tarfile.open(self.path, "r:*") as tar:
            for info in tar:
                top, _, name = info.name.partition("/")
                if top == folder and (content := tar.extractfile(info)):
                    yield name, content

    def read(self, folder: str) -> dict[str, str]:
        return {name: content.read().decode() for name, content in self.members(folder)}


def open_archive(path: Path) -> Archive:
    """Raises SetupError for whatever is no archive of ours, whole and safe to unpack."""
    try:
        with tarfile.open(path, "r:*") as tar:
            found, manifest = _read_through(tar)
    except FileNotFoundError:
        raise SetupError("does not exist.", str(path)) from None
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError) as problem:
        raise SetupError(NO_BACKUP.format(type(problem).__name__), str(path)) from problem
    if found != manifest["members"]:
        raise SetupError(NO_BACKUP.format("its content is not what it says"), str(path))
    if manifest["format"] != FORMAT:
        raise SetupError("was made by another version of Gistline, in a format that this one does not read.", str(path))
    return Archive(path, manifest)


def _read_through(tar: tarfile.TarFile) -> tuple[dict[str, str], dict[str, Any]]:
    found: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    for info in tar:
        content = tar.extractfile(info) if info.isreg() else None
        if content is None:
            raise SetupError(f"holds “{info.name}”, which is no plain file. Nothing was changed.", str(tar.name))
        if info.name == MANIFEST:
            manifest = json.loads(content.read())
            continue
        check_name(info.name)
        found[info.name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    if not isinstance(manifest, dict) or "members" not in manifest:
        raise ValueError("no manifest")
    return found, manifest


def check_name(name: str) -> None:
    """Raises SetupError for a name that leads out of the folder it is to be unpacked into."""
    parts = PurePosixPath(name).parts
    if (
        name.startswith("/")
        or "\\" in name
        or "\0" in name
        or ".." in parts
        or len(parts) < 2
        or parts[0] not in FOLDERS
    ):
        raise SetupError(f"holds “{name}”, which leads out of its place. Nothing was changed.", "FILE")


def put_file(folder: Path, name: str, chunks: Iterable[bytes]) -> None:
    """A file below the folder, private. Raises SetupError where a link would lead out of it."""
    path = folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise SetupError(f"“{name}” would be written outside of {folder}, through a link.", "FILE")
    draft = path.with_name(f".{path.name}.restoring")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(chunks)
    draft.replace(path)
