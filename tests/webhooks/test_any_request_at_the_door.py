"""Whatever comes to the addresses of webhooks, as bytes on the wire: a documented answer, and only what is genuine is
stored as such, once.
"""

import base64
import io
import json
import logging
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.log_format import JsonFormatter, MaskingFormatter
from integration.models import InboxEvent
from integration.webhooks.addresses import GIST_TOPICS
from integration.webhooks.receive import LIMIT_BYTES, UNSIGNED_BYTES
from tests.fuzzing import ANYTHING, DEEP, examples
from tests.webhooks.wire import answer_to, in_chunks, with_length

pytestmark = pytest.mark.django_db
GHL = b"/webhooks/ghl/"
FAULT = "could not be taken"
"""What is written in place of an error 500, which GHL would take for the end of it."""


@pytest.fixture
def log():
    """All that is written, for people and for machines."""
    handlers = [logging.StreamHandler(stream := io.StringIO()), logging.StreamHandler(stream)]
    for handler, formatter in zip(handlers, (MaskingFormatter(), JsonFormatter()), strict=True):
        handler.setFormatter(formatter)
        logging.getLogger().addHandler(handler)
    yield stream
    for handler in handlers:
        logging.getLogger().removeHandler(handler)


def begin(log):
    """Nothing of an earlier example."""
    InboxEvent.objects.all().delete()
    log.seek(0)
    log.truncate()


def stored():
    return [(one.state, bytes(one.body)) for one in InboxEvent.objects.exclude(state="refused")]


# What a request is made of -----------------------------------------------------------------------------

TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-!#$%&'*+.^|~", min_size=1, max_size=12).map(str.encode)
NAMES = TOKEN | TOKEN.map(lambda tail: b"X-Gist-" + tail) | TOKEN.map(lambda tail: b"X-GHL-" + tail) | st.sampled_from(
    [b"Content-Type", b"Content-Encoding", b"Cookie", b"Origin", b"Expect", b"User-Agent", b"X-Request-Id", b"Range",
     b"X-Forwarded-For", b"X-Forwarded-Proto", b"X-HTTP-Method-Override", b"Accept", b"X-" + b"n" * 9_000]
)  # fmt: skip
VALUES = st.binary(max_size=40).map(lambda text: bytes(one for one in text if one >= 32)) | st.sampled_from(
    [b"gzip", b"application/json; charset=utf-16", b"application/x-www-form-urlencoded", b"multipart/form-data",
     b"text/xml", b"N/A", b"\xed\xa0\x80", b"v" * 9_000]
)  # fmt: skip
LIMITS = (LIMIT_BYTES, UNSIGNED_BYTES)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
OBJECTS = st.dictionaries(st.text(max_size=8), ANYTHING, max_size=3).map(lambda facts: json.dumps(facts).encode())
BODIES = (
    st.binary(max_size=60) | OBJECTS | ANYTHING.map(lambda value: json.dumps(value).encode()) | DEEP.map(str.encode)
    | OBJECTS.map(lambda text: text + b"\0") | OBJECTS.map(lambda text: text.decode().encode("utf-16"))
    | st.sampled_from([b'{"a":"%s"}' % (b"x" * (most - 8 + more)) for most in LIMITS for more in (0, 1)])
)  # fmt: skip
SENDINGS = st.sampled_from([with_length, in_chunks])


def is_object(body):
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


# GHL: a signature over the bytes ------------------------------------------------------------------------

ABSENT = ("", "n/a")
CHANGES = st.sampled_from([
    lambda text: text, lambda text: b" \t" + text + b"  ", lambda text: text[:-4], lambda text: text + b"A",
    lambda text: text.swapcase(), lambda text: text + b", " + text, lambda text: text.rstrip(b"="),
    lambda text: text[:9] + b" " + text[9:], lambda text: b'"' + text + b'"', lambda text: b"sha256=" + text,
])  # fmt: skip


def decoded(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


@st.composite
def signature_headers(draw, sender, body):
    """Headers in which the signature of this body, or of another one, stands rightly or not; and who has signed."""
    texts = [sender.signed(body)["X-GHL-Signature"], sender.signed_rsa(body)["X-WH-Signature"]]
    texts += [sender.signed(body + b" ")["X-GHL-Signature"], "", "N/A"]
    values = st.sampled_from(texts).map(str.encode).flatmap(lambda text: CHANGES.map(lambda change: change(text)))
    names = st.sampled_from([b"X-GHL-Signature", b"x-wh-signature", b"X-Wh-Signature", b"X_GHL_Signature"])
    rightly = [(b"X-GHL-Signature", texts[0].encode())], [(b"X-WH-Signature", texts[1].encode())]
    return draw(st.sampled_from(rightly) | st.lists(st.tuples(names, values | VALUES), max_size=3))


def is_signed(sender, body, headers):
    """As GHL describes it: the first header counts; the second only where there is no first."""
    joined = {
        name: ", ".join(value.decode("latin-1").strip(" \t") for given, value in headers if given.lower() == name)
        for name in (b"x-ghl-signature", b"x-wh-signature")
    }
    first, second = (text.strip() for text in joined.values())
    if first.lower() not in ABSENT:
        return decoded(first) == sender.first.sign(body)
    right = sender.signed_rsa(body)["X-WH-Signature"]
    return second.lower() not in ABSENT and decoded(second) == decoded(right)


def has_signature(headers):
    given = [name for name, value in headers if value.decode("latin-1").strip().lower() not in ABSENT]
    return any(name.lower() in (b"x-ghl-signature", b"x-wh-signature") for name in given)


@examples(60)
@given(data=st.data(), body=BODIES, others=HEADERS, send=SENDINGS)
def test_only_what_ghl_signed_is_taken_and_only_once(sender, log, data, body, others, send):
    begin(log)
    body_of_ours = data.draw(st.booleans())
    if body_of_ours:
        facts = json.loads(data.draw(OBJECTS))
        body = json.dumps({**facts, "locationId": sender.location, "webhookId": "w1", "timestamp": None}).encode()
    signed = data.draw(signature_headers(sender, body))
    answers = [answer_to(send(b"POST", GHL, [*others, *signed], body)) for _ in range(2)]
    expected = expected_of_ghl(sender, body, signed)
    assert [one.status_code for one in answers if one] == [expected] * len([one for one in answers if one])
    is_taken = body_of_ours and expected == 200 and answers[0] is not None
    assert stored() == ([("waiting", body)] if is_taken else [])
    assert FAULT not in log.getvalue()


def expected_of_ghl(sender, body, headers):
    if len(body) > (LIMIT_BYTES if has_signature(headers) else UNSIGNED_BYTES):
        return 413
    if not is_signed(sender, body, headers):
        return 401
    return 200 if is_object(body) else 400


# Gist: a secret in the address --------------------------------------------------------------------------

TOPICS = st.sampled_from([*GIST_TOPICS, "contact_renamed", "%00", "%ff", "%ED%A0%80", "a" * 900, "..", "Note_added"])
WRITTEN = st.sampled_from([
    lambda token: token, lambda token: f"%{ord(token[0]):02x}{token[1:]}", lambda token: token.swapcase(),
    lambda token: token[:-1], lambda token: token + "a", lambda token: token + "%00", lambda token: "%20" + token,
    lambda token: "-", lambda token: "%ff" * 20, lambda token: token * 100, lambda token: "%00",
])  # fmt: skip


@examples(60)
@given(how=st.just(str) | WRITTEN, topic=TOPICS, body=BODIES, headers=HEADERS, send=SENDINGS)
def test_only_what_has_gists_secret_is_taken_and_only_once(gist_sender, log, how, topic, body, headers, send):
    begin(log)
    token = how(gist_sender.token)
    sent = send(b"POST", f"/webhooks/gist/{token}/{topic}/".encode(), headers, body)
    answers = [one for one in (answer_to(sent), answer_to(sent)) if one]
    is_genuine = unquote(token) == gist_sender.token and topic in GIST_TOPICS
    expected = expected_of_gist(body) if is_genuine else 404
    assert {one.status_code for one in answers} <= ({expected} if "%00" not in f"{token}{topic}" else {400, 404})
    assert stored() == ([("waiting", body)] if is_genuine and expected == 200 and answers else [])
    assert FAULT not in log.getvalue()
    assert not tells(gist_sender.token, log, answers)


def expected_of_gist(body):
    return 413 if len(body) > LIMIT_BYTES else 200 if is_object(body) else 400


def tells(token, log, answers):
    """Whether the secret stands in the log, or in an answer."""
    return token in log.getvalue() or any(token.encode() in one.content for one in answers)


# Any request --------------------------------------------------------------------------------------------

METHODS = st.sampled_from([b"GET", b"HEAD", b"OPTIONS", b"PUT", b"PATCH", b"DELETE", b"TRACE", b"CONNECT", b"PURGE"])
PLACES = st.sampled_from([
    "/webhooks/ghl/", "/webhooks/ghl", "/webhooks/ghl/x/", "//webhooks/ghl/", "/webhooks/gist/{}/note_added/",
    "/webhooks/gist/{}/note_added", "/webhooks/gist/{}", "/webhooks/gist/{}/", "/webhooks/gist//{}/note_added/",
    "/webhooks/gist/{}/note_added/more/", "/webhooks//gist/{}/note_added/", "/webhooks/./gist/{}/note_added/",
    "/Webhooks/Gist/{}/note_added/", "/webhooks/gist/note_added/{}/", "/webhooks%2Fgist%2F{}%2Fnote_added/",
    "http://other.test/webhooks/gist/{}/note_added/", "/webhooks/gist/{}/note_added/?{}", "/gist/{}/note_added/",
])  # fmt: skip


@examples(60)
@given(
    method=METHODS | st.just(b"POST"), place=PLACES, headers=HEADERS, body=st.binary(max_size=20), send=SENDINGS,
    length=st.none() | st.integers(0, 2**70),
)  # fmt: skip
def test_no_other_request_is_taken_or_tells_the_secret(gist_sender, log, method, place, headers, body, send, length):
    begin(log)
    path = place.format(gist_sender.token, gist_sender.token).encode()
    sent = send(method, path, headers, body) if length is None else with_length(method, path, headers, body, length)
    answer = answer_to(sent)
    is_place = unquote(place).startswith(("/webhooks/ghl/", "/webhooks/gist/{}/note_added/", "http"))
    assert answer is None or answer.status_code in {301, 400, 401, 404, 405, 413}
    assert is_place or stored() == []
    assert FAULT not in log.getvalue()
    assert not tells(gist_sender.token, log, [answer] if answer else [])
