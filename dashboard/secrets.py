"""Keys that are generated once into the data folder when the environment names none."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def generated(data_dir: Path, name: str) -> str:
    """The content of `<data_dir>/<name>`, made on first use and readable by its owner only.

    Two processes may start at once: the file is created exclusively, and the loser reads the winner's.
    """
    path = data_dir / name
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        value = Fernet.generate_key().decode() if name == "encryption_keys" else secrets.token_urlsafe(50)
        draft = data_dir / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
