"""Whatever is brought as a file: a sentence or a check of all its rows, on every page and in the import itself."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from integration.imports.csv_source import DELIMITERS
from integration.models import CheckState, ImportFile
from integration.runs.imports.files import path_of
from integration.runs.imports.rejected import rejected_pieces
from integration.runs.imports.start import start_import
from tests.dashboard.browser import Browser
from tests.fuzzing import examples
from tests.world import finish

pytestmark = pytest.mark.django_db
ENDS = ["\n", "\r\n"]
HEADER = ["E-mail", "Name", "Tags", "Note", "Born", "Task", "ghl:city", "Nothing"]
LETTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\0\r\n\t\"';,=@\ufeff\ufffd\u202e")
CELLS = st.text(LETTERS, max_size=12) | st.sampled_from(
    ["ann@example.test", "ANN@example.test ", "bo@example.test", "+1 415 555 2671", "2026-02-30", "31.12.1990", "1e999",
     "=1+1", "9" * 400, "x" * 101_000, "true", "Gold;Silver", '"a, b"', "{{ Name }}", "mañana", "0", "-", "n/a"]
)  # fmt: skip
ROWS = st.lists(st.lists(CELLS, max_size=9), max_size=5)


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "gb18030"]


@dataclass
class Brought:
    """Bytes, how they are read as chosen on the page, and how many rows they hold where that is known."""

    content: bytes
    encoding: str = ""
    delimiter: str = ""
    rows: int | None = None


def rows_of(rows):
    """How many rows stand below the first that is not blank."""
    return max(0, sum(any(cell.strip() for cell in row) for row in rows) - 1)


@st.composite
def csv_files(draw):
    """As a program writes them, with anything in them."""
    rows = [HEADER[: draw(st.integers(0, 8))], *draw(ROWS)]
    sign, encoding = draw(st.sampled_from(sorted(DELIMITERS))), draw(st.sampled_from(ENCODINGS))
    text = io.StringIO()
    csv.writer(text, delimiter=sign, lineterminator=draw(st.sampled_from(ENDS)), quoting=csv.QUOTE_ALL).writerows(rows)
    content = text.getvalue().encode(encoding, "replace")
    return Brought(content, encoding, DELIMITERS[sign], rows_of(rows))


@st.composite
def spoiled_files(draw):
    """Cut, with other bytes in the middle, or written in something else; read as detected, or as they are not."""
    one = draw(csv_files())
    place = draw(st.integers(0, len(one.content)))
    other = one.content.decode(one.encoding).encode(draw(st.sampled_from(["utf-32", "cp037", "utf-7"])), "replace")
    more = draw(st.sampled_from([b"\0", b'"', b"\xff\xfe", b"\r", b"\xed\xa0\x80", b"", b"sep=|\n"]))
    changed = draw(st.sampled_from([one.content[:place], one.content[:place] + more + one.content[place:], other]))
    return Brought(changed, draw(st.sampled_from(["", *ENCODINGS])), draw(st.sampled_from(["", *DELIMITERS.values()])))


VALUES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | (
    st.dates(date(1900, 1, 1)) | st.datetimes(datetime.fromisoformat("1900-01-01")) | st.times() | st.timedeltas()
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
    | st.sampled_from(["ann@example.test", "=1+1", "=A1", "#REF!", "_x0000_", "x" * 32_000, time(0), 1e300, 60, -1])
)  # fmt: skip


@st.composite
def workbooks(draw):
    book = Workbook()
    rows = [HEADER[: draw(st.integers(0, 8))], *draw(st.lists(st.lists(VALUES, max_size=9), max_size=5))]
    for row in rows:
        book.active.append(row)
    for _ in range(draw(st.integers(0, 2))):
        book.create_sheet().append(["Wrong", "sheet"])
    book.save(file := io.BytesIO())
    return Brought(file.getvalue(), rows=rows_of([[shown(value) for value in row] for row in rows]))


def shown(value):
    """A formula that no program has computed is blank."""
    return "" if value is None or str(value).startswith("=") else str(value)


NUMBERS = st.sampled_from(
    [b"0", b"-1", b"1048577", b"99999999999", b"1e308", b"NaN", b"x", b"", b"&#0;", b"2147483648"]
)
PIECES = st.sampled_from([
    b"<row>", b"</row>", b'<c r="XFD1" t="s"><v>9</v></c>', b'<c t="d"><v>9999-99-99</v></c>', b"<f>1/0</f>", b"<t/>",
    b'<c r="A1" t="e"><v>#N/A</v></c>', b'<c r="A0"/>', b'<c t="b"><v>2</v></c>', b"<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
    b"\0", b"\xff\xfe", b"<mergeCell ref='A1:ZZ99'/>", b"<dimension ref='A1:XFD1048576'/>", b"<sheet/>", b"<is><t>a",
])  # fmt: skip


@st.composite
def spoiled_workbooks(draw):
    """One of the files in the archive is cut, changed or gone; or the archive itself is."""
    content = draw(workbooks()).content
    if draw(st.integers(0, 3)) == 0:
        return Brought(spoil(draw, content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(parts)))
    parts[name] = draw(st.sampled_from([spoil_part, spoil]))(draw, parts[name])
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", draw(st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]))) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return Brought(written.getvalue())


def somewhere(draw, length):
    """A place before `length`, drawn alike for every length: a workbook holds the time at which it was written."""
    return draw(st.integers(0, 9_999)) * length // 10_000


def spoil(draw, content):
    place, more = somewhere(draw, len(content) + 1), draw(st.integers(0, 8))
    return content[:place] + draw(st.binary(max_size=8)) + content[place + more :] * draw(st.integers(0, 1))


def spoil_part(draw, content):
    """A number of it is another one, or something stands behind a mark of it."""
    found = list(re.finditer(rb"\d+|>", content))
    one = found[somewhere(draw, len(found))] if found else re.match(b"", content)
    other = b">" + draw(PIECES) if one[0] == b">" else draw(NUMBERS)
    return content[: one.start()] + other + content[one.end() :]


@pytest.fixture
def browser(owner):
    browser = Browser(raise_request_exception=False)
    browser.client.force_login(owner)
    return browser


ANY = (
    csv_files() | spoiled_files() | workbooks() | spoiled_workbooks() | st.binary(min_size=1, max_size=99).map(Brought)
)


@examples(20)
@given(brought=ANY, name=st.sampled_from(["a.csv", "a.xlsx", "../../etc/passwd", "a" * 300 + ".csv", "‮vsc.a"]))
def test_any_file_is_checked_or_refused_in_words_and_its_rows_are_all_of_it(browser, link, brought, name):
    file = bring(browser, link, brought.content, name)
    if file is None:
        return
    assert (path_of(file).read_bytes(), "/" in file.name) == (brought.content, False)
    checked = check(browser, file, brought)
    assert brought.rows is None or checked is None or checked == brought.rows


def bring(browser, link, content, name):
    """None where it was refused on the page of the upload."""
    ImportFile.objects.all().delete()
    sent = SimpleUploadedFile(name, content)
    answer = browser.post("import_upload", file=sent, link=link.pk, target="both", mode="both")
    assert (answer.status_code, ImportFile.objects.count()) in ((302, 1), (422, 0))
    return ImportFile.objects.first()


def check(browser, file, brought):
    """The number of rows that were checked; None where a page says why they were not."""
    form = {"target": "both", "mode": "both", "encoding": brought.encoding, "delimiter": brought.delimiter}
    answer = browser.go(browser.post("import", file.pk, **form, do="check"))
    file.refresh_from_db()
    assert answer.status_code == 200
    assert browser.get("import", file.pk, row=3).status_code == 200
    if file.check_state == CheckState.DONE:
        return file.check_result["rows"]
    assert file.check_state in (CheckState.NONE, CheckState.FAILED)
    return None


@examples(15)
@given(brought=ANY)
def test_any_file_is_imported_row_by_row_or_not_at_all(bring, world, brought):
    """Every row is counted once; a run that cannot read the file has written nothing."""
    before = world.everyone("ghl") + world.everyone("gist")
    file = bring(brought.content, encoding=brought.encoding, delimiter=brought.delimiter)
    run = finish(start_import(file))
    assert run.error_code in ("", "setup")
    if run.error_code:
        assert world.everyone("ghl") + world.everyone("gist") == before
    else:
        assert brought.rows in (None, run.examined)
        sign = {name: sign for sign, name in DELIMITERS.items()}.get(brought.delimiter, ",")
        assert brought.rows is None or rows_left_over(run, sign) == run.skipped + run.failed


def rows_left_over(run, sign):
    """In the file that a person can fetch."""
    text = b"".join(rejected_pieces(run)).decode()
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""), delimiter=sign)) - 1 if text else 0
