"""How the characters of a file are written, as its bytes show; and files that are no text at all."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from integration.errors import SetupError

CHUNK = 1 << 20
_HEAD = 64 * 1024
# Enough of the lines that are not plain ASCII to tell a language, and little enough to be quick.
_EVIDENCE = 16 * 1024

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
    "cp1252": "Windows-1252 (Western Europe)",
    "iso8859-1": "Latin-1 (Western Europe)",
    "iso8859-15": "Latin-9 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "mac-roman": "Mac Roman",
    "cp932": "Shift-JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "euc_kr": "EUC-KR (Korean)",
}
"""Encodings that a file may have, as Python names them, and what to call them on screen."""

# Those without any mark of their own, in which a file is looked at once it is not UTF-8.
_LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp932", "gb18030", "big5", "euc_kr", "mac_roman"]
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_LATIN = ("cp1252", "cp1250", "mac_roman")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

# First bytes of what people take for a table, and what it is.
_KINDS = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an Excel file of before 2007, or one with a password"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a text document"),
)
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(<!doctype html|<html|<head|<body)|<\?xml|([\[{]\s*[{\"]))", re.IGNORECASE
)
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\v\x1a") + b"\x7f"


@dataclass(frozen=True)
class Encoding:
    """`name` is a key of ENCODINGS; `evidence` says in a sentence how one knows."""

    name: str
    evidence: str


def read_head(path: Path) -> bytes:
    """The first 64 KiB."""
    with path.open("rb") as file:
        return file.read(_HEAD)


def refuse_other_kinds(head: bytes, where: str) -> None:
    """Raises SetupError when these first bytes of a file are no text, or a text that is no table."""
    kind = next((words for mark, words in _KINDS if head.startswith(mark)), "")
    if not kind and (markup := _MARKUP.match(head)):
        kind = "a web page" if markup[1] else "JSON" if markup[2] else "XML"
    if not kind and _is_binary(head):
        kind = "a file of a program and no text"
    if kind:
        raise SetupError(
            f"This is {kind}, whatever its name says. Save the table as CSV or XLSX, and take that.", where
        )


def _is_binary(head: bytes) -> bool:
    """A few control characters stand in texts too; their row says so."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide_without_mark(head):
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > 8 and controls > len(head) / 50


def check_encoding(name: str, where: str) -> Encoding:
    """The encoding that somebody chose, under any of its names. Raises SetupError for one that is not offered."""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        codec = ""
    if codec not in ENCODINGS:
        raise SetupError(f"There is no encoding “{name[:40]}”. Offered are: {', '.join(ENCODINGS)}.", where)
    return Encoding(codec, f"{ENCODINGS[codec]} was chosen.")


def detect_encoding(path: Path, head: bytes, where: str) -> Encoding:
    """Reads the whole file once, a piece at a time. Raises SetupError where lines of it are in several encodings."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, f"{ENCODINGS[name]}: the file begins with its mark.")
    if name := _wide_without_mark(head):
        return Encoding(name, f"{ENCODINGS[name]}: every other byte is zero.")
    lines = _scan_lines(path)
    if lines.first_wrong and lines.first_right:
        raise SetupError(
            f"Line {lines.first_right} is UTF-8 and line {lines.first_wrong} is not: the file was put together from"
            " several. Save the whole table as UTF-8, or choose an encoding; rows that it does not fit are rejected.",
            where,
        )
    if not lines.first_wrong:
        return Encoding("utf-8", "UTF-8: every line can be read as such.")
    return _guess_legacy(lines.wrong)


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 that begins without a mark: of most letters one byte is zero."""
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = head[first::2]
        if len(half) > 3 and half.count(0) > 0.4 * len(half) and 0 not in head[1 - first :: 2][:64]:
            return name
    return ""


@dataclass
class _Lines:
    """What is not plain ASCII: numbers of the first line that is UTF-8 and of the first that is not; 0 for none."""

    first_right: int = 0
    first_wrong: int = 0
    wrong: bytes = b""


def _scan_lines(path: Path) -> _Lines:
    lines, decoder = _Lines(), codecs.getincrementaldecoder("utf-8")()
    for number, piece, ends in _pieces(path):
        if piece.isascii() and not decoder.getstate()[0]:
            continue
        try:
            decoder.decode(piece, final=ends)
        except UnicodeDecodeError:
            decoder.reset()
            lines.first_wrong = lines.first_wrong or number
            lines.wrong += piece[: _EVIDENCE - len(lines.wrong)]
        else:
            lines.first_right = lines.first_right or number
        if lines.first_right and lines.first_wrong:
            break
    return lines


def _pieces(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Lines with their numbers, from 1; a long one comes in pieces, of which the last ends it."""
    number, rest = 1, b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            lines = (rest + chunk).splitlines(keepends=True)
            # The last one may go on in the next chunk, also when it ends with the first half of CR LF.
            rest = lines.pop()
            for line in lines:
                yield number, line, True
                number += 1
            if len(rest) > CHUNK:
                yield number, rest, False
                rest = b""
    yield number, rest, True


def _guess_legacy(text: bytes) -> Encoding:
    """Windows-1252 wherever it is plausible: by itself charset-normalizer takes most French for Czech, and a single
    umlaut for Russian.
    """
    matches = from_bytes(text, cp_isolation=_LEGACY)
    # Encodings that give the same text stand in one match.
    names = [name for match in matches for name in match.could_be_from_charset]
    if _is_latin(text):
        names = [name for name in names if name in _LATIN]
    name = "cp1252" if "cp1252" in names or not names else codecs.lookup(names[0]).name
    if name == "cp1252" and not _fits(text, "cp1252"):
        name = "iso8859-1"
    sentence = (
        f"{ENCODINGS[name]} is a guess: the file is not UTF-8. Look at the accents, and choose another if need be."
    )
    return Encoding(name, sentence)


def _is_latin(text: bytes) -> bool:
    """Whether its words have letters of ASCII too: in other scripts hardly a word has."""
    words = b"".join(word for word in _WORD.findall(text) if not word.isascii())
    return sum(byte >= 0x80 for byte in words) < len(words) / 2


def _fits(text: bytes, name: str) -> bool:
    try:
        text.decode(name)
    except UnicodeDecodeError:
        return False
    return True
