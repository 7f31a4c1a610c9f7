"""A restore that is killed leaves secrets that can be read, and a start that says what to do."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, Up, copy_migrated_file

pytestmark = pytest.mark.processes

# Begins every script: an installation in the DATA_DIR of its environment.
BEGIN = """
import os, signal, django
django.setup()
from django.core.management import call_command
from integration.backup import archive, restore
from integration.models import Connection
from tests.command_output import Output
def kill(*args, **options): os.kill(os.getpid(), signal.SIGKILL)
def secrets(): print("secrets:", [one.credentials["access_token"] for one in Connection.objects.all()])
"""
SET_UP = """
Connection.objects.create(key="{0}", name="{0}", provider="gist", credentials={{"access_token": "{0}"}})
call_command("backup", "{1}", "--with-keys")
"""
LOOK = """
secrets()
print("up:", Output("up").failure)
print("doctor:", *[line for line in Output("doctor").lines if "restore" in line])
print("again:", Output("restore", "{0}", "--force").failure)
print("doctor:", *[line for line in Output("doctor").lines if "restore" in line])
secrets()
"""
# Where it is killed.
PLACES = {
    "before the rows": "restore._restore_rows = kill",
    "while rows are put in": "restore.load_lines = kill",
    "between rows and files": "archive.Drafts.put_in_place = kill",
    "between two files": "archive.Drafts.put_in_place = lambda self: (list(self.paths)[0].replace("
    "list(self.paths.values())[0]), kill())",
}


def run(folder, script):
    """What a script prints that runs in this installation; its exit code."""
    env = {**Up(folder).env, "DJANGO_SETTINGS_MODULE": "dashboard.settings", "PYTHONPATH": str(ROOT), "REDIS_URL": ""}
    done = subprocess.run([sys.executable, "-c", BEGIN + script], env=env, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout or done.stderr


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """An installation with “old”, and the backup, with keys, of another one with “new”."""
    folder = tmp_path_factory.mktemp("two")
    for name in ("old", "new"):
        copy_migrated_file(folder / name)
        code, said = run(folder / name, SET_UP.format(name, folder / f"{name}.tar.gz"))
        assert code == 0, said
    return folder


@pytest.fixture
def old(two, tmp_path):
    return Path(shutil.copytree(two / "old", tmp_path / "installation"))


@pytest.mark.parametrize("place", PLACES)
def test_a_kill_leaves_one_state_that_can_be_read_and_says_what_to_do(two, old, place):
    backup = two / "new.tar.gz"
    assert run(old, f"{PLACES[place]}\ncall_command('restore', '{backup}', '--force')")[0] == -signal.SIGKILL
    code, said = run(old, LOOK.format(backup))
    assert code == 0, said
    before, up, doctor, again, afterwards, after = said.splitlines()
    assert before in ("secrets: ['old']", "secrets: ['new']")
    for sentence in (up, doctor):
        assert f"Run `manage.py restore {backup} --force` once more" in sentence
    assert (again, afterwards, after) == ("again: ", "doctor:", "secrets: ['new']")
    assert (old / "encryption_keys").read_text() == (two / "new" / "encryption_keys").read_text()


def test_a_restore_that_fails_is_not_noted_and_keeps_the_keys(two, old):
    keys = (old / "encryption_keys").read_text()
    fails = "def fail(*args): raise ValueError\nrestore.load_lines = fail\n"
    _, said = run(old, f"{fails}print(Output('restore', '{two / 'new.tar.gz'}', '--force').failure)")
    assert "Nothing was changed" in said
    assert (old / "encryption_keys").read_text() == keys
    assert not (old / ".restore-under-way").exists()
