"""A file as a table: encodings, delimiters, headers, and what is wrong with single rows."""

import pytest

from integration.errors import SetupError
from integration.imports import csv_source, read

TEXT = "E-Mail;Name\nann@x.example;Müller\n"


def rows(table):
    return [list(row.cells) for row in table.rows()]


def faults(table):
    return {row.number: [fault.reason for fault in row.faults] for row in table.rows() if row.faults}


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
def test_the_encoding_is_detected_and_named(table, encoding, name):
    opened = table(TEXT.encode(encoding))
    assert (opened.encoding.name, opened.headers) == (name, ("E-Mail", "Name"))
    assert rows(opened) == [["ann@x.example", "Müller"]]
    assert opened.encoding.evidence.endswith(".")


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", "Hélène Besançon, José Málaga, João São Paulo, René 5 €"),
        ("cp1251", "Иван Москва, Ольга Казань"),
        ("cp1251", "ivan.petrov@example.com, maria@example.com, Иван Петров, Мария"),
        ("cp932", "田中 東京, 鈴木 大阪"),
        ("mac_roman", "Hélène Besançon"),
    ],
)
def test_languages_without_a_mark_of_their_own_are_guessed(table, encoding, names):
    opened = table(f"Name;City\n{names};x\n".encode(encoding))
    assert rows(opened) == [[names, "x"]]
    assert "guess" in opened.encoding.evidence


def test_latin_1_is_taken_where_windows_1252_has_no_such_character(table):
    opened = table(b"Name;City\nM\xfcller\x81;x\n")
    assert opened.encoding.name == "iso8859-1"


def test_an_encoding_can_be_chosen(table):
    opened = table("Имя;b\nИван;1\n".encode("cp1251"), encoding="windows-1251")
    assert rows(opened) == [["Иван", "1"]]
    assert opened.encoding.evidence == "Windows-1251 (Cyrillic) was chosen."


@pytest.mark.parametrize(
    ("chosen", "written"), [("utf-8", "utf-8-sig"), ("utf8", "utf-8"), ("utf-16-le", "utf-16"), ("latin1", "latin-1")]
)
def test_a_mark_that_nobody_asked_for_is_no_part_of_the_header(table, chosen, written):
    opened = table('"E-Mail",Name\nann@x.example,Jörg\n'.encode(written), encoding=chosen)
    assert (opened.headers, rows(opened)) == (("E-Mail", "Name"), [["ann@x.example", "Jörg"]])


@pytest.mark.parametrize("name", ["klingon", "idna", "rot13", "base64", "\0"])
def test_an_encoding_that_is_not_offered_is_refused(table, name):
    with pytest.raises(SetupError, match=r"^contacts\.csv: There is no encoding"):
        table(TEXT, encoding=name)


def test_two_encodings_in_one_file_are_named_by_their_lines(table):
    content = "a;b\nx;ü\ny;plain\n".encode() + "z;ß\n".encode("cp1252")
    with pytest.raises(SetupError, match=r"Line 2 is UTF-8 and line 4 is not"):
        table(content)
    opened = table(content, encoding="utf-8")
    assert faults(opened) == {4: ["unreadable_character"]}
    assert rows(opened)[:2] == [["x", "ü"], ["y", "plain"]]


def test_a_letter_that_two_pieces_of_a_long_line_share_is_no_second_encoding(table, monkeypatch):
    monkeypatch.setattr("integration.imports.encoding.CHUNK", 3)
    assert rows(table("a;b\nüüüü;ääää\n")) == [["üüüü", "ääää"]]


@pytest.mark.parametrize(("sign", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "vertical bar")])
def test_the_delimiter_is_detected_and_can_be_chosen(table, sign, name):
    content = sign.join(["Name", "Note"]) + "\n" + sign.join(["Ann", '"a,b;c|d\te"']) + "\n"
    assert rows(table(content)) == [["Ann", "a,b;c|d\te"]]
    assert table(content).delimiter == table(content, delimiter=name).delimiter == sign


def test_decimal_commas_are_no_delimiter(table):
    assert table("Name;Amount\nAnn;1,5\nBob;2,5\n").delimiter == ";"


def test_a_delimiter_that_is_not_offered_is_refused(table):
    with pytest.raises(SetupError, match="cannot separate columns"):
        table(TEXT, delimiter="x")


def test_the_line_in_which_excel_names_the_delimiter_is_no_header(table):
    opened = table("sep=;\r\nName;City\r\nAnn,Lee;Rome\r\n")
    assert (opened.headers, opened.delimiter, rows(opened)) == (("Name", "City"), ";", [["Ann,Lee", "Rome"]])


def test_a_single_column_is_a_table(table):
    assert rows(table("E-mail\nann@x.example\nbob@x.example\n")) == [["ann@x.example"], ["bob@x.example"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(table, end):
    content = end.join(["Name,Note", 'Ann,"one', 'two"', "Bob,x", ""])
    assert rows(table(content)) == [["Ann", f"one{end}two"], ["Bob", "x"]]


def test_quotes_delimiters_and_doubled_quotes_stay_in_their_cell(table):
    assert rows(table('Name,Note\n"Ann ""A"" Lee","a, b"\nBob,5" pipe\n')) == [
        ["Ann \"A\" Lee", "a, b"],
        ["Bob", '5" pipe'],
    ]  # fmt: skip


def test_quotes_that_do_not_match_reject_their_row_only(table):
    opened = table('Name,Note\n"Ann "Annie" Lee",x\nBob,y\n')
    assert faults(opened) == {2: ["quoting"]}
    assert rows(opened)[1] == ["Bob", "y"]


@pytest.mark.parametrize("content", ['Name,Note\nAnn,x\nBob,"y\nCarl,z\n', 'Name,Note\nAnn,x\nBob,"'])
def test_a_quote_that_is_not_closed_is_named_by_its_line(table, content):
    with pytest.raises(SetupError, match="row that begins in line 3 opens a quote"):
        list(table(content).rows())


def test_an_open_quote_does_not_swallow_a_large_file_first(table, monkeypatch):
    monkeypatch.setattr(csv_source, "LONGEST_RECORD", 1000)
    with pytest.raises(SetupError, match="begins in line 3 has more than 1,000 characters"):
        table('Name,Note\nBob,x\nAnn,"' + "x,y\n" * 2000 + '"\n')


def test_rows_are_counted_as_a_spreadsheet_shows_them(table):
    opened = table('\nName,Note\nAnn,"one\ntwo"\n,\n\nBob,x\n')
    assert [(row.number, row.cells[0]) for row in opened.rows()] == [(3, "Ann"), (6, "Bob")]


def test_rows_of_another_width_are_rejected_with_both_numbers(table):
    opened = table("a,b,c\n1\n1,2,3,4\n1,2,3\n1,2,3,,\n")
    assert faults(opened) == {2: ["column_count"], 3: ["column_count"]}
    assert next(iter(opened.rows())).faults[0].sentence == "The row has 1 cells and the header 3."
    assert rows(opened)[3] == ["1", "2", "3"]


def test_a_delimiter_at_the_end_of_every_line_makes_no_trouble(table):
    opened = table("a;b;\n1;2;\n")
    assert (opened.headers, rows(opened), opened.notes) == (("a", "b", "Column 3"), [["1", "2", ""]], ())


def test_a_column_without_a_header_gets_a_name_and_a_sentence(table):
    opened = table("a,,Column 2\n1,2,3\n")
    assert opened.headers == ("a", "Column 2 (unnamed)", "Column 2")
    assert opened.notes == ("Column 2 has no header. It is called “Column 2 (unnamed)” here.",)


@pytest.mark.parametrize("content", ["a,E-Mail,b,e-mail\n1,2,3,4\n", "a,Name,b, Name \n1,2,3,4\n"])
def test_two_columns_of_one_name_are_refused(table, content):
    with pytest.raises(SetupError, match="Columns 2 and 4 are both called"):
        table(content)


@pytest.mark.parametrize("first", ["ann@x.example,Ann", "Ann,+1 415 555 2671", "Ann,1990-12-31"])
def test_a_file_without_a_header_is_refused(table, first):
    with pytest.raises(SetupError, match="has no header: column"):
        table(f"{first}\n{first}\n")


def test_years_may_be_headers(table):
    assert table("Name,2025,2026\nAnn,1,2\n").headers == ("Name", "2025", "2026")


def test_nul_and_long_cells_are_faults_of_their_row(table):
    opened = table(f"a,b\n1,x\0y\n{'z' * 100_001},2\n{'z' * 100_000},2\n")
    assert faults(opened) == {2: ["unreadable_character"], 3: ["cell_too_long"]}
    assert next(iter(opened.rows())).faults[0].sentence == "b: The cell holds a character that cannot be read."


def test_a_cell_of_ten_megabytes_rejects_its_row_and_no_other(table):
    opened = table("a,b\n1," + "x" * 10_000_000 + "\n2,y\n")
    assert faults(opened) == {2: ["cell_too_long"]}
    assert sum(len(cell) for cells in opened.sample for cell in cells) < 2000


def test_a_line_without_end_is_no_table(table, monkeypatch):
    monkeypatch.setattr(csv_source, "LONGEST_RECORD", 1000)
    with pytest.raises(SetupError, match="begins in line 2 has more than 1,000 characters"):
        table("a,b\n" + "x" * 2000)


def test_formulas_are_text(table):
    assert rows(table("a,b\n=1+1,@SUM(A1)\n")) == [["=1+1", "@SUM(A1)"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \r\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"E-mail,Name\n", "has a header and no rows"),
        (b"E-mail,Name\n,\n\n", "has a header and no rows"),
        (b"%PDF-1.7 \n1 0 obj", "is a PDF"),
        (b"PK\x03\x04" + b"\0" * 40, "is a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel file of before 2007"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"\n<!DOCTYPE html><table>", "is a web page"),
        (b'<?xml version="1.0"?><a/>', "is XML"),
        (b'[{"email": "ann@x.example"}]', "is JSON"),
        (bytes(range(32)) * 10, "a file of a program"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 4, "a file of a program"),
        (b'"a "b" c",d\n1,2\n', "quotes of the header"),
        (b"a\0,b\n1,2\n", "cannot be the header"),
        (b"x" * 501 + b",b\n1,2\n", "cannot be the header"),
    ],
)
def test_what_is_no_table_is_refused_in_words(table, content, words):
    with pytest.raises(SetupError, match=words) as refusal:
        table(content)
    assert refusal.value.where == "contacts.csv"
    assert refusal.value.problem.endswith((".", "?"))


def test_too_many_columns_are_refused(table):
    names = ",".join(f"c{number}" for number in range(1001))
    with pytest.raises(SetupError, match="1,001 columns; 1,000 are read"):
        table(f"{names}\n{names}\n")


def test_files_and_tables_have_a_size_at_most(table, monkeypatch):
    monkeypatch.setattr(read, "MOST_ROWS", 2)
    assert len(rows(table("a,b\n1,2\n3,4\n"))) == 2
    with pytest.raises(SetupError, match="more than 2 rows"):
        rows(table("a,b\n1,2\n3,4\n5,6\n"))
    monkeypatch.setattr(read, "MOST_BYTES", 10)
    with pytest.raises(SetupError, match="more than 0 MB"):
        table("a,b\n1,2\n3,4\n")


def test_a_file_that_is_not_there_is_said_by_the_name_people_know(tmp_path):
    with pytest.raises(SetupError, match=r"^May\.csv: The file cannot be opened"):
        read.open_table(tmp_path / "upload-17", name="May.csv")
    with pytest.raises(SetupError, match="folder"):
        read.open_table(tmp_path)


def test_rows_can_be_read_again(table):
    opened = table(TEXT)
    assert rows(opened) == rows(opened) != []
