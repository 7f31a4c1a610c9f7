"""Bodies nobody should send: each is answered as the contract says, worked off without a crash, and shown in words."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.problems.refusals import REFUSALS
from integration.models import EventState, InboxEvent, PendingRead, Run
from integration.runs.recover import process_name
from integration.runs.start import start_run
from integration.runs.work import work_one_slice
from integration.webhooks.addresses import GIST_TOPICS
from integration.webhooks.delivery import read_object
from integration.webhooks.process import process_link
from integration.webhooks.unpack import NAMES_NOBODY
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.django_db
LIMIT = 4 * 1024 * 1024


@pytest.fixture
def link(link):
    link.merge_seconds = 0
    link.save()
    return link


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def drain(link):
    """As the live job does; afterwards nothing waits, and no run met a fault."""
    process_link(link.pk, process_name(), 10)
    assert not InboxEvent.objects.filter(state=EventState.WAITING).exists()
    assert not PendingRead.objects.exists()
    assert set(Run.objects.values_list("status", flat=True)) <= {"succeeded"}


# Turned away ---------------------------------------------------------------------------------------------

UNREADABLE = {
    "nested deeply": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
    "nested lists": b'{"a":' + b"[" * 150_000 + b"]" * 150_000 + b"}",
    "a number of 5,000 digits": b'{"id": %s}' % (b"9" * 5_000),
    "a NUL": b'{"id": "a\0b"}',
    "a NUL behind it": b"{}\0",
    "no UTF-8": b'{"name": "\xc3\x28"}',
    "half of UTF-16": b'\xff\xfe{"a"',
    "a list": b'[{"type": "ContactUpdate"}]',
    "null": b"null",
    "a number": b"1e999",
    "nothing": b"",
    "spaces": b"   \n",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a form": b"contact[id]=1&contact[email]=ann@example.test",
    "gzip": gzip.compress(b'{"contact": {"id": 1}}'),
    "a bomb": gzip.compress(b"0" * 50_000_000)[:LIMIT],
    "two objects": b"{}{}",
    "a trailing comma": b'{"id": 1,}',
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_400_and_shown_for_both_sides(sender, gist_sender, viewer, case):
    body = UNREADABLE[case]
    assert sender.post(body, sender.signed(body)).status_code == 400
    assert gist_sender.post("contact_created", body).status_code == 400
    assert list(InboxEvent.objects.values_list("state", "reason")) == [("refused", "unreadable")] * 2
    page = words(Browser(viewer).get("problems_rejected"))
    assert page.count(REFUSALS["unreadable"].title) >= 2
    for event in InboxEvent.objects.all():
        assert REFUSALS["unreadable"].meaning in words(Browser(viewer).get("rejected_event", event.pk))


def test_a_byte_more_than_allowed_is_413_and_shown(sender, gist_sender, viewer):
    body = sender.event(text="x" * LIMIT)
    assert sender.post(body, sender.signed(body)).status_code == 413
    assert gist_sender.post("note_added", body).status_code == 413
    assert [len(event.body) for event in InboxEvent.objects.all()] <= [4096, 4096]
    assert words(Browser(viewer).get("problems_rejected")).count(REFUSALS["too_large"].title) >= 2


# Let in --------------------------------------------------------------------------------------------------

STRANGE_IDS = {
    "list": ["c1"],
    "object": {"$ne": None},
    "true": True,
    "null": None,
    "nothing": "",
    "fraction": 1.5,
    "infinite": float("inf"),
    "5,000 characters": "c" * 5_000,
    "5,000 digits, nearly": 10**4_000,
    "path": "../../oauth/token",
    "dots": "..",
    "query": "c1?locationId=other",
    "NUL": "c\x001",
    "half a character": "\ud83d",
    "new line": "c1\r\nHost: elsewhere",
    "template": "{{ 7*7 }}",
    "other letters": "с1",  # A Cyrillic letter.
}


@pytest.mark.parametrize("case", STRANGE_IDS)
def test_an_id_that_cannot_be_one_is_parked_and_never_asked_for(world, link, sender, gist_sender, viewer, case):
    strange = STRANGE_IDS[case]
    world.forget_calls()
    told = [
        sender.send(id=strange),
        sender.send(type="NoteCreate", contactId=strange, webhookId="w2"),
        sender.send(type="AppointmentCreate", appointment={"contactId": strange}, webhookId="w3"),
        gist_sender.post("contact_tagged", json.dumps({"contact": {"id": strange}}).encode()),
        gist_sender.post("conversation_opened", json.dumps({"conversation": {"contacts": strange}}).encode()),
        gist_sender.post("user_created", json.dumps({"user": strange, "data": strange, "lead": [strange]}).encode()),
    ]
    assert [answer.status_code for answer in told] == [200] * 6
    drain(link)
    assert set(InboxEvent.objects.values_list("state", "message")) == {("parked", NAMES_NOBODY)}
    assert sum(world.calls().values()) == 0
    assert words(Browser(viewer).get("problems_waiting_events")).count(NAMES_NOBODY) == 6


STRANGE_FACTS = {
    "type": [[], {}, True, 7, "x" * 5_000, "\ud800", "<script>alert(1)</script>", None],
    "locationId": [[], {}, True, 7, "x" * 5_000, "\x00", "' OR 1=1 --", None],
    "webhookId": [[], {}, True, 7, "x" * 5_000, "\udfff", "", None],
    "timestamp": [[], {}, True, "²", "9" * 400, "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+23:59", 1e308],
    "data": [[], "text", 7, {"data": {"data": {}}}, {"locationId": []}],
    "companyId": [[], "x" * 5_000],
}


@pytest.mark.parametrize("name", STRANGE_FACTS)
def test_facts_of_any_type_are_taken_as_far_as_they_go(link, sender, viewer, name):
    for number, value in enumerate(STRANGE_FACTS[name]):
        told = sender.send(**{"id": "c404", "webhookId": f"w{number}", name: value})
        assert told.status_code in (200, 401)  # 401: it says it was sent long ago.
    drain(link)
    assert set(InboxEvent.objects.values_list("state", flat=True)) <= {"done", "parked", "refused"}
    for page in ("problems_rejected", "problems_waiting_events"):
        assert "<script>alert" not in html(Browser(viewer).get(page))


ENCODED = {
    "UTF-8 with a mark": "utf-8-sig",
    "UTF-16": "utf-16",
    "UTF-16, big end first": "utf-16-be",
    "UTF-32": "utf-32",
}


@pytest.mark.parametrize("case", ENCODED)
def test_json_in_another_encoding_means_what_it_says(world, link, sender, case):
    ann = world.ghl_contact(firstName="Ann", email="ann@example.test")
    body = sender.event(id=ann["id"]).decode().encode(ENCODED[case])
    assert sender.post(body, sender.signed(body)).status_code == 200
    drain(link)
    assert world.emails("gist") == ["ann@example.test"]


def test_of_a_key_that_is_said_twice_the_last_word_counts_everywhere(world, link, sender):
    ann = world.ghl_contact(firstName="Ann", email="ann@example.test")
    body = sender.event(id=ann["id"]).replace(b'{"type"', b'{"locationId": "elsewhere", "id": "c404", "type"')
    assert sender.post(body, sender.signed(body)).status_code == 200
    drain(link)
    assert world.emails("gist") == ["ann@example.test"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x", "", "é"]
)
def test_the_content_type_does_not_matter(sender, gist_sender, content_type):
    body = sender.event()
    sent = {"content_type": content_type, "headers": sender.signed(body)}
    assert sender.client.post("/webhooks/ghl/", body, **sent).status_code == 200
    address = f"/webhooks/gist/{gist_sender.token}/contact_created/"
    assert gist_sender.client.post(address, body, content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Encoding": "gzip"}, 200),  # Said and not done: the bytes are what was signed.
        ({"Content-Length": "nonsense"}, 401),  # Nothing is read, and nothing is not what was signed.
        ({"Content-Length": "-5"}, 401),
        ({"X-GHL-Signature": "é" * 5_000}, 401),
    ],
)
def test_headers_that_are_wrong_are_never_a_fault_of_ours(sender, headers, status):
    body = sender.event()
    assert sender.post(body, {**sender.signed(body), **headers}).status_code == status


def test_a_note_of_nearly_a_megabyte_is_kept_whole_and_its_contact_read(world, link, sender):
    ann = world.ghl_contact(firstName="Ann", email="ann@example.test")
    facts = {"type": "NoteCreate", "contactId": ann["id"], "webhookId": "n1"}
    note = "<img src=x onerror=alert(1)>" * ((LIMIT - len(sender.event(**facts, body=""))) // 28)
    assert sender.send(**facts, body=note).status_code == 200
    assert json.loads(bytes(InboxEvent.objects.get().body))["body"] == note
    drain(link)
    assert world.emails("gist") == ["ann@example.test"]


def test_a_body_nested_just_short_of_too_deeply_is_no_poison(link, sender):
    """What the door can still read may be too deep for whoever reads it later, further down the stack."""
    limits = range(100, 1_100, 10)
    told = []
    for depth in limits:
        body = sender.event(webhookId=f"w{depth}", more=0).replace(b'"more": 0', b'"more":' + _lists(depth))
        told.append(sender.post(body, sender.signed(body)).status_code)
    assert set(told) == {200, 400}
    drain(link)


def _lists(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


# Anything ------------------------------------------------------------------------------------------------

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["c404", "1001", "..", "\x00"])
)
WHO = ["id", "contact", "user", "lead", "message", "author", "conversation", "contacts", "appointment", "contactId"]
names = st.sampled_from([*WHO, "type", "locationId", "companyId", "webhookId", "timestamp", "appId", "data", "tags"])
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(names, st.text()), inner)),
    max_leaves=12,
)
topics = st.sampled_from(["ContactUpdate", "ContactDelete", "NoteCreate", "TaskDelete", "AppointmentUpdate", "odd"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.dictionaries(names, anything, max_size=6), topic=topics, heard=st.sampled_from(GIST_TOPICS))
def test_whatever_is_said_is_answered_and_worked_off(link, sender, gist_sender, facts, topic, heard):
    body = json.dumps({"type": topic, "locationId": sender.location, **facts}).encode()
    read_object(body)
    assert sender.post(body, sender.signed(body)).status_code in (200, 401)
    assert gist_sender.post(heard, body).status_code == 200
    drain(link)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300))
def test_whatever_bytes_come_are_answered(sender, gist_sender, body):
    assert sender.post(body, sender.signed(body)).status_code in (200, 400)
    assert gist_sender.post("contact_created", body).status_code in (200, 400)


# Names that would be more than names ----------------------------------------------------------------------

HOSTILE_NAMES = {
    "script": '<script>alert("hi")</script>',
    "image": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)",
    "address": "javascript:alert(1)",
    "template": "{{ request.user.password }}{% debug %}${7*7}#{7*7}",
    "formula": '=HYPERLINK("http://elsewhere.test","open")',
    "comment": "--><script>alert(2)</script><!--",
    "end of a tag": "</title></td></table></textarea><script>alert(3)</script>",
    "right to left": "\u202eنور الهاشمي\u202c",
    "emoji": "👩‍👩‍👧‍👦 Zoë 🦷",
    "4,000 characters": "N" * 4_000,
    "4,000 emoji": "🌳" * 4_000,
    "a query": "Robert'); DROP TABLE integration_pair;--",
    "lines": "Ann\r\nSet-Cookie: a=b\r\n\r\n<b>x</b>",
}
PAGES = ("overview", "runs", "log", "problems_person", "problems_waiting", "links", "connections")


@pytest.fixture(params=HOSTILE_NAMES)
def hostile(request):
    return HOSTILE_NAMES[request.param]


def test_a_hostile_name_is_synced_as_it_is_and_shown_as_text(world, link, gist, ghl, owner, hostile):
    """In Gist as a name and a property, in GHL as first name and tag; heard of by webhooks, and found by a full run."""
    world.gist_contact(email="ann@example.test", name=hostile, custom_properties={"plan": hostile[:200]})
    world.ghl_contact(firstName=hostile, email="bob@example.test", tags=[hostile[:80]])
    run = start_run(link)
    assert work_one_slice(run.pk, process_name(), 30)
    run.refresh_from_db()
    assert (run.status, run.created) == ("succeeded", 2)
    names = {one["email"]: one for one in world.everyone("ghl")}
    assert written(names["ann@example.test"]) == " ".join(hostile.split())
    assert {written(one) for one in world.everyone("gist")} == {" ".join(hostile.split())}
    look_at_every_page(owner, link, run, hostile)


def written(contact):
    """The name a twin holds, with single spaces."""
    parts = (contact.get("firstName"), contact.get("lastName")) if "locationId" in contact else (contact["name"],)
    return " ".join(" ".join(filter(None, parts)).split())


def look_at_every_page(person, link, run, name):
    browser = Browser(person)
    entries = [browser.get("log_entry", entry.pk) for entry in run.entries.all()]
    pages = [browser.get(page) for page in PAGES]
    about = [browser.get("run", run.pk), browser.get("link", link.key), browser.get("mapping", link.key)]
    for page in (*entries, *pages, *about):
        assert page.status_code == 200
        for raw in ("<script>alert", "<img src=x", 'href="javascript:', "onmouseover='alert", person.password):
            assert raw not in html(page)
    assert name[:40].split()[0] in words(entries[0])


def test_a_hostile_name_in_a_question_and_in_a_failure_is_text(world, link, owner, hostile):
    """Two people who could be the same one, and a value that Gist refuses for its length."""
    for number in (1, 2):
        world.ghl_contact(firstName=hostile, phone=f"+1415555000{number}")
    world.gist_contact(email="ann@example.test", name=hostile, phone="+14155550001")
    world.ghl_contact(firstName=hostile, email="cleo@example.test", customFields=[])
    link.conflict = "ask"
    link.save()
    run = start_run(link)
    work_one_slice(run.pk, process_name(), 30)
    run.refresh_from_db()
    assert run.is_finished
    look_at_every_page(owner, link, run, hostile)
