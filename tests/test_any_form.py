"""Whatever is sent in place of a form's fields: never a fault, nor on the page that comes after.

tests/dashboard/test_hostile_forms.py sends chosen values to every form; here are made ones, some fields at a time.
"""

import json
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import given
from hypothesis import strategies as st

from tests.dashboard.browser import Browser
from tests.dashboard.form_walk import Walk, verbs_of
from tests.dashboard.hostile import FORM
from tests.dashboard.stage import begin_sign_ins, stage_everything
from tests.fuzzing import ANYTHING, examples, mutated

TEXTS = st.text(max_size=20) | st.text(st.characters(categories=["Cc", "Cf", "Zs", "Mn", "So"]), max_size=8)
TYPED = (
    st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str) | st.dates().map(str) | st.times().map(str)
)
CHOSEN = st.sampled_from(
    ["", " ", "\0", "\ud800", "x" * 300, "x" * 70_000, "9" * 5_000, "{{ contact.name }}", "{{", "²", "a@b.example",
     "gist", "ghl", "0001-01-01T00:00", "9999-12-31T23:59", "http://[", "https://a.example/", "+14155550001", "null"]
)  # fmt: skip
VALUES = TEXTS | TYPED | CHOSEN | ANYTHING.map(json.dumps)


@pytest.fixture
def walk(ann, owner, settings):
    # Without a mail server some pages hold a sentence in place of their form.
    settings.SENDS_EMAIL = True
    browser = Browser(raise_request_exception=False)
    browser.client.force_login(owner)
    starts = stage_everything(ann)
    browser.post("account_reauthenticate", password="a-long-password")
    begin_sign_ins(browser)
    return Walk(browser, starts)


def other_than(value, choices):
    """What may stand in place of a value: one of another choice of the form, or anything; broken JSON for JSON."""
    changed = mutated(json.loads(value)).map(json.dumps) if value[:1] in ("[", "{") else VALUES
    return changed | st.sampled_from(choices) | VALUES


@st.composite
def bodies(draw, sending):
    """The form with up to three of its fields replaced, left out, or sent twice; or in parts, with a file in one."""
    fields = {name: [value] for name, value in sending.fields}
    choices = [value for _, value in sending.fields] or [""]
    for name in draw(st.lists(st.sampled_from(sorted(fields) or ["do"]), max_size=3)):
        fields[name] = draw(st.lists(other_than((fields.get(name) or [""])[0], choices), max_size=2))
    if verbs := verbs_of(sending):
        fields["do"] = [draw(st.sampled_from(verbs))] if draw(st.booleans()) else fields["do"]
    if draw(st.integers(0, 4)):
        return urlencode(fields, doseq=True, errors="surrogatepass").encode(), FORM
    name = draw(st.sampled_from(sorted(fields) or ["do"]))
    parts = {one: [value.encode(errors="replace").decode() for value in values] for one, values in fields.items()}
    sent = encode_multipart(BOUNDARY, parts).removesuffix(b"--%s--\r\n" % BOUNDARY.encode())
    file = b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n--%s--\r\n'
    named = draw(st.sampled_from([b"a.csv", b"", b"..", b"%00", b"\xff.xlsx", b"a" * 400]))
    content = draw(st.binary(max_size=30))
    return sent + file % (BOUNDARY.encode(), name.encode(), named, content, BOUNDARY.encode()), MULTIPART_CONTENT


@pytest.mark.django_db
@examples(50)
@given(data=st.data())
def test_no_form_is_a_fault_and_neither_is_what_it_leads_to(walk, data):
    sending = data.draw(st.sampled_from(walk.all_that("POST")))
    body, kind = data.draw(bodies(sending))
    assert max(statuses(walk, sending.path, body, kind, htmx=data.draw(st.booleans()))) < 500


def statuses(walk, path, body, kind, htmx):
    """Of the answer, and of the page where it sends the browser; what it did is taken back."""
    walk.client.cookies = SimpleCookie(walk.cookies)
    headers = {"HX-Request": "true"} if htmx else {}
    with transaction.atomic():
        answers = [walk.client.generic("POST", path, body, kind, headers=headers)]
        place = answers[0].get("Location") or answers[0].get("HX-Redirect") or ""
        if place.startswith("/"):
            answers.append(walk.client.get(place))
        transaction.set_rollback(True)
    return {one.status_code for one in answers}
