"""GHL's webhooks at the door: which are let in, with which status, and what is kept of the others."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integration.models import Connection, InboxEvent
from integration.providers.ghl import webhooks
from tests.webhooks.senders import Ghl, pem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def stamp(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def kept() -> list[tuple[str, str]]:
    return list(InboxEvent.objects.order_by("id").values_list("state", "reason"))


# Let in -------------------------------------------------------------------------------------------------


def test_a_genuine_event_is_stored_as_it_came_and_the_bell_rings(sender, ghl, rung):
    body = b'{ "type":"ContactUpdate", "locationId":"%s","webhookId":"w1","n":"\xc3\xa9" }' % sender.location.encode()
    assert sender.post(body, sender.signed(body)).status_code == 200
    event = InboxEvent.objects.get()
    assert bytes(event.body) == body
    assert (event.topic, event.account, event.dedupe) == ("ContactUpdate", sender.location, "ghl:w1")
    assert (event.state, event.connection, rung) == ("waiting", ghl, [(ghl.pk,)])
    assert event.headers["x-ghl-signature"] == sender.signed(body)["X-GHL-Signature"]


def test_one_event_costs_one_statement(sender, rung, django_assert_num_queries):
    sender.send()
    with django_assert_num_queries(3) as asked:
        sender.send(webhookId="w2")
    words = [query["sql"].split()[0] for query in asked.captured_queries]
    assert words == ["SAVEPOINT", "INSERT", "RELEASE"]


def test_secrets_in_headers_are_not_stored(sender):
    body = sender.event()
    sender.post(body, {**sender.signed(body), "Authorization": "Bearer secret", "Cookie": "a=secret"})
    assert "secret" not in json.dumps(InboxEvent.objects.get().headers)


def test_of_headers_worth_storing_a_handful_is_stored(sender):
    body = sender.event()
    sender.post(body, {**{f"X-GHL-{number}": "x" * 5000 for number in range(100)}, **sender.signed(body)})
    headers = InboxEvent.objects.get().headers
    assert (len(headers), max(map(len, headers.values()))) == (12, 1000)


def test_a_header_with_a_long_name_is_not_kept(sender):
    """Of a name nothing is cut: it would be another one."""
    sender.post(sender.event(), {"X-GHL-" + "n" * 60_000: "1", "X-GHL-Id": "7"})
    assert InboxEvent.objects.get().headers == {"content-type": "application/json", "x-ghl-id": "7"}


def test_the_second_signature_counts_when_there_is_no_first(sender):
    body = sender.event()
    assert sender.post(body, sender.signed_rsa(body)).status_code == 200


@pytest.mark.parametrize("nothing", ["N/A", "n/a", ""])
def test_a_first_header_that_says_nothing_counts_as_absent(sender, nothing):
    body = sender.event()
    assert sender.post(body, {"X-GHL-Signature": nothing, **sender.signed_rsa(body)}).status_code == 200


def test_facts_may_be_nested_as_in_the_guide(sender, ghl):
    body = json.dumps({"type": "NoteCreate", "webhookId": "w", "data": {"locationId": sender.location}}).encode()
    assert sender.post(body, sender.signed(body)).status_code == 200
    assert (InboxEvent.objects.get().connection, InboxEvent.objects.get().account) == (ghl, sender.location)


def test_an_event_of_a_location_nobody_connected_is_kept_cut_and_once_to_be_shown(sender, rung):
    for _ in range(2):
        assert sender.send(locationId="elsewhere", text="x" * 10_000).status_code == 200
    assert (kept(), rung) == ([("refused", "unknown_location")], [])
    event = InboxEvent.objects.get()
    assert (len(event.body), event.account) == (4096, "elsewhere")
    assert event.message == "No connection here has this location."


def test_a_real_connection_comes_before_that_of_the_sandbox_and_the_bell_rings_for_both(sender, ghl, rung):
    real = Connection.objects.create(key="real", name="Real", provider="ghl", account_id=sender.location)
    sender.send()
    assert (InboxEvent.objects.get().connection, rung) == (real, [(ghl.pk, real.pk)])


def test_text_no_database_takes_is_stored_all_the_same(sender):
    body = b'{"type": "Contact\\ud800\\u0000%s", "locationId": "\\u0000", "webhookId": "\\udfff"}' % (b"x" * 200)
    assert sender.post(body, sender.signed(body)).status_code == 200
    assert len(InboxEvent.objects.get().topic) == 60


def test_an_id_of_any_length_tells_events_apart(sender):
    for last in "ab":
        assert sender.send(webhookId="w" * 500 + last).status_code == 200
    assert InboxEvent.objects.count() == 2


# Duplicates ---------------------------------------------------------------------------------------------


def test_the_same_id_again_is_answered_200_and_stored_once(sender, rung):
    assert [sender.send(n=number).status_code for number in range(3)] == [200] * 3
    assert (InboxEvent.objects.count(), len(rung)) == (1, 1)


def test_an_event_handled_already_is_not_handled_again(sender):
    sender.send()
    InboxEvent.objects.update(state="done")
    sender.send()
    assert kept() == [("done", "")]


def test_without_an_id_the_body_tells_for_ten_minutes(sender, time_machine):
    statuses = []
    for later in (0, 300, 599, 600):
        time_machine.move_to(NOW + timedelta(seconds=later), tick=False)
        statuses.append(sender.send(webhookId=None).status_code)
    assert (statuses, InboxEvent.objects.count()) == ([200] * 4, 2)


# Turned away --------------------------------------------------------------------------------------------


def forged(sender: Ghl, body: bytes) -> dict[str, str]:
    return {"X-GHL-Signature": base64.b64encode(Ed25519PrivateKey.generate().sign(body)).decode()}


TURNED_AWAY = {
    "no header": (lambda sender, body: {}, 401, "no_signature"),
    "both absent": (lambda sender, body: {"X-GHL-Signature": "N/A", "X-WH-Signature": "N/A"}, 401, "no_signature"),
    "forged": (forged, 401, "bad_signature"),
    "not base64": (lambda sender, body: {"X-GHL-Signature": "%%%"}, 401, "bad_signature"),
    "not a signature": (lambda sender, body: {"X-GHL-Signature": "AAAA"}, 401, "bad_signature"),
    "of another body": (lambda sender, body: sender.signed(body + b" "), 401, "bad_signature"),
    "wrong RSA": (lambda sender, body: sender.signed_rsa(body + b" "), 401, "bad_signature"),
    "schemes swapped": (
        lambda sender, body: {"X-GHL-Signature": sender.signed_rsa(body)["X-WH-Signature"]},
        401,
        "bad_signature",
    ),
    "wrong first, right second": (
        lambda sender, body: forged(sender, body) | sender.signed_rsa(body),
        401,
        "bad_signature",
    ),
}


@pytest.mark.parametrize("case", TURNED_AWAY)
def test_what_is_not_signed_by_ghl_is_refused_and_kept(sender, rung, case):
    headers, status, reason = TURNED_AWAY[case]
    body = sender.event()
    assert sender.post(body, headers(sender, body)).status_code == status
    assert (kept(), rung, InboxEvent.objects.get().dedupe) == ([("refused", reason)], [], None)


def test_a_forged_event_does_not_stand_in_the_way_of_the_genuine_one(sender):
    sender.post(sender.event(), {"X-GHL-Signature": "AAAA"})
    assert sender.send().status_code == 200
    assert kept() == [("refused", "bad_signature"), ("waiting", "")]


def test_a_body_serialised_again_does_not_pass(sender):
    body = sender.event(name="Zoë")
    again = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    assert sender.post(again, sender.signed(body)).status_code == 401


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'"text"', b"\xff\xfe", b'{"a":' * 100_000, b"{}x"])
def test_a_signed_body_that_is_no_object_is_unreadable(sender, body):
    assert sender.post(body, sender.signed(body)).status_code == 400
    assert kept() == [("refused", "unreadable")]


def test_too_large_is_refused_by_what_the_sender_says_and_by_what_came(sender):
    largest = sender.event(body="x" * (4 * 1024 * 1024 - len(sender.event(body=""))))
    assert len(largest) == 4 * 1024 * 1024
    assert sender.post(largest, sender.signed(largest)).status_code == 200
    assert sender.post(largest + b" ", sender.signed(largest + b" ")).status_code == 413
    assert kept() == [("waiting", ""), ("refused", "too_large")]


def test_what_is_shown_of_a_body_that_is_too_large_is_its_beginning(sender):
    body = sender.event(body="x" * 4 * 1024 * 1024)
    sender.post(body, sender.signed(body))
    assert bytes(InboxEvent.objects.get().body) == body[:4096]


def test_a_body_without_a_signature_is_not_read_as_far(sender):
    assert sender.post(sender.event(body="x" * 1024 * 1024), {}).status_code == 413
    assert kept() == [("refused", "too_large")]


def test_the_address_without_its_last_slash_is_the_same_one(sender):
    body = sender.event()
    answer = sender.client.post("/webhooks/ghl", body, content_type="application/json", headers=sender.signed(body))
    assert (answer.status_code, kept()) == (200, [("waiting", "")])


@pytest.mark.parametrize(
    ("timestamp", "status"),
    [
        (timedelta(minutes=70), 200),
        (timedelta(hours=23, minutes=50), 200),
        (timedelta(hours=25), 401),
        ("2020-01-01T00:00:00.000Z", 401),
        ("2020-01-01T00:00:00", 401),
        (1_577_836_800, 401),
        (1_577_836_800_000, 401),
        ("yesterday", 200),
        (None, 200),
        (1e300, 200),
        ([], 200),
    ],
    ids=["minutes", "a day", "more", "years", "no zone", "seconds", "milliseconds", "words", "none", "huge", "list"],
)
def test_a_signed_event_may_be_a_day_old(sender, timestamp, status):
    if isinstance(timestamp, timedelta):  # counted from this test's start, not from the suite's
        timestamp = stamp(seconds=timestamp.total_seconds())
    assert sender.send(timestamp=timestamp).status_code == status
    assert kept() == [("waiting", "") if status == 200 else ("refused", "too_old")]


def test_the_age_is_a_setting(sender, settings):
    settings.WEBHOOK_MAX_AGE_HOURS = 1
    assert sender.send(timestamp=stamp(minutes=70)).status_code == 401


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_only_a_post_is_taken(sender, method):
    assert getattr(sender.client, method)("/webhooks/ghl/").status_code == 405


def test_of_what_was_refused_only_the_newest_are_kept_and_cut(sender, monkeypatch):
    monkeypatch.setattr("integration.webhooks.store.REFUSED_KEPT", 3)
    sender.send()
    for number in range(6):
        sender.post(b"%d" % number + b"x" * 10_000, {})
    sender.send(locationId="elsewhere", webhookId="w2")
    refused = InboxEvent.objects.filter(state="refused").order_by("id")
    assert [(bytes(one.body[:1]), len(one.body) <= 4096) for one in refused] == [
        (b"4", True),
        (b"5", True),
        (b"{", True),
    ]
    assert InboxEvent.objects.filter(state="waiting").count() == 1


# Keys ---------------------------------------------------------------------------------------------------


def test_the_published_keys_are_built_in(settings):
    settings.GHL_WEBHOOK_PUBLIC_KEYS = ""
    keys = webhooks._current_keys()
    assert [len(keys.ed25519), len(keys.rsa), keys.rsa[0].key_size] == [1, 1, 4096]
    assert [fingerprint(keys.ed25519[0]), fingerprint(keys.rsa[0])] == [
        "5a2c1b2749d3efcc233fb27d4ab43d56b8d20818c42cd226f6c9a3ff20d3097c",
        "2f62045d413b1b7747e26770ce7f57840cbf86288cd20ceb90d299a62501fd25",
    ]


def fingerprint(key) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def test_a_new_file_replaces_the_keys_without_a_restart(sender, settings, tmp_path):
    newer = Ghl(sender.location)
    assert newer.send().status_code == 401
    (tmp_path / "more.pem").write_bytes(pem(sender.first) + b"\n# newer\n" + pem(newer.first))
    settings.GHL_WEBHOOK_PUBLIC_KEYS = str(tmp_path / "more.pem")
    assert [one.send(webhookId=f"w{n}").status_code for n, one in enumerate((sender, newer))] == [200, 200]
    assert sender.post(sender.event(), sender.signed_rsa(sender.event())).status_code == 401


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_without_readable_keys_ghl_is_asked_to_send_again(sender, settings, tmp_path, content):
    file = tmp_path / "broken.pem"
    if content is not None:
        file.write_bytes(content)
    settings.GHL_WEBHOOK_PUBLIC_KEYS = str(file)
    assert sender.send().status_code == 429
    assert kept() == []
