"""The token endpoint is spoken to directly, and only where it stands: secrets go nowhere else."""

import json

import pytest
import requests

from integration.errors import Retryable
from integration.oauth.app import OAuthApp

APP = OAuthApp("id-1", "s3cret", "https://ghl.test/consent", "https://ghl.test")
TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": 60, "token_type": "Bearer", "locationId": "l1"}


@pytest.fixture
def sent(monkeypatch):
    """The transport, whose `status` and `headers` a test may change, and the requests that left with their options."""
    found = []

    def send(adapter, request, **options):
        found.append((request, options))
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = send.status, request, request.url
        answer._content = json.dumps(TOKENS).encode()
        answer.headers.update(send.headers)
        return answer

    send.status, send.headers = 200, {}
    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    return send, found


def ask(what):
    if what == "code":
        return APP.exchange_code("c0de", "https://own.test/back/")
    return APP.refresh_tokens("r0", "Alder")


@pytest.mark.parametrize("what", ["code", "refresh"])
def test_the_environment_s_proxy_and_passwords_are_not_obeyed(sent, what, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine ghl.test login stranger password theirs\n")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.test")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(netrc))
    ask(what)
    ((request, options),) = sent[1]
    assert ("Authorization" in request.headers, dict(options["proxies"] or {})) == (False, {})


@pytest.mark.parametrize("what", ["code", "refresh"])
@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_is_not_followed_with_the_secrets(sent, what, status):
    send, found = sent
    send.status, send.headers = status, {"Location": "https://stranger.test/"}
    with pytest.raises(Retryable):
        ask(what)
    assert [request.url for request, _ in found] == ["https://ghl.test/oauth/token"]
