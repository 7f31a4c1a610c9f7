"""Whatever a setup file holds: it is applied, or refused with its place, and then nothing is written."""

import copy
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from integration.errors import SetupError
from integration.models import Connection, Link, MappingVersion, Workflow
from integration.setup_file.changes import apply_document
from tests.dashboard.test_any_request import RULES
from tests.fuzzing import ANYTHING, DEEP, examples, mutated

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]

# No custom field of GHL, for which its API would be asked.
SETUP = {
    "version": 1,
    "connections": [
        {"key": "g", "provider": "gist", "name": "Gist", "access_token": {"env": "TOKEN"}},
        {"key": "h", "provider": "ghl", "name": "GHL", "location_id": "loc",
         "oauth": {"access_token": "a", "refresh_token": {"env": "TOKEN"}, "expires_at": "2026-01-01T00:00:00Z"}},
        {"key": "h2", "provider": "ghl", "location_id": "loc2", "private_token": "t"},
    ],
    "links": [{"key": "l", "gist": "g", "ghl": "h", **RULES}],
}  # fmt: skip
TABLES = (Connection, Link, MappingVersion, Workflow)
YAML = st.sampled_from(
    ["!!python/object:os.system {}", "!!python/object/apply:os.system ['true']", "&a [*a]", "<<: *a", "!!binary '%'",
     "!!timestamp 9999-99-99", "!!set {a, b}", "!!omap [a: 1]", "? [a]\n: b", "{a: 1, a: 2}", "2026-01-01", "0x1F",
     "!!float .inf", ".nan", "12:30:45", "yes", "~", "|\n  x", "%YAML 9.9", "--- a\n--- b", "\t", "1_000",
     "!!int '" + "9" * 5_000 + "'",
     "{a: &x [y, y], b: [*x, *x]}", "!<tag:yaml.org,2002:python/name:os.system>", "\u0085", "\x07", "[" * 3_000]
)  # fmt: skip


def apply_or_refuse(text):
    """Whether it was applied. What is refused writes nothing and says a sentence without a secret."""
    before = [list(model.objects.values_list("pk", flat=True)) for model in TABLES]
    try:
        apply_document(text, {"TOKEN": "very-secret"})
    except SetupError as problem:
        assert "very-secret" not in str(problem)  # noqa: PT017 -- either outcome is right
        assert [list(model.objects.values_list("pk", flat=True)) for model in TABLES] == before
        return False
    return True


@pytest.fixture
def nothing_asked(monkeypatch):
    """Accounts that a changed file describes are not asked: no sandbox has them."""
    monkeypatch.setattr("integration.setup_file.changes.check_live", lambda checked: ())


def forget():
    for model in (Link, Connection):
        model.objects.all().delete()


def test_the_file_that_is_changed_is_one(nothing_asked):
    assert apply_or_refuse(json.dumps(SETUP))
    assert not apply_or_refuse(json.dumps({**SETUP, "version": 2}))


@examples(100)
@given(document=mutated(SETUP), in_yaml=st.booleans())
def test_a_file_with_wrong_values_is_applied_or_refused(nothing_asked, document, in_yaml):
    # JSON is YAML, too, but for what only its own reader knows.
    text = json.dumps(document)
    if apply_or_refuse(" # \n" + text if in_yaml else text):
        apply_or_refuse(json.dumps(SETUP))
    forget()


@examples(60)
@given(snippet=YAML, place=st.integers(0, 40), whole=st.booleans())
def test_yaml_of_any_kind_is_applied_or_refused(nothing_asked, snippet, place, whole):
    lines = yaml.safe_dump(copy.deepcopy(SETUP), sort_keys=False).splitlines()
    line = lines[place % len(lines)]
    lines[place % len(lines)] = line.partition(":")[0] + ": " + snippet if ":" in line else line + snippet
    apply_or_refuse(snippet if whole else "\n".join(lines))
    forget()


@examples(60)
@given(text=st.text(st.characters(exclude_categories=[]), max_size=60) | DEEP | ANYTHING.map(json.dumps))
def test_any_text_is_refused_in_words(nothing_asked, text):
    assert not apply_or_refuse(text)
