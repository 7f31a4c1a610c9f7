"""What each kind of channel takes as an address, and what it sends."""

import hashlib
import hmac
import inspect
import json
import logging
import re
import socket
from pathlib import Path

import pytest
from apprise.apprise import N_MGR
from django.core import mail

from integration.alerts import guard
from integration.alerts.channels import CHANNELS, NotDelivered
from integration.alerts.channels.service import known_schemes
from integration.alerts.messages import Message
from integration.errors import SetupError

pytestmark = pytest.mark.one_engine
MESSAGE = Message("abc", "Gistline: Alder", "What\nWhy <!channel>", [{"event": "login"}])


@pytest.fixture
def posted(monkeypatch):
    calls = []

    def post(url, body, headers):
        calls.append((url, body, headers))
        return 200, ""

    monkeypatch.setattr(guard, "post", post)
    return calls


def test_a_webhook_is_signed_over_time_and_body_as_the_documentation_checks_it(posted):
    address = CHANNELS["webhook"].check("https://hooks.example.com/in")
    CHANNELS["webhook"].send(address, MESSAGE)
    _, body, headers = posted[0]
    assert json.loads(body)["alerts"] == [{"event": "login"}]
    example = re.search(r"```python\n(.*?)```", Path("docs/alerts.md").read_text(), re.DOTALL)[1]
    room: dict = {}
    exec(example, room)  # noqa: S102 -- the example of our own documentation
    given = (headers["Gistline-Timestamp"], headers["Gistline-Signature"])
    assert room["is_genuine"](address["secret"], *given, body)
    assert not room["is_genuine"](address["secret"], *given, body + b" ")
    assert not room["is_genuine"](address["secret"], "1700000000", given[1], body)


def test_a_signature_is_an_hmac_that_any_language_has(posted):
    address = CHANNELS["webhook"].check("https://hooks.example.com/in")
    CHANNELS["webhook"].send(address, MESSAGE)
    _, body, headers = posted[0]
    stamped = headers["Gistline-Timestamp"].encode() + b"." + body
    expected = hmac.new(address["secret"].encode(), stamped, hashlib.sha256).hexdigest()
    assert headers["Gistline-Signature"] == f"v1={expected}"


def test_the_name_of_a_link_mentions_nobody_in_slack(posted):
    CHANNELS["slack"].send({"url": "https://hooks.slack.com/services/x"}, MESSAGE)
    assert "&lt;!channel&gt;" in json.loads(posted[0][1])["text"]


@pytest.mark.parametrize(("status", "words"), [(410, "no longer works"), (429, "too many"), (500, "answers 500")])
def test_a_refusal_is_said_in_words(status, words, monkeypatch):
    monkeypatch.setattr(guard, "post", lambda url, body, headers: (status, ""))
    with pytest.raises(NotDelivered, match=words):
        CHANNELS["slack"].send({"url": "https://hooks.slack.com/services/x"}, MESSAGE)


def test_a_mail_goes_to_all_and_each_try_has_the_same_id(settings):
    settings.SENDS_EMAIL = True
    address = CHANNELS["email"].check("ops@example.com, night@example.com")
    for _ in range(2):
        CHANNELS["email"].send(address, MESSAGE)
    assert mail.outbox[0].to == ["ops@example.com", "night@example.com"]
    assert {one.extra_headers["Message-ID"] for one in mail.outbox} == {"<abc@127.0.0.1>"}


def test_without_a_mail_server_the_answer_says_what_to_set(settings):
    settings.SENDS_EMAIL = False
    with pytest.raises(NotDelivered, match="EMAIL_URL"):
        CHANNELS["email"].send({"to": ["ops@example.com"]}, MESSAGE)


@pytest.mark.parametrize("typed", ["", "nobody", "a@b.example\r\nBcc: c@d.example x", ", ,"])
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(SetupError):
        CHANNELS["email"].check(typed)


# apprise --------------------------------------------------------------------------------------------------


def test_the_services_that_people_use_are_there():
    assert {"tgram", "discord", "pover", "pagerduty", "opsgenie", "gchat", "wxteams", "twilio"} <= set(known_schemes())


@pytest.mark.parametrize(
    "url",
    ["json://10.0.0.1/x", "gotify://host/token", "mailto://user:pass@example.com", "ntfy://localhost/topic", "dbus://",
     "syslog://", "windows://", "nostr://x@relay.example", "file:///etc/passwd", "https://example.com/", "tgram",
     "tgram://", "discord://1/", "discord://12345678901234567/abcdefgh?template=http://169.254.169.254/",
     "discord://12345678901234567/abcdefgh?redirect=yes", "discord://[/", "\x00://x", "discord://a\n/b"],
)  # fmt: skip
def test_an_address_that_leads_to_a_machine_or_nowhere_is_refused_in_words(url):
    with pytest.raises(SetupError) as refused:
        CHANNELS["service"].check(url)
    assert refused.value.problem.endswith(".")


def test_no_service_whose_address_names_a_host_is_used():
    import apprise

    for service in apprise.Apprise().details(show_disabled=True)["schemas"]:
        names = {*(service["protocols"] or ()), *(service["secure_protocols"] or ())}
        assert not (names & set(known_schemes()) and "host" in service["details"]["tokens"]), names


ELSEWHERE = [
    "zulip://botname@a.metadata.internal/" + "a" * 32,
    "acs://a@b.example/" + "QUFB" * 22 + "/metadata.internal/to@b.example",
    "bluesky://user.evil.example@abcd-abcd-abcd-abcd",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_service_that_lets_its_address_choose_the_machine_is_not_used(url, monkeypatch):
    """Under another name than host, or by a document that the address leads to; also where it was stored before."""
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: asked.append(args) or [])
    with pytest.raises(SetupError, match="leads to a machine"):
        CHANNELS["service"].check(url)
    with pytest.raises(NotDelivered, match="not used for alerts"):
        CHANNELS["service"].send({"url": url}, MESSAGE)
    assert asked == []


# What stands in these hosts is one word, or of a list of regions.
LOOKED_AT = {
    "awswhatsapp": "notify_host s3_host", "cliq": "domain", "instagram": "host", "kaleyra": "host",
    "ryver": "organization", "sinch": "region",
}  # fmt: skip


def test_no_further_service_builds_its_host_from_what_is_typed():
    """Whoever upgrades apprise looks at what is new here."""
    found = {}
    for scheme in known_schemes():
        source = inspect.getsource(inspect.getmodule(N_MGR[scheme]))
        if names := set(re.findall(r"""["']https?://\{(?:self\.)?(\w+)\}""", source)) - {"did"}:
            found[inspect.getmodule(N_MGR[scheme]).__name__.rpartition(".")[2]] = " ".join(sorted(names))
    assert found == LOOKED_AT


def test_a_service_that_refuses_is_said_in_words_without_its_secret(monkeypatch):
    address = CHANNELS["service"].check("discord://123456789012345678/secret-token-of-discord")

    def refuse(*args, **options):
        raise OSError("secret-token-of-discord")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(NotDelivered) as refused:
        CHANNELS["service"].send(address, MESSAGE)
    assert str(refused.value).startswith("Discord did not take it")
    assert "secret" not in str(refused.value)


@pytest.fixture
def logged():
    """The messages that reach the process log at its lowest level; caplog also hears loggers that reach no log."""
    messages: list[str] = []
    handler, root = logging.Handler(), logging.getLogger()
    handler.emit = lambda record: messages.append(record.getMessage())
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield messages
    root.setLevel(before)
    root.removeHandler(handler)


def test_no_log_holds_the_address_of_a_service_however_much_is_logged(monkeypatch, logged):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(SetupError):
        CHANNELS["service"].check("slack://TS3CRET/BS3CRET/")
    with pytest.raises(NotDelivered):
        CHANNELS["service"].send({"url": "tgram://123456789:abcdefg_hijklmnop-S3CRET/1234"}, MESSAGE)
    assert [one for one in logged if "S3CRET" in one] == []


def test_no_log_holds_the_paths_that_are_posted_to(logged):
    logging.getLogger("urllib3.connectionpool").debug("POST /services/S3CRET")
    assert logged == []
