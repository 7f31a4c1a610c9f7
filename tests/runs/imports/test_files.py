"""Imported files on disk: for nobody else on the machine, and not for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from integration.errors import SetupError
from integration.models import ImportFile
from integration.runs.imports.files import folder_of, keep_file, path_of, remove_old_files
from integration.runs.imports.start import start_import

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 2, tzinfo=UTC)
LIMIT = NOW - timedelta(days=30)
LINES = "E-mail\nann@example.test\n"


def test_nobody_else_may_read_what_was_uploaded(bring):
    folder = folder_of(bring(LINES))
    assert [path.stat().st_mode & 0o077 for path in (folder.parent, folder)] == [0, 0]


def test_more_than_the_limit_is_refused_and_leaves_nothing(link, settings):
    settings.IMPORT_MAX_MB = 1
    with pytest.raises(SetupError, match="more than 1 MB"):
        keep_file(link, "people.csv", iter([b"x" * 600_000] * 2))
    assert not ImportFile.objects.exists()
    assert not list((settings.DATA_DIR / "imports").iterdir())


def test_after_their_time_the_bytes_are_deleted_and_what_became_of_them_stays(bring, imported):
    run = imported(LINES)
    old = NOW - timedelta(days=30, minutes=1)
    ImportFile.objects.filter(pk=run.import_file_id).update(created_at=old)
    young = bring(LINES)
    assert remove_old_files(LIMIT) == 1
    assert not folder_of(run.import_file).exists()
    assert path_of(young).exists()
    run.refresh_from_db()
    with pytest.raises(SetupError, match="deleted after its time"):
        start_import(run.import_file)
    assert run.entries.exists()


def test_the_file_of_a_run_under_way_stays(bring):
    file = bring(LINES)
    start_import(file)
    ImportFile.objects.update(created_at=NOW - timedelta(days=31))
    assert (remove_old_files(LIMIT), path_of(file).exists()) == (0, True)


def test_a_path_in_the_name_of_a_file_leads_nowhere(bring):
    assert bring(LINES, "../../etc/passwd").name == "passwd"
