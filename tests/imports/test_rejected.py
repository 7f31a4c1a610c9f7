"""The file of rejected rows: the rows as they were, the reason last, nothing that a spreadsheet would run."""

import csv

import pytest

from integration.imports.faults import Fault
from integration.imports.read import open_table
from integration.imports.rejected import ENCODING, RejectedFile, guard_cell, take_off_guard

FAULTS = (Fault("bad_email", "“ann@” is no e-mail address.", "E-mail"), Fault("no_key", "Nobody is named."))
REASON = "E-mail: “ann@” is no e-mail address. Nobody is named."


@pytest.fixture
def written(tmp_path):
    """What is read again of rows that were rejected."""

    def write(headers, *rows, delimiter=","):
        path = tmp_path / "rejected.csv"
        with path.open("w", encoding=ENCODING, newline="") as file:
            rejected = RejectedFile(file, headers, delimiter)
            for row in rows:
                rejected.add(row, FAULTS)
        return path

    return write


def test_rows_stand_as_they_were_with_the_reason_last(written):
    path = written(["E-mail", "Name"], ["ann@", 'Ann "A";\nLee'], delimiter=";")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file, delimiter=";")) == [
            ["E-mail", "Name", "Reason"],
            ["ann@", 'Ann "A";\nLee', REASON],
        ]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"])
def test_nothing_is_left_that_a_spreadsheet_would_run(written, sign):
    path = written([f"{sign}a", "b"], [f"{sign}cmd|' /C calc'!A0", "x|y"])
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, row = csv.reader(file)
    assert (header[0], row[0], row[1]) == (f"'{sign}a", f"'{sign}cmd|' /C calc'!A0", "x|y")
    assert take_off_guard(guard_cell(f"{sign}1")) == f"{sign}1"


def test_the_reason_keeps_its_column_whatever_the_width_of_the_row(written):
    path = written(["a", "b"], ["1"], ["1", "2", "3"])
    assert [row.cells[2] for row in open_table(path, name="rejected").rows()] == [REASON, REASON]


def test_a_file_that_was_rejected_twice_has_two_reasons(written):
    with written(["a", "reason"], ["1", "2"]).open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == ["a", "reason", "Reason 2"]


def test_the_rows_of_a_workbook_are_written_with_commas(written):
    assert written(["a", "b"], delimiter="").read_bytes() == b"\xef\xbb\xbfa,b,Reason\r\n"
