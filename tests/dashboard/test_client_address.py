"""Behind a reverse proxy: whose address counts, and who may say that the browser came by https."""

from ipaddress import ip_network

import pytest
from django.contrib.auth import get_user
from django.test import Client, RequestFactory

from dashboard.client_address import client_address
from dashboard.environment import SettingError, read_networks
from tests.dashboard.browser import Browser, words

PROXY, CLIENT, OTHER = "10.0.0.5", "203.0.113.9", "203.0.113.10"
WRONG = {"login": "owner@gistline.example", "password": "a-guess"}
RIGHT = {**WRONG, "password": "a-long-password"}


@pytest.fixture
def proxies(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/24"), ip_network("127.0.0.1")]


def address(peer: str, *forwarded: str) -> str:
    headers = {"X-Forwarded-For": ", ".join(forwarded)} if forwarded else {}
    return client_address(RequestFactory(headers=headers).get("/", REMOTE_ADDR=peer))


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.1", "10.0.0.5"])
def test_without_trusted_proxies_the_header_is_ignored(peer):
    assert address(peer, "198.51.100.1") == peer


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (PROXY, [CLIENT], CLIENT),
        (PROXY, ["1.2.3.4", CLIENT], CLIENT),
        (PROXY, [CLIENT, "10.0.0.7"], CLIENT),
        (PROXY, ["1.2.3.4", "10.0.0.8", CLIENT, "10.0.0.7"], CLIENT),
        (PROXY, [f"{CLIENT}:4711"], CLIENT),
        (PROXY, ["[2001:db8::9]:4711"], "2001:db8::9"),
        (PROXY, ["2001:DB8:0::9"], "2001:db8::9"),
        (f"::ffff:{PROXY}", [f"::ffff:{CLIENT}"], CLIENT),
        (PROXY, [CLIENT, "unknown"], PROXY),
        (PROXY, [CLIENT, ""], PROXY),
        (PROXY, [], PROXY),
        ("10.0.1.5", [CLIENT], "10.0.1.5"),
        (OTHER, [CLIENT], OTHER),
        ("", [CLIENT], ""),
    ],
)
def test_proxies_vouch_from_the_right(proxies, peer, forwarded, expected):
    assert address(peer, *forwarded) == expected


def test_ten_wrong_passwords_of_one_client_lock_no_other_one(db, owner, proxies):
    guesser, honest = behind_proxy(CLIENT), behind_proxy(OTHER)
    for _ in range(10):
        guesser.post("account_login", **WRONG)
    assert "Too many failed login attempts" in words(guesser.post("account_login", **RIGHT))
    honest.post("account_login", **RIGHT)
    assert get_user(honest.client) == owner


def test_an_invented_address_gains_no_further_guesses(db, owner, proxies):
    for number in range(10):
        behind_proxy(f"198.51.100.{number}, {CLIENT}").post("account_login", **WRONG)
    guesser = behind_proxy(f"198.51.100.77, {CLIENT}")
    assert "Too many failed login attempts" in words(guesser.post("account_login", **RIGHT))


def test_another_host_header_gains_no_further_guesses(db, owner, proxies):
    for port in range(5):
        guesser = Browser(headers={"X-Forwarded-For": CLIENT, "Host": f"localhost:{port}"}, REMOTE_ADDR=PROXY)
        guesser.post("account_login", **WRONG)
    assert "Too many failed login attempts" in words(behind_proxy(CLIENT).post("account_login", **RIGHT))


def test_one_client_is_stopped_after_ten_guesses_whichever_the_account(db, owner, proxies):
    guesser = behind_proxy(CLIENT)
    for number in range(10):
        guesser.post("account_login", **{**WRONG, "login": f"person{number}@gistline.example"})
    assert "Too many failed login attempts" in words(guesser.post("account_login", **RIGHT))


def behind_proxy(forwarded: str) -> Browser:
    return Browser(headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=PROXY)


# https ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "trusted", "believed"),
    [
        ("127.0.0.1", False, True),
        ("::1", False, True),
        (PROXY, False, False),
        (CLIENT, False, False),
        (PROXY, True, True),
        (CLIENT, True, False),
    ],
)
def test_only_a_proxy_says_that_the_browser_came_by_https(request, settings, db, peer, trusted, believed):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")
    if trusted:
        request.getfixturevalue("proxies")
    answer = Client(headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR=peer).get("/accounts/login/")
    assert answer.status_code == (200 if believed else 301)


# The setting ----------------------------------------------------------------------------------------------


def test_proxies_are_addresses_and_networks(monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1, 10.1.2.3/8,::1")
    assert list(map(str, read_networks("TRUSTED_PROXIES"))) == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize("value", ["nginx", "10.0.0.0/40", "1", "0.0.0.0/0", "::/0"])
def test_a_proxy_that_is_none_or_everybody_is_refused_with_a_sentence(monkeypatch, value):
    monkeypatch.setenv("TRUSTED_PROXIES", value)
    with pytest.raises(SettingError, match=f"^TRUSTED_PROXIES holds “{value}”, which is .+\\.$"):
        read_networks("TRUSTED_PROXIES")
