"""Setup files that hold what nothing can store: refused in words before anything is written."""

import json

import pytest
from django.core.management import CommandError, call_command

from integration.models import Connection, Link

SETUP = {
    "version": 1,
    "connections": [
        {"key": "g", "provider": "gist", "name": "Gist", "access_token": "t"},
        {"key": "h", "provider": "ghl", "name": "GHL", "location_id": "loc", "private_token": "t"},
    ],
    "links": [{"key": "l", "gist": "g", "ghl": "h", "mappings": [{"gist": "name", "ghl": "name"}]}],
}
STEP = {"name": "fixed", "value": "x"}


def with_link(**facts):
    return json.dumps({**SETUP, "links": [{**SETUP["links"][0], **facts}]})


def with_step(text):
    row = {"gist": "name", "ghl": "name", "steps": [STEP]}
    return with_link(mappings=[row]).replace('"x"', text)


CHARACTER, NUMBER, DEEP = "a character that cannot be stored", "a number that is none", "nested"
HOSTILE = {
    "NUL in a name": (with_link(name="a\0"), CHARACTER),
    "half of an emoji in a name": (with_link(name="\ud800"), CHARACTER),
    "NUL in a step": (with_step('"\\u0000"'), CHARACTER),
    "half of an emoji in a step": (with_step('"\\ud800"'), CHARACTER),
    "half of an emoji in a key": (with_link(**{"\ud800": 1}), CHARACTER),
    "half of an emoji in YAML": ('version: 1\nlinks: [{key: "\\ud800"}]', CHARACTER),
    "no number": (with_step("NaN"), NUMBER),
    "infinite": (with_step("1e999"), NUMBER),
    "nested": (with_step("[" * 40 + "]" * 40), DEEP),
    "nested too deeply": ('{"version": ' + "[" * 100_000, DEEP),
    "YAML that holds itself": ("version: 1\nlinks: &a [*a, *a]", "recursive"),
    "YAML that grows": ("version: 1\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{there}: &{there} [{', '.join(['*' + here] * 9)}]\n" for here, there in zip("abcdefg", "bcdefgh", strict=True)
    ), "more than 200,000 values"),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("case", HOSTILE)
def test_what_cannot_be_stored_is_refused_with_nothing_written(tmp_path, case):
    text, sentence = HOSTILE[case]
    file = tmp_path / "setup.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=sentence):
        call_command("apply", str(file))
    assert (Connection.objects.count(), Link.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_bytes_that_are_no_text_are_refused_too(tmp_path):
    file = tmp_path / "setup.json"
    file.write_bytes(b'{"version": 1, "a": "\xff\xfe"}')
    with pytest.raises(CommandError):
        call_command("apply", str(file))
