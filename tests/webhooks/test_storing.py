"""Stored before it is answered: in the database, else on disk; 429 only when neither takes it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, OperationalError

from integration.models import InboxEvent
from integration.webhooks import spool, store
from integration.webhooks.delivery import Delivery
from integration.webhooks.memory import memory
from integration.webhooks.spool import drain_spool

pytestmark = pytest.mark.django_db


@pytest.fixture
def database(monkeypatch, back):
    """Can be taken away and given back."""

    class Database:
        def leave(self, error=OperationalError):
            def fails(*args, **options):
                raise error("disk I/O error")

            monkeypatch.setattr(InboxEvent, "save", fails)

        def come_back(self):
            monkeypatch.undo()
            monkeypatch.setattr("integration.webhooks.store.call_workers", lambda ids: None)
            back()

    return Database()


def ids() -> list[str]:
    return list(InboxEvent.objects.order_by("id").values_list("dedupe", flat=True))


def test_without_the_database_events_wait_on_disk_and_are_stored_in_order(sender, database, ghl):
    database.leave()
    assert [sender.send(webhookId=f"w{n}").status_code for n in range(12)] == [200] * 12
    assert (InboxEvent.objects.count(), len(spool.spooled_files())) == (0, 12)
    database.come_back()
    assert (drain_spool(), spool.spooled_files()) == (12, [])
    assert ids() == [f"ghl:w{n}" for n in range(12)]
    assert {event.connection for event in InboxEvent.objects.all()} == {ghl}


def test_a_spooled_event_is_what_came_when_it_came(sender, database, time_machine):
    came = datetime(2026, 11, 24, 12, tzinfo=UTC)
    time_machine.move_to(came, tick=False)
    database.leave()
    body = b'{"type": "NoteCreate", "webhookId": "w", "text": "\xf0\x9f\x8c\xb3"}'
    sender.post(body, sender.signed(body))
    database.come_back()
    time_machine.move_to(came + timedelta(hours=30))
    drain_spool()
    event = InboxEvent.objects.get()
    assert (bytes(event.body), event.received_at, event.topic) == (body, came, "NoteCreate")


def test_the_next_event_takes_the_spooled_ones_along_and_comes_after_them(sender, database):
    database.leave()
    sender.send(webhookId="w1")
    sender.send(webhookId="w2")
    database.come_back()
    sender.send(webhookId="w3")
    assert (ids(), spool.spooled_files()) == (["ghl:w1", "ghl:w2", "ghl:w3"], [])


def test_duplicates_in_the_spool_are_stored_once(sender, database):
    database.leave()
    assert [sender.send().status_code for _ in range(3)] == [200] * 3
    database.come_back()
    assert (drain_spool(), ids()) == (3, ["ghl:w1"])


def test_a_database_that_is_away_is_not_asked_again_at_once(sender, database, monkeypatch):
    database.leave()
    sender.send(webhookId="w1")
    monkeypatch.setattr("integration.webhooks.receive.keep_delivery", lambda delivery: pytest.fail("asked"))
    assert sender.send(webhookId="w2").status_code == 200
    assert len(spool.spooled_files()) == 2


def test_gist_s_token_is_checked_later_when_it_cannot_be_now(gist_sender, gist, monkeypatch, back):
    def fails(digest):
        raise OperationalError("no connection")

    monkeypatch.setattr("integration.webhooks.find_connections._holder_of", fails)
    assert gist_sender.send().status_code == 200
    assert gist_sender.post("contact_created", b"{}", token="stranger").status_code == 200
    assert gist_sender.token not in "".join(path.read_text() for path in spool.spooled_files())
    monkeypatch.undo()
    monkeypatch.setattr("integration.webhooks.store.call_workers", lambda ids: None)
    assert drain_spool() == 2
    kept = InboxEvent.objects.order_by("id").values_list("state", "reason", "connection")
    assert list(kept) == [("waiting", "", gist.pk), ("refused", "unknown_token", None)]


def test_unchecked_events_cannot_fill_the_disk(gist_sender, monkeypatch):
    monkeypatch.setitem(spool.LIMITS, "unchecked", 2)
    memory().note_database(up=False)
    sent = [gist_sender.post("contact_created", b"{}", token=f"t{n}").status_code for n in range(4)]
    assert sent == [200, 200, 429, 429]


@pytest.mark.parametrize("kind", ["unchecked", "refused"])
def test_of_what_anybody_can_send_a_thousand_files_are_too_many(settings, kind):
    folder = Path(settings.DATA_DIR) / "spool"
    folder.mkdir()
    for number in range(1_000):
        (folder / f"{number:020d}-{kind}.json").touch()
    with pytest.raises(OSError, match="too many webhooks wait"):
        spool.spool_delivery(Delivery("gist", "contact_created", b"{}", {}), kind)


@pytest.mark.parametrize("target", ["integration.webhooks.spool.os.fsync", "integration.webhooks.spool.os.open"])
def test_429_when_the_disk_fails_too(sender, database, monkeypatch, target):
    def fails(*args):
        raise OSError("input/output error")

    database.leave()
    sender.send(webhookId="w1")
    monkeypatch.setattr(target, fails)
    assert sender.send(webhookId="w2").status_code == 429
    assert [path.suffix for path in spool._spool_folder().iterdir()] == [".json"]


def test_429_when_the_disk_is_nearly_full(sender, database, monkeypatch):
    database.leave()
    monkeypatch.setattr(spool, "FREE_BYTES", 10**18)
    assert sender.send().status_code == 429


def test_what_can_never_be_stored_is_set_aside_and_holds_nothing_up(sender, database):
    database.leave()
    sender.send(webhookId="w1")
    sender.send(webhookId="w2")
    spool.spooled_files()[0].write_text('{"cut')
    database.come_back()
    drain_spool()
    assert (ids(), spool.spooled_files()) == (["ghl:w2"], [])
    assert [path.read_text() for path in spool._spool_folder().glob("*.bad")] == ['{"cut']


def test_a_file_stays_until_its_event_is_stored(sender, database, back):
    database.leave()
    sender.send()
    with pytest.raises(OperationalError):
        drain_spool()
    assert len(spool.spooled_files()) == 1


def test_only_one_drains_at_a_time(sender, database):
    database.leave()
    sender.send()
    database.come_back()
    with spool._lock_for_draining():
        assert drain_spool() == 0
    assert drain_spool() == 1


def test_spooled_events_are_for_their_owner_s_eyes_only(sender, database):
    database.leave()
    sender.send()
    assert [oct(path.stat().st_mode)[-3:] for path in (spool._spool_folder(), *spool.spooled_files())] == ["700", "600"]


def test_an_event_is_answered_200_although_nobody_could_be_called(sender, monkeypatch):
    def fails(ids):
        raise OperationalError("the queue is away")

    monkeypatch.setattr("integration.webhooks.store.call_workers", fails)
    assert sender.send().status_code == 200
    assert (len(ids()), spool.spooled_files()) == (1, [])


def test_a_refusal_is_a_refusal_although_the_database_is_away_and_is_shown_later(sender, database, gist_sender, gist):
    body = sender.event(text="x" * 10_000)
    assert gist_sender.send().status_code == 200
    database.leave()
    assert sender.post(body, {}).status_code == 401
    assert gist_sender.post("contact_created", b"{}x").status_code == 400
    assert gist_sender.post("nonsense", b"{}").status_code == 404
    database.come_back()
    drain_spool()
    refused = InboxEvent.objects.filter(state="refused").order_by("id")
    assert list(refused.values_list("reason", "connection")) == [
        ("no_signature", None),
        ("unreadable", gist.pk),
        ("unknown_topic", None),
    ]
    assert bytes(refused[0].body) == body[:4096]


def test_refusals_cannot_fill_the_disk(sender, monkeypatch):
    monkeypatch.setitem(spool.LIMITS, "refused", 2)
    memory().note_database(up=False)
    assert [sender.post(b"{}", {}).status_code for _ in range(4)] == [401] * 4
    assert len(spool.spooled_files()) == 2


def test_genuine_events_that_wait_leave_room_for_refusals_and_for_events_not_checked_yet(
    sender, gist_sender, monkeypatch
):
    monkeypatch.setitem(spool.LIMITS, "refused", 1)
    monkeypatch.setitem(spool.LIMITS, "unchecked", 1)
    memory().note_database(up=False)
    sent = [sender.send(webhookId=f"w{n}").status_code for n in range(2)]
    assert [*sent, gist_sender.send().status_code, sender.post(b"{}", {}).status_code] == [200, 200, 200, 401]
    assert len(spool.spooled_files()) == 4


def test_a_fault_of_our_own_is_never_a_500(sender, monkeypatch):
    monkeypatch.setattr(store, "connections_of", lambda delivery: 1 / 0)
    assert sender.send().status_code == 429
    assert json.loads(sender.event())["webhookId"] == "w1"


def test_an_insert_that_is_refused_for_another_reason_than_a_known_event_is_no_duplicate(monkeypatch):
    def refuses(event, **options):
        raise IntegrityError("FOREIGN KEY constraint failed")

    monkeypatch.setattr(InboxEvent, "save", refuses)
    with pytest.raises(IntegrityError):
        store._insert_event(InboxEvent(provider="ghl", topic="ContactUpdate", dedupe="ghl:new", body=b"{}"))


def test_an_event_that_is_known_is_a_duplicate():
    for expected in (True, False):
        event = InboxEvent(provider="ghl", topic="ContactUpdate", dedupe="ghl:same", body=b"{}")
        assert store._insert_event(event) is expected
