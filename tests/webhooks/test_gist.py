"""Gist's webhooks at the door: a secret address for each topic."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from integration.models import Connection, InboxEvent
from integration.webhooks import find_connections
from integration.webhooks.addresses import GIST_TOPICS, webhook_addresses, webhook_token
from integration.webhooks.memory import memory
from tests.webhooks.senders import JSON, Gist

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("topic", GIST_TOPICS)
def test_every_address_an_operator_is_shown_takes_events(gist, gist_sender, settings, rung, topic):
    where = webhook_addresses(gist)[topic]
    path = where["url"].removeprefix(settings.PUBLIC_URL)
    answer = gist_sender.client.post(path, b'{"contact": {"id": 7}}', content_type=JSON, headers=where["headers"])
    event = InboxEvent.objects.get()
    assert (answer.status_code, event.topic, event.connection, event.state) == (200, topic, gist, "waiting")
    assert (bytes(event.body), rung) == (b'{"contact": {"id": 7}}', [(gist.pk,)])


def test_one_event_costs_one_statement(gist_sender, django_assert_num_queries):
    gist_sender.send()
    with django_assert_num_queries(3):
        gist_sender.send(email="bea@example.test")


def test_an_unknown_token_is_not_found_and_the_token_is_not_stored(gist_sender):
    assert gist_sender.post("contact_created", b"{}", token="x" * 32).status_code == 404
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, event.topic) == ("refused", "unknown_token", "contact_created")
    assert "xxx" not in json.dumps([event.headers, event.message, event.account])


def test_an_unknown_topic_is_not_found(gist_sender):
    assert gist_sender.post("contact_renamed", b"{}").status_code == 404
    assert InboxEvent.objects.get().reason == "unknown_topic"


def test_a_token_made_a_moment_ago_is_known_at_once(gist_sender):
    gist_sender.post("contact_created", b"{}", token="stranger")
    new = Connection.objects.create(key="new", name="New", provider="gist", credentials={"access_token": "k"})
    assert Gist(webhook_token(new)).send().status_code == 200
    assert InboxEvent.objects.get(state="waiting").connection == new


def test_strangers_cost_one_reading_of_the_rows_and_no_second_decryption(gist_sender, monkeypatch):
    gist_sender.post("contact_created", b"{}", token="stranger")
    monkeypatch.setattr(find_connections, "decrypt_json", lambda sealed: pytest.fail("decrypted again"))
    assert gist_sender.post("contact_created", b"{}", token="another").status_code == 404


def test_a_connection_whose_secret_cannot_be_read_hinders_no_other(gist_sender, settings):
    Connection.objects.create(key="odd", name="Odd", provider="gist", credentials={"webhook_token": "t"})
    Connection.objects.filter(key="odd").update(credentials="")
    assert gist_sender.send().status_code == 200


def test_a_deleted_connection_is_not_found_although_it_is_remembered(gist_sender, gist):
    gist_sender.send()
    InboxEvent.objects.all().delete()
    gist.delete()
    memory().forget_connections()
    assert gist_sender.send().status_code == 404


@pytest.mark.parametrize("body", [b"", b"contact[id]=1", b"[1]", b"\xff"])
def test_a_body_that_is_no_json_object_is_unreadable_and_kept_with_its_connection(gist_sender, gist, body):
    assert gist_sender.post("contact_created", body).status_code == 400
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, event.connection, bytes(event.body)) == ("refused", "unreadable", gist, body)


def test_too_large_is_refused(gist_sender):
    assert gist_sender.post("contact_created", b'{"a": "%s"}' % (b"x" * 4 * 1024 * 1024)).status_code == 413


def test_the_address_without_its_last_slash_is_the_same_one(gist_sender):
    address = f"/webhooks/gist/{gist_sender.token}/contact_created"
    assert (
        gist_sender.client.post(address, b'{"contact": {"id": 1}}', content_type="application/json").status_code == 200
    )
    assert InboxEvent.objects.get().state == "waiting"


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_a_post_is_taken(gist_sender, method):
    address = f"/webhooks/gist/{gist_sender.token}/contact_created/"
    assert getattr(gist_sender.client, method)(address).status_code == 405


# Duplicates ---------------------------------------------------------------------------------------------


def test_the_same_body_within_ten_seconds_is_stored_once_per_topic(gist_sender, time_machine, rung):
    time_machine.move_to(NOW, tick=False)
    sent = [gist_sender.send(topic).status_code for topic in ("contact_created", "user_created", "contact_created")]
    time_machine.move_to(NOW + timedelta(seconds=10), tick=False)
    assert [*sent, gist_sender.send("contact_created").status_code] == [200] * 4
    assert list(InboxEvent.objects.order_by("id").values_list("topic", flat=True)) == [
        "contact_created",
        "user_created",
        "contact_created",
    ]
    assert len(rung) == 3


def test_the_same_body_at_two_connections_is_two_events(gist_sender, gist):
    other = Connection.objects.create(key="other", name="Other", provider="gist")
    gist_sender.send()
    Gist(webhook_token(other)).send()
    assert set(InboxEvent.objects.values_list("connection", flat=True)) == {gist.pk, other.pk}


def test_tagged_untagged_and_tagged_again_is_handled_again(gist_sender, time_machine, rung):
    """The third body equals the first; were it dropped, the tag would be missing on the other side."""
    time_machine.move_to(NOW, tick=False)
    gist_sender.send("contact_tagged")
    InboxEvent.objects.update(state="done", handled_at=NOW, reason="changed")
    assert gist_sender.send("contact_tagged").status_code == 200
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, event.handled_at, len(rung)) == ("waiting", "", None, 2)
