"""Searching for what must not be there, however it is written: in text, JSON, addresses, base64, UTF-16, and packed."""

import base64
import binascii
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote_plus

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection

_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s().-]+(?=\d)")


def readings(content: str | bytes, depth: int = 2) -> Iterator[str]:
    """Everything that somebody who looks hard could read in it, in small letters."""
    raw = content.encode() if isinstance(content, str) else content
    text = raw.decode(errors="replace")
    plain = _ESCAPES.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    for one in {
        text,
        plain,
        unquote_plus(plain),
        raw.decode("utf-16-le", "ignore"),
        raw[1:].decode("utf-16-le", "ignore"),
    }:
        yield one.lower()
        yield _BETWEEN_DIGITS.sub("", one).lower()
    if depth:
        for packed in _unpacked(text):
            yield from readings(packed, depth - 1)


def _unpacked(text: str) -> Iterator[bytes]:
    for found in _BASE64.findall(text):
        try:
            content = base64.b64decode(found.rstrip("=").replace("-", "+").replace("_", "/") + "==")
        except (binascii.Error, ValueError):
            continue
        yield content
        try:
            yield zlib.decompress(content)
        except zlib.error:
            continue


def found_in(content: str | bytes, marks: Iterable[str]) -> set[str]:
    wanted = {mark.lower() for mark in marks}
    return {mark for text in readings(content) for mark in wanted if mark in text}


def stored_rows() -> dict[str, list[str]]:
    """Every row of every table as text, by table; bytes as they are."""
    rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- tables of ours
            rows[table] = [" | ".join(map(_as_text, row)) for row in cursor.fetchall()]
    return rows


def _as_text(value: object) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode(errors="replace")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def found_in_database(marks: Iterable[str]) -> dict[str, set[str]]:
    """By table, with tasks and sessions unpacked."""
    wanted = set(marks)
    found = {table: found_in("\n".join(rows), wanted) for table, rows in stored_rows().items()}
    tasks = apps.get_model("django_q", "Task").objects.all()
    found["tasks, unpacked"] = found_in(repr([(one.args, one.kwargs, one.result) for one in tasks]), wanted)
    sessions = json.dumps([one.get_decoded() for one in Session.objects.all()], default=str)
    found["sessions, unpacked"] = found_in(sessions, wanted)
    return {place: marks for place, marks in found.items() if marks}


def found_in_files(folder: Path, marks: Iterable[str], but: Iterable[str] = ()) -> dict[str, set[str]]:
    """By file, its name included. `but`: names of files that are left out."""
    wanted, found = set(marks), {}
    for path in folder.rglob("*"):
        if path.is_file() and not any(path.name.startswith(one) for one in but):
            found[path.name] = found_in(path.name, wanted) | found_in(path.read_bytes(), wanted)
    return {name: marks for name, marks in found.items() if marks}


def found_in_archive(path: Path, marks: Iterable[str], but: Iterable[str] = ()) -> dict[str, set[str]]:
    wanted = set(marks)
    with tarfile.open(path) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar if not any(name in one.name for name in but)}
    found = {name: found_in(name, wanted) | found_in(content, wanted) for name, content in members.items()}
    return {name: marks for name, marks in found.items() if marks}


def cached_text() -> str:
    """All answers in the cache, wherever it is."""
    from django.conf import settings

    if not settings.REDIS_URL:
        return ""  # It is a table.
    client = cache._cache.get_client(write=True)
    keys = client.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}:*")
    return "\n".join(f"{key} {client.get(key)}" for key in keys if client.type(key) == b"string")
