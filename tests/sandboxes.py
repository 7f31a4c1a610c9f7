"""The sandbox's file made once per test process and copied for each test: making it takes longer than most tests."""

import json
import shutil
from pathlib import Path

from django.conf import settings
from django.test import Client, override_settings

FILE = "sandbox.sqlite3"


class Sandboxes:
    """Under `folder`: "demo", as the sandbox starts, "empty", without people and without limits, and signing keys."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._make("demo")
        self._make("empty", reset={"world": "empty"}, limits={"ghl": None, "gist": None})

    @property
    def keys(self) -> Path:
        """Where the twin of every test finds its signing keys, once one of them has asked for them."""
        return self.folder / "sandbox-webhook-keys"

    def copy(self, world: str, data_dir: Path) -> None:
        shutil.copyfile(self.folder / world / FILE, data_dir / FILE)

    def _make(self, world: str, **controls: object) -> None:
        from integration.twin.store import current_store

        with override_settings(DATA_DIR=self.folder / world, ALLOWED_HOSTS=["testserver"]):
            store = current_store()
            for name, body in controls.items():
                client = Client(headers={"Authorization": f"Bearer {settings.SANDBOX_CONTROL_KEY}"})
                answer = client.post(f"/sandbox/control/{name}/", json.dumps(body), content_type="application/json")
                assert answer.status_code == 200, answer.content
            store.sql.execute("VACUUM")
            # The last connection takes everything from the log into the file, which is then complete.
            store.close()
