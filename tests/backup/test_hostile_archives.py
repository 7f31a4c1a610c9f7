"""Archives made by somebody who means harm, or cut and joined by hand: each is refused with a sentence, before anything
is written, in the memory and on the disk that a backup of this size may take.
"""

import gzip
import io
import json
import struct
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django_q.brokers import get_broker
from django_q.models import OrmQ

from integration.backup import rows
from integration.backup.create import create_backup
from integration.models import Link
from tests.backup.archives import change_rows, everything, rebuild
from tests.command_output import Output
from tests.dashboard import things
from tests.dashboard.browser import Browser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def archive(ann, owner, tmp_path):
    """A backup of a link with a person, in a folder of its own."""
    (tmp_path / "backups").mkdir()
    made = tmp_path / "backups" / "gistline.tar.gz"
    create_backup(made, with_keys=True)
    Link.objects.update(name="newer")
    return made


def refusal(archive):
    """The sentence, where rows and files stayed as they were."""
    before, files = everything(), files_now()
    sentence = Output("restore", str(archive), "--force").failure
    assert (everything(), files_now()) == (before, files)
    assert sentence
    return sentence


def files_now():
    folder = Path(settings.DATA_DIR)
    return {
        path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*") if "sqlite3" not in str(path)
    }


# Names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "data/{}/sub/x",
        "data/./x",
        "./data/x",
        "data//x",
        "data/x/",
        "database//integration_link.jsonl",
        "keys/./secret_key",
    ],
)
def test_a_name_that_is_spelled_otherwise_is_refused_and_makes_no_folder_outside(archive, tmp_path, name):
    outside = tmp_path / "outside"
    rebuild(archive, lambda kept, facts: kept.update({name.format(outside): b"x"}))
    assert "leads out of its place" in refusal(archive)
    assert not outside.exists()


def test_no_folder_is_made_through_a_link_in_the_data_folder(archive, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    Path(settings.DATA_DIR, "linked").symlink_to(outside)
    rebuild(archive, lambda kept, facts: kept.update({"data/linked/made/x": b"x"}))
    assert "outside of" in Output("restore", str(archive), "--force").failure
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("names", [["data/imports"], ["data/a", "data/a/b"], ["data/a/b", "data/a"]])
def test_a_file_where_a_folder_stands_is_refused_before_rows_are_put_in(archive, names):
    Path(settings.DATA_DIR, "imports").mkdir(exist_ok=True)
    rebuild(archive, lambda kept, facts: kept.update(dict.fromkeys(names, b"x")))
    assert "cannot be written" in refusal(archive)


# Headers ----------------------------------------------------------------------------------------------------


def write_headers(path, *blocks):
    with gzip.open(path, "wb") as file:
        for block in blocks:
            file.write(block)
        file.write(bytes(1024))


def header(name, size, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, max(size, 0)
    made = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    if size < 0:
        made[124:136] = struct.pack(">I", 0xFFFFFFFF) + struct.pack(">q", size)
        made[148:156] = b"        "
        made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_of_gigabytes_is_not_read(archive, kind):
    write_headers(archive, header("x", 300 * 1024**2, kind), bytes(300 * 1024**2))
    assert "is no backup of Gistline" in refusal(archive)


def test_a_size_below_zero_does_not_turn_in_circles(archive):
    write_headers(archive, header("data/x", -512), header("data/y", 0))
    assert "is no backup of Gistline" in refusal(archive)


def test_a_file_that_is_mostly_holes_is_no_plain_file(archive):
    sparse = bytearray(tarfile.TarInfo("data/x").tobuf(tarfile.GNU_FORMAT))
    sparse[156:157] = tarfile.GNUTYPE_SPARSE
    sparse[386:410] = b"%011o\0%011o\0" % (0, 0)
    sparse[483:495] = struct.pack(">I", 0x80000000) + struct.pack(">q", 1 << 61)
    sparse[148:156] = b"        "
    sparse[148:156] = b"%06o\0 " % sum(sparse)
    write_headers(archive, bytes(sparse))
    assert "no plain file" in refusal(archive)


def test_more_members_than_any_backup_has_are_not_gathered(archive, monkeypatch):
    monkeypatch.setattr("integration.backup.archive.MOST_MEMBERS", 20)
    write_headers(archive, *(header(f"data/{number}", 0) for number in range(21)))
    assert "members" in refusal(archive)


def test_more_than_the_disk_takes_is_refused_before_it_is_read(archive):
    write_headers(archive, header("data/x", 1 << 60))
    assert "room" in refusal(archive)


# Facts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "facts",
    [
        {"format": None}, {"format": "1"}, {"key_check": 5}, {"key_check": None}, {"migrations": [1]},
        {"migrations": 1}, {"migrations": [[[], "x"]]}, {"migrations": [["integration", {}]]},
    ],
)  # fmt: skip
def test_facts_of_another_shape_are_refused(archive, facts):
    rebuild(archive, lambda kept, known: known.update(facts))
    assert refusal(archive)


@pytest.mark.parametrize("name", ["format", "key_check", "migrations", "members"])
def test_facts_that_are_missing_are_missed(archive, name):
    rebuild(archive, lambda kept, known: known.pop(name))
    assert "is no backup of Gistline" in refusal(archive)


@pytest.mark.parametrize("folder", ["database/integration_link.jsonl", "database/django_content_type", "database"])
def test_a_backup_that_lacks_a_table_is_refused(archive, folder):
    def change(kept, facts):
        for name in [one for one in kept if one.startswith(folder)]:
            del kept[name]

    rebuild(archive, change)
    assert "lacks rows of the table" in refusal(archive) or folder == "database/integration_link.jsonl"


def test_a_second_manifest_is_refused(archive):
    with tarfile.open(archive) as tar:
        kept = [(one, tar.extractfile(one).read()) for one in tar]
    with tarfile.open(archive, "w:gz") as tar:
        for info, content in [*kept, kept[-1]]:
            tar.addfile(info, io.BytesIO(content))
    assert "twice" in refusal(archive)


# Keys -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("encryption_keys", b"\xff\xfe"), ("encryption_keys", b""), ("encryption_keys", b"no key"),
        ("encryption_keys", b"A" * 43 + b"="), ("encryption_keys", b"a" * 100_000), ("secret_key", b""),
        ("secret_key", b"\xff"), ("secret_key", b"two\nlines"), ("secret_key", None), ("encryption_keys", None),
    ],
)  # fmt: skip
def test_a_key_file_with_anything_else_than_the_keys_is_refused(archive, name, content):
    """It would take the place of the keys that are in use: after it nothing could be read, or nothing would start."""

    def change(kept, facts):
        if content is None:
            del kept[f"keys/{name}"]
        else:
            kept[f"keys/{name}"] = content

    rebuild(archive, change)
    assert "keys" in refusal(archive)


# Rows -------------------------------------------------------------------------------------------------------


def with_value(archive, table, column, value):
    """In every row, as JSON text."""
    head = []

    def change(line):
        row = json.loads(line)
        if not head:
            head.extend(row)
            return line
        row[head.index(column)] = "@@"
        return json.dumps(row).replace('"@@"', value).encode() + b"\n"

    change_rows(archive, table, change)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gist_id", '"no number"'), ("gist_id", "1e999"), ("gist_id", str(1 << 70)), ("gist_id", "987654"),
        ("id", "true"), ("worker_called", '"yes"'), ("worker_called", "7"), ("schedule_minutes", '"x"'),
        ("name", "17"), ("name", '["a"]'), ("name", '{"a": 1}'), ("name", '"\\ud800"'), ("name", "null"),
        ("lease_until", '"tomorrow"'), ("lease_until", "5"), ("lease_until", '"0001-01-01T00:00:00+14:00"'),
        ("match", "1"), ("match", '"{"'), ("match", '"[NaN]"'),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_on_both_databases(archive, column, value):
    with_value(archive, "integration_link", column, value)
    assert "rows that the database does not take" in refusal(archive)


def test_bytes_that_are_no_base64_are_refused(archive, link):
    things.event(link, body=b"x")
    create_backup(archive, with_keys=False)
    with_value(archive, "integration_inboxevent", "body", '"!!!?"')
    assert "rows that the database does not take" in refusal(archive)


@pytest.mark.parametrize(
    "head", ["[]", "{}", "5", '["id", "id"]', '["id; DROP TABLE integration_link"]', '["id"]', '"id"']
)
def test_columns_that_the_table_does_not_have_are_refused(archive, head):
    lines = iter([head.encode() + b"\n"])
    change_rows(archive, "integration_link", lambda line: next(lines, line))
    assert "rows that the database does not take" in refusal(archive)


def test_rows_of_many_megabytes_are_put_in_one_after_the_other(archive, monkeypatch):
    """Five hundred at once would be all in memory."""
    monkeypatch.setattr("integration.backup.rows.BYTES_AT_ONCE", 1_000)
    assert list(rows.batches(iter([b"x" * 600] * 5))) == [[b"x" * 600] * 2, [b"x" * 600] * 2, [b"x" * 600]]


def test_a_row_within_a_row_is_refused_before_it_fills_the_memory(archive):
    with_value(archive, "integration_link", "name", "[" + "[]," * 300_000 + "[]]")
    assert "rows that the database does not take" in refusal(archive)


# Sessions and jobs ------------------------------------------------------------------------------------------


def test_nobody_stays_signed_in_and_no_job_of_before_is_carried_out(archive, owner):
    browser = Browser(owner)
    assert browser.get("overview").status_code == 200
    OrmQ.objects.create(key=get_broker().list_key, payload="a job about run 1", lock=None)
    assert Output("restore", str(archive), "--force").failure == ""
    assert (Session.objects.count(), OrmQ.objects.count()) == (0, 0)
    assert browser.get("overview").status_code == 302
