"""What nobody should send: values of a field, of hidden JSON, and bodies that are no form at all."""

import json
from collections.abc import Iterator
from functools import reduce
from typing import Any

# A lone surrogate cannot be written as UTF-8; this is how a sender writes it all the same.
SURROGATE = b"\xed\xa0\x80"
TEXTS: dict[str, str] = {
    "empty": "",
    "100 kB": "x" * 100_000,
    "deep list": "[" * 50_000,
    "deep object": '{"a":' * 5_000,
    "below zero": "-1",
    "huge": str(10**30),
    "5,000 digits": "9" * 5_000,
    "infinite": "1e309",
    "no number": "NaN",
    "other digits": "²",
    "null": "null",
    "list": '["a", null, {"b": []}]',
    "object": '{"name": ["x"], "from": 7, "days": "NaN"}',
    "path": "../../etc/passwd",
    "right to left": "\u202e\u200bنور\u202c\ufeff",
    "emoji": "👩‍👩‍👧‍👦🦷",
    "quotes": "' OR 1=1; DROP TABLE integration_link; --\"",
    "template": "{{ gist" + "." * 12,
    "lines": "a\r\nSet-Cookie: b=c\r\n\r\n",
    "day out of range": "9999-12-31T23:59:59-14:00",
    "no day": "0000-13-45T99:99",
    "escaped NUL": '{"a": "\\u0000", "name": "\\u0000"}',
    "escaped surrogate": '[{"name": "fixed", "value": "\\ud800"}]',
}
# Of those, what most forms take and save, so that what comes after it is reached.
SAVED = [TEXTS[name] for name in ("right to left", "day out of range")]
# Refused before anything looks at the rest of the form.
UNSTORABLE = ["\x00", "a\x00b"]


WRONG = ([1], {"x": 1}, None, 7, "\ud800", "a\0b", [[[]]], 1e309)


def break_json(text: str) -> Iterator[str]:
    """The JSON in `text` with each of its values replaced, one at a time; nothing for a text that is none."""
    if text[:1] not in ("[", "{"):
        return
    yield from (json.dumps(wrong) for wrong in WRONG)
    for turn, (place, _) in enumerate(_leaves_of(json.loads(text))):
        # Three of the wrong ones in each place, others in the next.
        for wrong in (WRONG * 2)[turn * 3 % len(WRONG) :][:3]:
            yield json.dumps(_replace_at(json.loads(text), place, wrong))


def _leaves_of(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for name, one in inner:
        yield (*place, name), one
        yield from _leaves_of(one, (*place, name))


def _replace_at(value: Any, place: tuple[Any, ...], wrong: Any) -> Any:
    holder = reduce(lambda inner, name: inner[name], place[:-1], value)
    holder[place[-1]] = wrong
    return value


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


def bodies(name: str) -> dict[str, tuple[bytes, str]]:
    """Bodies in which a field is called `name`, with their content types."""
    field = name.encode()
    in_parts = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--x--\r\n'
    as_file = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a%%00b"\r\n\r\na\0b\r\n--x--\r\n'
    return {
        "a surrogate": (b"%s=%%ED%%A0%%80" % field, FORM),
        "a surrogate in a part": (in_parts % (field, SURROGATE), MULTIPART),
        "a surrogate by its encoding": (in_parts % (field, b"\\ud800"), f"{MULTIPART}; charset=raw_unicode_escape"),
        "an encoding that is none": (in_parts % (field, b"a"), f"{MULTIPART}; charset=nonsense"),
        "another encoding": (b"%s=a" % field, f"{FORM}; charset=utf-16"),
        "no UTF-8": (b"%s=%%ff%%fe" % field, FORM),
        "raw bytes": (b"%s=\xff\xfe" % field, FORM),
        "half an escape": (b"%s=%%&%%=%%2" % field, FORM),
        "NUL in a name": (b"%s%%00=1" % field, FORM),
        "the same key again": (b"&".join([b"%s=a" % field] * 5), FORM),
        "too many fields": (b"&".join(b"f%d=1" % number for number in range(1_500)), FORM),
        "JSON": (b'{"%s": "a\\u0000b"}' % field, "application/json"),
        "no type": (b"%s=a" % field, ""),
        "a file": (as_file % field, MULTIPART),
        "parts cut off": ((in_parts % (field, b"a"))[:-20], MULTIPART),
        "parts without a boundary": (in_parts % (field, b"a"), "multipart/form-data"),
        "parts that are none": (b"a=b", MULTIPART),
    }
