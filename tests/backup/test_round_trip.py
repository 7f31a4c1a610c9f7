"""A backup holds everything and comes back as it was; what is no backup of ours, or not for here, changes nothing."""

import io
import stat
import tarfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from integration.backup.archive import Drafts, open_archive, write_archive
from integration.backup.create import create_backup
from integration.backup.restore import restore_backup
from integration.errors import SetupError
from integration.models import Connection, InboxEvent, Link
from tests.backup.archives import change_rows, everything
from tests.command_output import Output
from tests.dashboard import things

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "gistline.tar.gz"


@pytest.fixture
def full(ann, owner, settings):
    """A link with people, a webhook in bytes that are no text, and a file on disk."""
    things.event(ann.link, body=b"\x00\xff{", headers={"a": None}, state="refused")
    Path(settings.DATA_DIR, "spool").mkdir(exist_ok=True)
    Path(settings.DATA_DIR, "spool", "1-event.json").write_text("kept")
    return ann.link


def test_everything_comes_back_as_it_was(full, archive, settings):
    before = everything()
    Output("backup", str(archive))
    Link.objects.update(name="changed")
    InboxEvent.objects.all().delete()
    Path(settings.DATA_DIR, "spool", "1-event.json").unlink()
    restore_backup(archive, force=True)
    assert everything() == before
    assert Path(settings.DATA_DIR, "spool", "1-event.json").read_text() == "kept"
    assert things.links(1)[0].pk > full.pk


def test_an_archive_is_for_its_owner_only_and_holds_no_keys(full, archive, settings):
    Output("backup", str(archive))
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with tarfile.open(archive) as tar:
        content = b"".join(tar.extractfile(one).read() for one in tar)
    assert not [key for key in settings.ENCRYPTION_KEYS if key.encode() in content]
    assert settings.SECRET_KEY.encode() not in content
    assert list(archive.parent.iterdir()) == [archive]


def test_without_its_keys_it_is_refused_and_with_them_it_opens(full, archive, settings):
    create_backup(archive, with_keys=False)
    with_keys = archive.with_name("with-keys.tar.gz")
    create_backup(with_keys, with_keys=True)
    own = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "ENCRYPTION_KEYS" in Output("restore", str(archive), "--force").failure
    assert Output("restore", str(with_keys), "--force").failure == ""
    assert Path(settings.DATA_DIR, "encryption_keys").read_text() == ",".join(own)
    assert Connection.objects.get(provider="gist").credentials["access_token"]


def test_a_database_with_rows_is_not_replaced_by_accident(full, archive):
    Output("backup", str(archive))
    Link.objects.update(name="changed")
    assert "--force" in Output("restore", str(archive)).failure
    assert Link.objects.get().name == "changed"


def test_a_backup_of_a_newer_version_is_refused(full, archive, monkeypatch):
    create_backup(archive, with_keys=False)
    found = open_archive(archive)
    found.manifest["migrations"].append(["integration", "9999_later"])
    monkeypatch.setattr("integration.backup.restore.open_archive", lambda path: found)
    with pytest.raises(SetupError, match="newer version"):
        restore_backup(archive, force=True)


# Archives that anybody may have made ----------------------------------------------------------------------


def tar_with(path, **facts):
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo(facts.pop("name"))
        for name, value in facts.items():
            setattr(info, name, value)
        info.size = 4 if info.isreg() else 0
        tar.addfile(info, io.BytesIO(b"evil"))
    return path


@pytest.mark.parametrize("name", ["data/../../evil", "/etc/evil", "evil", "data/a\\..\\b", "other/x", "data/.."])
def test_a_name_that_leads_out_of_its_place_is_refused(archive, name):
    assert "leads out of its place" in Output("restore", str(tar_with(archive, name=name))).failure


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_is_refused(archive, kind):
    made = tar_with(archive, name="data/link", type=kind, linkname="/etc/passwd")
    assert "no plain file" in Output("restore", str(made)).failure


def test_a_link_in_the_data_folder_leads_nowhere(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path)
    with pytest.raises(SetupError, match="outside of"):
        Drafts(tmp_path / "data").add("link/evil", [b"x"])
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("damage", ["cut", "changed", "no manifest", "text"])
def test_what_is_damaged_is_refused(full, archive, damage):
    create_backup(archive, with_keys=False)
    if damage == "cut":
        archive.write_bytes(archive.read_bytes()[:-200])
    elif damage == "text":
        archive.write_text("hello")
    elif damage == "no manifest":
        tar_with(archive, name="data/x")
    else:
        rewrite(archive)
    Link.objects.update(name="changed")
    assert "is no backup of Gistline, or a damaged one" in Output("restore", str(archive), "--force").failure
    assert Link.objects.get().name == "changed"


def rewrite(archive):
    with tarfile.open(archive) as tar:
        kept = {one.name: tar.extractfile(one).read() for one in tar}
    kept["database/integration_link.jsonl"] += b"\n"
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in kept.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def test_a_backup_that_fails_leaves_nothing_behind(full, archive):
    with pytest.raises(RuntimeError), write_archive(archive):
        raise RuntimeError
    assert list(archive.parent.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["data/encryption_keys", "data/.hidden/x", "data/static/app.js", "keys/other", "database/x.sql", "data/secret_key"],
)
def test_a_name_that_no_backup_has_is_refused(archive, name):
    assert "part of no backup" in Output("restore", str(tar_with(archive, name=name))).failure


def test_the_database_s_own_file_is_not_replaced_by_a_member(archive, settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", "/data/gistline.sqlite3")
    for name in ("gistline.sqlite3", "gistline.sqlite3-wal"):
        with pytest.raises(SetupError, match="part of no backup"):
            open_archive(tar_with(archive, name=f"data/{name}"))


def test_a_member_that_stands_there_twice_is_refused(full, archive):
    create_backup(archive, with_keys=False)
    with tarfile.open(archive) as tar:
        kept = [(one, tar.extractfile(one).read()) for one in tar]
    with tarfile.open(archive, "w:gz") as tar:
        for info, content in [kept[0], *kept]:
            tar.addfile(info, io.BytesIO(content))
    assert "twice" in Output("restore", str(archive), "--force").failure


# What fails half-way ---------------------------------------------------------------------------------------


def test_a_disk_that_is_full_half_way_leaves_rows_and_files_as_they_were(full, archive, settings, monkeypatch):
    kept = Path(settings.DATA_DIR, "spool", "1-event.json")
    create_backup(archive, with_keys=True)
    kept.write_text("newer")
    before = everything()

    def refuse(self, name, chunks, add=Drafts.add):
        if name == "secret_key":
            chunks = raise_full()
        add(self, name, chunks)

    monkeypatch.setattr(Drafts, "add", refuse)
    assert "No space left on device" in Output("restore", str(archive), "--force").failure
    assert everything() == before
    assert kept.read_text() == "newer"
    assert not list(Path(settings.DATA_DIR).rglob("*.restoring"))


def raise_full():
    yield b"x"
    raise OSError(28, "No space left on device")


def test_rows_that_the_database_refuses_half_way_leave_the_old_state(full, archive):
    create_backup(archive, with_keys=False)
    change_rows(archive, "integration_link", lambda line: line.replace(b'"alder"', b"null"))
    Link.objects.update(name="newer")
    before = everything()
    assert "rows that the database does not take" in Output("restore", str(archive), "--force").failure
    assert everything() == before
