"""Bodies of Gist's webhooks, of any shape: they begin workflows for the right person or are parked with words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.errors import SetupError
from integration.models import Connection, EventState, Execution, InboxEvent
from integration.moments import moment_text
from integration.webhooks.unpack import unpack_events
from integration.workflows import gist_events

MADE_UP = ["²", "99999999999999999999", "-1", "1e400", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "٣"]
LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(LEAF, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3))
TOPICS = ["meeting_scheduled", "workflow", "note_added", "conversation_opened", "contact_performed_event"]


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


@pytest.fixture
def arrives(stage):
    """An event that arrived with this body."""

    def keep(topic, body):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        made = InboxEvent.objects.create(
            connection=stage.link.gist, provider="gist", topic=topic, body=text, dedupe=f"{topic}:{text[:40]!r}"
        )
        unpack_events(stage.link)
        made.refresh_from_db()
        return made

    return keep


def on(stage, key, **options):
    does = [{"do": "note.create", "values": {"body": "Heard"}}]
    return stage.workflow("contact_opened", {"triggers": [{"on": key, **options}], "actions": does})


@pytest.mark.parametrize("moment", MADE_UP)
def test_a_moment_that_is_none_holds_up_nobody(stage, ann, moment):
    stage.workflow("meeting_booked")
    stage.trigger("meeting_scheduled", ann[0], meeting={"id": 5, "scheduled_at": moment})
    stage.settle()
    assert not InboxEvent.objects.filter(state=EventState.WAITING).exists()
    assert Execution.objects.get().state in ("done", "failed")


@pytest.mark.parametrize("moment", MADE_UP)
def test_no_text_breaks_the_reading_of_moments(moment):
    assert moment_text(moment) is None or moment_text(moment).endswith("Z")


@pytest.mark.parametrize("start", ["tomorrow at ten", "10:00", "²", "2030-13-45"])
@pytest.mark.parametrize("topic", ["meeting_scheduled", "meeting_rescheduled"])
def test_a_start_that_is_no_moment_is_refused_in_words(stage, ann, start, topic):
    stage.workflow("meeting_booked")
    stage.trigger(topic, ann[0], meeting={"id": 5, "scheduled_at": start})
    stage.settle()
    refused = Execution.objects.get()
    assert (refused.state, refused.reason) == ("failed", "not_sent")
    assert start in refused.message
    assert stage.appointments(ann[1]) == []


def test_a_cancelled_meeting_needs_no_start_that_can_be_read(stage, ann):
    stage.workflow("meeting_booked")
    stage.trigger("meeting_scheduled", ann[0], meeting={"id": 5, "scheduled_at": "2030-03-01T10:00:00Z"})
    stage.settle()
    stage.trigger("meeting_cancelled", ann[0], meeting={"id": 5, "scheduled_at": "tomorrow"})
    stage.settle()
    assert [one["appointmentStatus"] for one in stage.appointments(ann[1])] == ["cancelled"]


def test_someone_known_by_e_mail_only_is_found(stage, ann, arrives):
    on(stage, "gist.webhook")
    arrives("workflow", {"action": "x", "email": " ANN@example.test "})
    stage.settle()
    assert [note["body"] for note in stage.notes(ann[1])] == ["Heard"]


def test_someone_nobody_knows_is_parked_with_words(stage, arrives):
    on(stage, "gist.webhook")
    event = arrives("workflow", {"action": "x", "email": "nobody@example.test"})
    assert (event.state, event.reason) == (EventState.PARKED, "names_nobody")
    assert event.message
    assert not Execution.objects.exists()


def test_an_event_about_someone_who_is_not_synced_yet_waits_for_them(stage):
    on(stage, "gist.webhook", action="greet")
    made = stage.world.gist_contact(email="new@example.test", name="New Person")
    stage.trigger("workflow", str(made["id"]), action="greet")
    stage.settle()
    (there,) = stage.world.everyone("ghl")
    assert [note["body"] for note in stage.notes(there["id"])] == ["Heard"]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(TOPICS), JSON)
def test_facts_are_read_from_any_body(topic, body):
    facts = gist_events.facts_of(topic, body if isinstance(body, dict) else {}, None)
    assert all(isinstance(value, str) and value for value in facts.values())


SHAPES = [
    {"meeting": body, "contact": {"id": 1}}
    for body in (None, [], "x", {"id": []}, {"id": {"id": 1}}, {"scheduled_at": {}}, {"id": "1" * 5_000})
]


@pytest.mark.parametrize("body", SHAPES, ids=str)
def test_a_meeting_of_any_shape_is_taken_in(stage, arrives, body):
    stage.workflow("meeting_booked")
    assert arrives("meeting_scheduled", body).state == EventState.DONE


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff\xfe", b"[" * 5_000, b'{"contact": []}'])
def test_what_cannot_be_read_is_parked_with_words(stage, arrives, body):
    on(stage, "gist.note_added")
    event = arrives("note_added", body)
    assert (event.state, event.reason) == (EventState.PARKED, "names_nobody")


def test_characters_no_database_stores_do_not_reach_the_facts(stage, ann, arrives):
    on(stage, "gist.webhook")
    said = b'{"contact": {"id": %s}, "action": "a\\u0000b", "title": "half \\ud83d"}' % ann[0].encode()
    arrives("workflow", said)
    assert Execution.objects.get().facts["event"] == {"action": "ab", "title": "half ?"}


@pytest.mark.parametrize(
    "fields",
    [{"other": "a.b"}, {"title": "a..b"}, {"title": "a" * 201}, {"title": "."}, {"email": "a. .b"}],
    ids=lambda fields: str(fields)[:20],
)
def test_a_path_that_is_none_is_refused_with_its_place(gist_in_memory, fields):
    with pytest.raises(SetupError) as refused:
        gist_events.save_fields(gist_in_memory, fields)
    assert refused.value.where in fields


@pytest.fixture
def gist_in_memory(monkeypatch):
    monkeypatch.setattr(Connection, "save", lambda *args, **kwargs: None)
    return Connection(provider="gist", settings={})


def test_an_index_that_is_no_number_finds_nothing(gist_in_memory):
    gist_events.save_fields(gist_in_memory, {"start_at": "a.²"})
    assert gist_events.facts_of("meeting_scheduled", {"a": ["2030-03-01T10:00:00Z"]}, gist_in_memory) == {}
