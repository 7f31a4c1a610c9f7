"""The glossary, and its words where they stand."""

import re
from pathlib import Path

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.urls import reverse

from dashboard.glossary.words import TERMS
from tests.dashboard.browser import html, words

pytestmark = [pytest.mark.one_engine, pytest.mark.django_db]

ROOT = Path(__file__).parents[3]
PRODUCT = ROOT.parent / "shared" / "design" / "product.md"
TAG = re.compile(r'{% term "([\w-]+)"')
# Screen 13 of the product's description: what the glossary has beside the product's own words.
OF_THE_APIS = {"endpoint", "authentication", "oauth", "json", "webhook", "rate-limit", "scope", "token"}


def test_every_word_of_the_product_is_in_the_glossary():
    if not PRODUCT.exists():
        pytest.skip(f"the product's description is not at {PRODUCT}")
    table = PRODUCT.read_text().partition("## Words")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[2:]
    listed = {word.strip() for row in rows for word in row.split(",")}
    known = {word.lower() for term in TERMS.values() for word in (*term.title.split(", "), *term.also)}
    assert len(listed) > 15
    assert listed - known == set()


def test_the_words_of_both_apis_are_in_it():
    assert OF_THE_APIS - {key for key, term in TERMS.items() if term.of_apis} == set()


def test_every_word_leads_to_a_page_that_exists():
    assert all(reverse(term.page) for term in TERMS.values() if term.page)


def test_every_word_that_a_page_explains_is_in_it():
    used = {key for path in (ROOT / "templates").rglob("*.html") for key in TAG.findall(path.read_text())}
    assert used - set(TERMS) == set()
    assert len(used) > 15


def test_it_is_searched_by_word_by_meaning_and_by_other_names(as_viewer):
    page = words(as_viewer.get("glossary", q="sub-account"))
    assert "One account in GHL" in page
    assert "1 of " not in words(as_viewer.get("glossary"))
    assert "Nothing matches" in words(as_viewer.get("glossary", q="zzz"))


def test_the_words_of_the_apis_can_be_read_alone(as_viewer):
    page = html(as_viewer.get("glossary", of="apis"))
    assert 'id="json"' in page
    assert 'id="parity"' not in page


def test_a_word_explains_itself_once_on_a_page():
    page = Template('{% load glossary %}<p>{% term "scope" "Scopes" %}, {% term "scope" %}</p>')
    text = page.render(Context({"request": HttpRequest()}))
    assert text.count('popovertarget="tip-scope"') == text.count('id="tip-scope"') == 1
    assert text.endswith("</span>, scope</p>")


@pytest.mark.parametrize(("key", "shown"), [("scope", "scope"), ("api-key", "API key"), ("oauth", "OAuth 2.0")])
def test_names_keep_their_capitals_in_a_sentence(key, shown):
    assert TERMS[key].in_sentence == shown


def test_a_word_that_the_glossary_has_not_is_a_fault_of_ours():
    with pytest.raises(KeyError, match="nonsense"):
        Template('{% load glossary %}{% term "nonsense" %}').render(Context({}))
