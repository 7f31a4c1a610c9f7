"""Whatever the bytes, reading gives a table or a sentence; and what was written as CSV is read as it was."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integration.errors import SetupError
from integration.imports.read import open_table

# Without what read.py calls unreadable, and what no file of UTF-8 can hold. Of control characters those that stand in
# texts: a file full of others is taken for a program.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffd") | st.sampled_from(
    '\t\r\n"\x85\x0b'
)
TEXT = st.text(LETTERS, max_size=12)
LIKE_CSV = st.lists(
    st.sampled_from([b'"', b",", b";", b"\t", b"|", b"\n", b"\r", b"\0", b"a", b"=", b" ", b"\xfc", "ü".encode()])
).map(b"".join)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Iterator[Path]:
    """One file for all examples."""
    return tmp_path_factory.mktemp("property") / "contacts.csv"


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.binary(max_size=200), LIKE_CSV, LIKE_CSV.map(lambda rest: b"a,b\n1,2\n" + rest)))
@example(b"\xff\xfe")
@example(b"\xff\xfea")
@example(b'a\n"')
@example(b"sep=;")
@example(b"PK\x03\x04xl/workbook.xml")
def test_reading_raises_nothing_but_a_sentence(path, content):
    path.write_bytes(content)
    try:
        table = open_table(path)
        for row in table.rows():
            assert row.faults or len(row.cells) == len(table.headers)
    except SetupError as refusal:
        assert refusal.where == "contacts.csv"  # noqa: PT017 -- either outcome is right


@settings(deadline=None, max_examples=200)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=1, max_size=6)
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read_back_equal(path, rows, delimiter, encoding, end):
    filled = [row for row in rows if any(map(str.strip, row))]
    headers = [f"Header {'abcd'[index]}" for index in range(len(rows[0]))]
    with path.open("w", encoding=encoding, newline="") as file:
        # Before Python 3.13 it does not quote a CR where lines end with LF.
        quoting = csv.QUOTE_ALL if end == "\n" else csv.QUOTE_MINIMAL
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([headers, *rows])
    if not filled:
        with pytest.raises(SetupError, match="no rows"):
            open_table(path, encoding=encoding, delimiter=delimiter)
        return
    table = open_table(path, encoding=encoding, delimiter=delimiter)
    assert list(table.headers) == headers
    assert [list(row.cells) for row in table.rows()] == filled
    assert not any(row.faults for row in table.rows())
