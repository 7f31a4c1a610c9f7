"""Workbooks: the first sheet as a table of texts, whatever the file is called; damaged and huge ones are refused."""

import re
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from integration.errors import SetupError
from integration.imports import read, xlsx_source
from integration.imports.read import open_table


@pytest.fixture
def workbook(tmp_path):
    """The path of a workbook with these rows in its first sheet."""

    def write(*rows, sheets=("People",), name="contacts.xlsx"):
        book = Workbook()
        book.active.title = sheets[0]
        for row in rows:
            book.active.append(row)
        for other in sheets[1:]:
            book.create_sheet(other).append(["Wrong", "sheet"])
        book.save(path := tmp_path / name)
        return path

    return write


def rows(table):
    return [row.cells for row in table.rows()]


def test_values_become_the_texts_that_one_would_type(workbook):
    path = workbook(
        ["Name", "Phone", "Born", "Seen", "Amount", "Active", "Note"],
        ["Ännchen", 4915112345678, date(1990, 12, 31), datetime.fromisoformat("2026-01-02T03:04:05"), 7.5, True, None],
    )
    table = open_table(path)
    assert (table.format, table.delimiter, table.notes) == ("xlsx", "", ())
    assert rows(table) == [("Ännchen", "4915112345678", "1990-12-31", "2026-01-02T03:04:05", "7.5", "true", "")]


def test_short_rows_are_filled_up_and_longer_ones_rejected(workbook):
    table = open_table(workbook(["Name", "City", "Note"], ["Ann"], [None, None, None], ["Bob", "Rome", "x", "more"]))
    checked = list(table.rows())
    assert [(row.number, row.cells, [fault.reason for fault in row.faults]) for row in checked] == [
        (2, ("Ann", "", ""), []),
        (4, ("Bob", "Rome", "x", "more"), ["column_count"]),
    ]


def test_of_several_sheets_the_first_is_read_and_named(workbook):
    table = open_table(workbook(["Name", "City"], ["Ann", "Rome"], sheets=("People", "Old")))
    assert table.notes == ("Of 2 worksheets the first is read: “People”.",)
    assert rows(table) == [("Ann", "Rome")]


def test_a_workbook_that_is_called_csv_is_read_as_what_it_is(workbook):
    assert rows(open_table(workbook(["Name", "City"], ["Ann", "Rome"], name="contacts.csv"))) == [("Ann", "Rome")]


def test_a_formula_is_never_run(workbook):
    """Nobody computed it, so there is no value; the text of it is not taken either."""
    assert rows(open_table(workbook(["Name", "City"], ["Ann", '=HYPERLINK("https://x.example")']))) == [("Ann", "")]


def test_the_header_is_checked_as_in_a_csv(workbook):
    with pytest.raises(SetupError, match="both called “name”"):
        open_table(workbook(["Name", "name"], ["Ann", "Lee"]))
    with pytest.raises(SetupError, match="has a header and no rows"):
        open_table(workbook(["Name", "City"]))
    with pytest.raises(SetupError, match="is empty"):
        open_table(workbook())


SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHARED = f'<sst xmlns="{SPREADSHEET}"><si><t>Name</t></si><si><t>City</t></si></sst>'.encode()
CELLS = "".join(f'<c r="{name}" t="s"><v>{index}</v></c>' for name, index in (("A1", 0), ("B1", 1)))


def rewritten(path, change):
    """The workbook with each of its files changed by `change(name, bytes)`."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, change(name, content))
    return path


def sharing(path, texts, part_name="xl/sharedStrings.xml"):
    """The workbook as Excel writes it: the texts of its first row stand in a list of their own."""
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/' + part_name.encode() + b'" ContentType="' + kind + b'"/></Types>'

    def change(name, content):
        if name == "xl/worksheets/sheet1.xml":
            return re.sub(rb'(<row r="1".*?>).*?(</row>)', rb"\1" + CELLS.encode() + rb"\2", content, count=1)
        return content.replace(b"</Types>", part) if name == "[Content_Types].xml" else content

    rewritten(path, change)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(part_name, texts)
    return path


def test_shared_texts_are_read(workbook):
    table = open_table(sharing(workbook(["?", "?"], ["Ann", "Rome"]), SHARED))
    assert (table.headers, rows(table)) == (("Name", "City"), [("Ann", "Rome")])


@pytest.mark.parametrize("broken", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize("content", [b"", b"<a>", b"\0\1\2"])
def test_a_damaged_workbook_is_refused(workbook, broken, content):
    path = rewritten(
        workbook(["Name", "City"], ["Ann", "Rome"]),
        lambda name, before: content if name == broken else before,
    )
    with pytest.raises(SetupError, match=r"^contacts\.xlsx: The workbook is damaged"):
        list(open_table(path).rows())


@pytest.mark.parametrize("texts", [b"", b"<a>", SHARED[:-12], SHARED.replace(b"<si><t>City</t></si>", b"")])
def test_damaged_shared_texts_are_refused(workbook, texts):
    with pytest.raises(SetupError, match="is damaged"):
        list(open_table(sharing(workbook(["?", "?"], ["Ann", "Rome"]), texts)).rows())


def test_half_a_workbook_is_a_zip_that_nobody_can_open(workbook):
    path = workbook(["Name", "City"], ["Ann", "Rome"])
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(SetupError, match="is a ZIP archive"):
        open_table(path)


@pytest.mark.parametrize("size", [b"A1:XFD1048576", b"A1"])
def test_what_a_sheet_says_of_its_own_size_counts_for_nothing(workbook, size):
    path = rewritten(
        workbook(["Name", "City"], ["Ann", "Rome"]),
        lambda name, content: content.replace(b'ref="A1:B2"', b'ref="' + size + b'"'),
    )
    assert rows(open_table(path)) == [("Ann", "Rome")]


@pytest.mark.parametrize(("moved", "words"), [(1, "is empty"), (2, "no rows"), (3, "more than 1,000 rows")])
def test_a_row_far_below_is_not_waited_for(workbook, monkeypatch, moved, words):
    monkeypatch.setattr(read, "MOST_ROWS", 1000)
    before, after = f'<row r="{moved}"'.encode(), b'<row r="900000000000"'
    path = rewritten(
        workbook(["Name", "City"], ["Ann", "Rome"], ["Bob", "Oslo"]),
        lambda name, content: content.replace(before, after),
    )
    with pytest.raises(SetupError, match=words):
        list(open_table(path).rows())


@pytest.mark.parametrize("limit", ["_MOST_SHARED_TEXT", "_MOST_UNPACKED"])
def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(workbook, monkeypatch, limit):
    path = workbook(["Name", "City"], ["Ann", "Rome"])
    monkeypatch.setattr(xlsx_source, limit, 10)
    with pytest.raises(SetupError, match="too large to be read"):
        open_table(path)


@pytest.mark.parametrize("part_name", ["xl/sharedStrings.xml", "xl/worksheets/texts.xml", "xl/worksheets/sheet2.xml"])
def test_shared_texts_are_limited_under_whatever_name_they_stand(workbook, monkeypatch, part_name):
    path = sharing(workbook(["?", "?"], ["Ann", "Rome"]), SHARED.replace(b"City", b"City" * 10_000), part_name)
    monkeypatch.setattr(xlsx_source, "_MOST_SHARED_TEXT", 20_000)
    with pytest.raises(SetupError, match="too large to be read"):
        open_table(path)


def test_a_sheet_may_be_larger_than_the_shared_texts(workbook, monkeypatch):
    path = workbook(["Name", "City"], ["Ann" * 10_000, "Rome"])
    monkeypatch.setattr(xlsx_source, "_MOST_SHARED_TEXT", 20_000)
    assert open_table(path).headers == ("Name", "City")


def test_text_that_multiplies_itself_is_refused(workbook):
    entities = [b'<!ENTITY a "' + b"x" * 1000 + b'">']
    entities += [b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 100) for level in range(5)]
    bomb = b"<!DOCTYPE sst [" + b"".join(entities) + b"]>" + SHARED.replace(b"City", b"&f;")
    with pytest.raises(SetupError, match="is damaged"):
        open_table(sharing(workbook(["?", "?"], ["Ann", "Rome"]), bomb))


def with_cells_at(path, column, number):
    """The workbook with so many further rows, each with one blank cell in this column."""
    cells = b"".join(b'<row r="%d"><c r="%s%d"/></row>' % (row, column, row) for row in range(9, 9 + number))
    return rewritten(path, lambda name, content: content.replace(b"</sheetData>", cells + b"</sheetData>"))


def test_blank_cells_far_to_the_right_are_no_columns(workbook):
    path = with_cells_at(workbook(["Name", "City"], ["Ann", "Rome"]), b"XFD", 3)
    assert rows(open_table(path)) == [("Ann", "Rome")]


def test_many_rows_of_blank_cells_far_to_the_right_are_not_waited_for(workbook):
    """Some kilobytes of them would take hours: each such row has 16,384 cells."""
    path = with_cells_at(workbook(["Name", "City"], ["Ann", "Rome"]), b"XFD", 2_000)
    with pytest.raises(SetupError, match="too large to be read"):
        open_table(path)
