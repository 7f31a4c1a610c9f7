"""What Gistline writes to disk is for the user who runs it: others on the machine read no key and no contact."""

import os
import stat

import pytest

from integration.management.private_files import close_to_others, open_to_others
from tests.processes import Up
from tests.test_upkeep_commands import checks


def mode(path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.fixture
def old_folder(settings, monkeypatch, tmp_path):
    """As an earlier version left it, with a database elsewhere."""
    settings.DATA_DIR = tmp_path / "data"
    settings.BASE_DIR = tmp_path
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(tmp_path / "own.sqlite3"))
    for name in ("spool", "sandbox-webhook-keys", "backup"):
        (settings.DATA_DIR / name).mkdir(parents=True)
        (settings.DATA_DIR / name / "one").touch()
    for name in ("encryption_keys", "gistline.sqlite3", "gistline.sqlite3-wal", "gistline.sqlite3-shm"):
        (settings.DATA_DIR / name).touch()
    (tmp_path / "own.sqlite3").touch()
    for path in (settings.DATA_DIR, *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return settings.DATA_DIR


def test_what_an_earlier_version_left_open_is_closed(old_folder):
    close_to_others()
    assert {path.name: mode(path) for path in (old_folder, old_folder / "spool")} == {"data": "0o700", "spool": "0o700"}
    files = [old_folder.parent / "own.sqlite3", old_folder / "spool" / "one", old_folder / "encryption_keys"]
    files += old_folder.glob("gistline.sqlite3*")
    assert {mode(path) for path in files} == {"0o600"}


def test_what_is_not_ours_keeps_its_rights(old_folder, tmp_path):
    outside = tmp_path / "outside"
    outside.touch(0o644)
    outside.chmod(0o644)
    (old_folder / "link").symlink_to(outside)
    close_to_others()
    assert (mode(outside), mode(old_folder / "backup")) == ("0o644", "0o755")


def test_rights_that_cannot_be_changed_are_logged_and_stop_nothing(old_folder, monkeypatch, caplog):
    def refuse(path, mode):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.chmod", refuse)
    close_to_others()
    assert f"{old_folder} stays open to others" in caplog.text


@pytest.mark.django_db
def test_doctor_names_what_others_can_read(settings, tmp_path):
    settings.DATA_DIR, settings.BASE_DIR = tmp_path / "data", tmp_path
    settings.DATA_DIR.mkdir()
    settings.DATA_DIR.chmod(0o750)
    (tmp_path / ".env").touch()
    (tmp_path / ".env").chmod(0o644)
    ok, detail = checks()["files"]
    assert (ok, f"can read {tmp_path / 'data'}, {tmp_path / '.env'}." in detail) == (False, True)
    (tmp_path / ".env").chmod(0o640)
    close_to_others()
    assert checks()["files"][0]


def test_a_database_beside_the_folder_is_looked_at_too(old_folder):
    old_folder.chmod(0o700)
    assert open_to_others() == [old_folder.parent / "own.sqlite3"]


@pytest.mark.processes
def test_nothing_that_a_start_makes_can_be_read_by_others(tmp_path):
    """Not even when the one who starts it writes for everybody otherwise."""
    before = os.umask(0o022)
    up = Up(tmp_path / "data", migrated=False)
    try:
        up.start(90)
        found = {str(path.relative_to(tmp_path)): mode(path) for path in (up.folder, *up.folder.rglob("*"))}
    finally:
        up.end()
        os.umask(before)
    # The test itself makes this one; static files are for everybody who opens a page, and in a folder that is closed.
    found = {name: rights for name, rights in found.items() if name != "data/up.log" and "/static/" not in name}
    assert {"data/gistline.sqlite3", "data/encryption_keys", "data/secret_key"} <= found.keys()
    assert {name: rights for name, rights in found.items() if int(rights, 8) & 0o077} == {}
