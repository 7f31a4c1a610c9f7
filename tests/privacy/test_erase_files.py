"""Nothing of an erased person is left in the bytes of the database, its write-ahead log, or anything in DATA_DIR."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]
MARK = b"MARKED-VALUE"
# Rows that were changed and deleted before leave their old values behind, unless they are overwritten.
SEED = """
from integration.models import Connection, Link, Run, Snapshot
gist = Connection.objects.create(key="g", name="G", provider="gist")
ghl = Connection.objects.create(key="h", name="H", provider="ghl", account_id="loc")
link = Link.objects.create(key="alder", name="Alder", gist=gist, ghl=ghl)
facts = dict(link=link, side="gist", base={})
theo = Snapshot.objects.create(external_id="1", email="theo@example.test", label="MARKED-VALUE", **facts)
for number in range(40):
    theo.undecided = {"bio": f"MARKED-VALUE {number} " * 300}
    theo.save()
Snapshot.objects.create(external_id="2", email="zoe@example.test", label="Zoe Ray", **facts)
"""


def manage(data_dir, *arguments):
    environment = {**os.environ, "DATA_DIR": str(data_dir), "DATABASE_URL": "", "REDIS_URL": "", "DEMO": "false"}
    ran = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def bytes_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_byte_of_a_file_holds_them(tmp_path):
    manage(tmp_path, "migrate", "-v0")
    manage(tmp_path, "shell", "-c", SEED)
    assert MARK in bytes_in(tmp_path)
    manage(tmp_path, "erase", "alder", "--email", "theo@example.test", "--yes")
    left = bytes_in(tmp_path)
    assert (MARK in left, b"theo@example.test" in left, b"zoe@example.test" in left) == (False, False, True)
