"""The guard at the door, and what people are told there."""

import logging
import re

import pytest
from django.urls import reverse

from integration.models import Connection, MappingVersion
from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser, html, words
from tests.dashboard.rights_table import NAMES

HTMX = {"HX-Request": "true"}
MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="name"%s\r\n\r\n%s\r\n--x--\r\n'


@pytest.fixture
def browser(operator):
    return Browser(operator, raise_request_exception=False)


def test_a_character_that_cannot_be_stored_is_refused_in_words_with_its_field(browser, gist):
    page = browser.post("connection_rename", gist.key, name="Alder\0")
    assert page.status_code == 400
    assert "a character in the field “name” that cannot be stored" in words(page)
    assert "Nothing was changed. Go back" in words(page)
    assert Connection.objects.get().name == "Alder Gist"


def test_htmx_gets_the_sentence_alone(browser, gist):
    answer = browser.client.post(reverse("connection_rename", args=[gist.key]), {"name": "A\0"}, headers=HTMX)
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert html(answer).startswith("There is a character in the field “name”")


def test_a_field_whose_name_cannot_be_stored_is_not_named(browser, gist):
    page = browser.post("connection_rename", gist.key, **{"na\0me": "x"})
    assert "a character in the name of a field that" in words(page)


@pytest.mark.parametrize("where", ["/runs/?q=a%00b", "/runs/?%00=1", "/%00/", "/links/a%00b/", "/nowhere/?a=%00"])
def test_nor_does_an_address_hold_one(browser, where):
    page = browser.client.get(where)
    assert (page.status_code, "a character in the address" in words(page)) == (400, True)


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "theme", "messages"])
def test_nor_does_a_cookie_even_written_as_an_escape(browser, name):
    """PostgreSQL would refuse the query for the session that it names."""
    browser.client.cookies.load(f'{name}="a\\\\000b"')
    browser.client.cookies[name].set(name, "a\0b", '"a\\000b"')
    for where in ("/runs/", "/nowhere/", "/accounts/login/"):
        page = browser.client.get(where)
        assert (page.status_code, "a character in a cookie" in words(page)) == (400, True)


@pytest.mark.parametrize("encoding", ["rot13", "raw_unicode_escape", "utf-7", "idna", "nonsense", "utf-16"])
def test_forms_are_utf_8_whatever_they_say(browser, gist, encoding):
    """In some encodings plain letters are half of a surrogate pair; saved, it would break each page that shows it."""
    where = reverse("connection_rename", args=[gist.key])
    browser.client.generic("POST", where, PART % (b"", b"+2AA-\\ud800"), f"{MULTIPART}; charset={encoding}")
    assert Connection.objects.get().name == "+2AA-\\ud800"
    assert browser.client.generic("GET", "/runs/?q=a", b"", f"text/plain; charset={encoding}").status_code == 200


@pytest.mark.parametrize(
    "part",
    [
        PART % (b"; filename*=rot13''a", b"x"),
        PART % (b'; filename="a\0b"', b"x"),
        PART % (b"; filename*=utf-8''a%00b", b"x"),
        b"--x\r\nContent-Disposition: form-data; name*=idna''a\r\n\r\nx\r\n--x--\r\n",
        b"--x\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=a\r\n\r\n!\r\n--x--\r\n",
    ],
)
def test_a_form_that_cannot_be_read_is_no_fault(browser, gist, part):
    answer = browser.client.post(reverse("connection_rename", args=[gist.key]), part, content_type=MULTIPART)
    assert answer.status_code in (400, 422)
    assert Connection.objects.get().name == "Alder Gist"


@pytest.mark.parametrize("address", ["http://[", "//[x", "\ufffd", "javascript:alert(1)"])
def test_a_page_address_that_is_none_is_no_fault_where_a_session_has_ended(as_nobody, address):
    headers = {**HTMX, "HX-Current-URL": address.encode().decode("latin-1")}
    answer = as_nobody.client.get("/accounts/login/", headers=headers)
    assert answer.status_code in (200, 400)
    assert answer.get("HX-Redirect", "/accounts/login/").startswith("/accounts/login/")


HIDDEN = {
    "half of an emoji": ('[{"name": "fixed", "value": "\\ud800"}]', "a character that cannot be stored"),
    "NUL": ('[{"name": "fixed", "value": "a\\u0000"}]', "a character that cannot be stored"),
    "no number": ('[{"name": "fixed", "value": NaN}]', "a number that is none"),
    "nested": ("[" * 50_000, "nested too deeply"),
    "nested a little": ("[" * 40 + "]" * 40, "nested more than 32 levels"),
    "no text": ('[{"name": "fixed", "value": ["a"]}]', "is no list of steps"),
    "no step": ('[{"name": "evil"}]', "is no list of steps"),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_hidden_json_that_no_page_wrote_is_refused_in_words(browser, link, case):
    text, sentence = HIDDEN[case]
    form = {"row": "1", "gist-1": "name", "ghl-1": "name", "steps-1": text, "do": "save", "read": "1"}
    page = browser.post("mapping", link.key, **form)
    assert (page.status_code, MappingVersion.objects.count()) == (400, 1)
    assert "The field “steps-1”" in words(page)
    assert sentence in words(page)


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, "9" * 5_000])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_number_in_an_address_is_a_fault(world, standing, owner, number, method):
    browser = Browser(owner, raise_request_exception=False)
    places = {re.sub(r"/\d+/", f"/{number}/", address_of(name, standing)) for name in NAMES}
    numbered = sorted(place for place in places if f"/{number}/" in place)
    assert len(numbered) > 20
    faults = [place for place in numbered if browser.client.generic(method, place).status_code >= 500]
    assert faults == []


def test_what_was_sent_is_not_logged(browser, gist, caplog):
    with caplog.at_level(logging.DEBUG):
        browser.post("connection_reconnect", gist.key, key="s3cret\0")
    assert "s3cret" not in caplog.text
