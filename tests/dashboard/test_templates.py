"""How the templates are made: every list stands on one scaffold."""

import re

import pytest
from django.conf import settings

TEMPLATES = settings.BASE_DIR / "templates"
SCAFFOLD = "generic/list.html"
NOT_FOUND = "404.html"


def templates():
    return {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}


def is_list(name: str, text: str) -> bool:
    """A page that shows rows a page at a time, or is named like one. Pieces of pages begin with `_`."""
    is_piece = name.startswith(("components/", "generic/")) or "/_" in name
    return not is_piece and ("page.rows" in text or name.endswith("/list.html"))


def lists():
    return sorted(name for name, text in templates().items() if is_list(name, text))


def test_all_lists_are_looked_at():
    assert {"runs/list.html", "log/list.html", "runs/detail.html", "problems/questions.html"} <= set(lists())
    assert len(lists()) >= 11


@pytest.mark.parametrize("name", lists())
def test_a_list_leaves_its_empty_states_to_the_scaffold(name):
    text = templates()[name]
    assert f'{{% extends "{SCAFFOLD}" %}}' in text
    assert "components/empty.html" not in text


def test_nobody_else_says_that_nothing_matches_or_that_a_list_could_not_be_read():
    of_lists = re.compile(r'kind="nomatch"|Could not load|Nothing matches')
    assert {name for name, text in templates().items() if of_lists.search(text)} == {SCAFFOLD, NOT_FOUND}
