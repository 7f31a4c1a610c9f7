"""Keys that are generated once into the data folder when the environment names none."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from dashboard.environment import SettingError


def read_or_generate(data_dir: Path, name: str) -> str:
    """The content of `<data_dir>/<name>`, made on first use and readable by its owner only. Raises SettingError.

    Two processes may start at once: the file is created exclusively, and the loser reads the winner's.
    """
    try:
        return _read_or_generate(data_dir, name)
    except OSError as problem:
        raise SettingError(
            f"DATA_DIR {data_dir} cannot be used: {problem.strerror} ({problem.filename}). "
            "Set DATA_DIR to a folder that the user who runs Gistline may write to."
        ) from problem


def _read_or_generate(data_dir: Path, name: str) -> str:
    path = data_dir / name
    if not path.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        value = Fernet.generate_key().decode() if name == "encryption_keys" else secrets.token_urlsafe(50)
        draft = data_dir / f".{name}.{os.getpid()}"
        # The mode is set when the file is made: between writing and a later chmod anybody could read the key.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
        try:
            # Unlike a rename, a link fails when the name exists already: no process can replace a key that another one
            # has begun to encrypt with.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
