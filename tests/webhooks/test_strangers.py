"""Strangers at the door: secret addresses are in no log and can be renewed, and a flood of forged webhooks is cheap."""

import io
import json
import logging
from secrets import token_urlsafe

import pytest
from django.urls import get_resolver
from django.utils.module_loading import import_string

from dashboard.log_format import MaskingFormatter, mask_addresses
from integration.errors import SetupError
from integration.models import InboxEvent
from integration.webhooks.addresses import renew_addresses, webhook_token
from integration.webhooks.memory import memory
from tests.dashboard.browser import Browser, words
from tests.webhooks.senders import JSON, Gist

pytestmark = pytest.mark.django_db


# Secret addresses ---------------------------------------------------------------------------------------


def test_no_answer_writes_a_secret_address_into_the_log(gist_sender):
    token = gist_sender.token
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(MaskingFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        gist_sender.client.get(f"/webhooks/gist/{token}/contact_created/")
        gist_sender.client.get(f"/webhooks/gist/{token}/contact_created")
        gist_sender.client.post(f"/webhooks/gist/{token}/no/such/place/", b"{}", content_type=JSON)
        gist_sender.post("contact_renamed", b"{}")
        gist_sender.post("contact_created", b'{"a": "%s"}' % (b"x" * 1024 * 1024))
        gist_sender.post("contact_created", b"no json")
        logging.getLogger("django.request").exception("%s", f"Internal Server Error: /webhooks/gist/{token}/x/")
    finally:
        root.removeHandler(handler)
    written = stream.getvalue()
    assert "/webhooks/gist/…/contact_created/" in written
    assert written.count("/webhooks/gist/…") >= 5
    assert token not in written


def test_the_log_of_the_server_is_written_by_a_formatter_that_masks(settings):
    handlers = [one for one in settings.LOGGING["handlers"].values() if one["class"] != "logging.NullHandler"]
    assert [handler["formatter"] for handler in handlers] == ["line"]
    assert issubclass(import_string(settings.LOGGING["formatters"]["line"]["()"]), MaskingFormatter)


@pytest.mark.parametrize(
    "address",
    ["/accounts/password/reset/key/1-abc123/", "/accounts/confirm-email/Mg:abc123/", "/webhooks/gist/abc123/x/?y=1"],
)
def test_every_address_that_opens_something_is_masked(address):
    assert "abc123" not in mask_addresses(f"WARNING Not Found: {address}")


MISTYPED = [
    "/webhooks/gist/ {}/x/", "/webhooks/gist//{}/x/", "/webhooks//gist/{}", "/Webhooks/Gist/{}/x/", "/gist/ {}/x/",
    "/webhooks/gist/x/{}/", "/{}/x/", "/invitation//{}/", "/connect/client/{}/",
]  # fmt: skip


@pytest.mark.parametrize("address", MISTYPED)
def test_a_secret_in_a_mistyped_address_is_masked(address):
    """Whoever pastes it with a space before it, or without half of it, has it refused and written down."""
    token = token_urlsafe(24)
    for text in (f"Not Found: {address.format(token)}", json.dumps({"message": f"Not Found: {address.format(token)}"})):
        assert token not in mask_addresses(text)


def test_what_only_looks_long_is_left_in_the_log():
    said = "/home/u/imports/0123456789abcdef0123456789abcdef/file, line 2, in test_what_only_looks_long_is_left"
    assert mask_addresses(f"{said} /runs/7f9c24e8-3b12-4fef-91e0-56a2d5a1c3b2/") == (
        f"{said} /runs/7f9c24e8-3b12-4fef-91e0-56a2d5a1c3b2/"
    )


def test_no_address_with_a_secret_token_is_written_to_the_log():
    routes = [str(one.pattern) for one in get_resolver().url_patterns if "<str:token>" in str(one.pattern)]
    assert len(routes) >= 4
    for route in routes:
        address = "/" + route.replace("<str:token>", "abc123").replace("<str:topic>", "x")
        assert "abc123" not in mask_addresses(f"WARNING Not Found: {address}"), route


def test_new_addresses_end_the_old_ones_at_once(gist_sender, gist):
    assert gist_sender.send().status_code == 200
    renew_addresses(gist)
    assert gist_sender.send(email="bea@example.test").status_code == 404
    gist.refresh_from_db()
    assert gist.credentials["access_token"]
    assert Gist(webhook_token(gist)).send().status_code == 200


def test_ghl_has_no_secret_address_to_renew(ghl):
    with pytest.raises(SetupError, match="no secret"):
        renew_addresses(ghl)


# Strangers ----------------------------------------------------------------------------------------------


def test_of_a_flood_of_refused_webhooks_only_so_many_a_minute_are_kept(gist_sender, monkeypatch, caplog):
    monkeypatch.setattr("integration.webhooks.memory.REFUSED_A_MINUTE", 5)
    answers = [gist_sender.post("contact_created", b"{}", token=f"t{number}").status_code for number in range(50)]
    assert answers == [404] * 50
    assert InboxEvent.objects.filter(reason="unknown_token").count() == 5
    assert memory().not_kept == {"unknown_token": 45}
    assert [one for one in caplog.messages if "the rest is counted only" in one] != []
    # Another reason has its own measure, and genuine events none.
    gist_sender.post("contact_created", b"no json")
    assert InboxEvent.objects.filter(reason="unreadable").count() == 1
    assert gist_sender.send().status_code == 200


def test_a_refused_one_that_is_not_kept_costs_no_write(gist_sender, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("integration.webhooks.memory.REFUSED_A_MINUTE", 0)
    with django_assert_num_queries(0):
        gist_sender.post("contact_renamed", b"{}")


def test_the_next_minute_keeps_again(gist_sender, monkeypatch):
    monkeypatch.setattr("integration.webhooks.memory.REFUSED_A_MINUTE", 1)
    monkeypatch.setattr("integration.webhooks.memory.time.monotonic", lambda: 600.0)
    gist_sender.post("contact_renamed", b"{}"), gist_sender.post("contact_renamed", b"{}")
    monkeypatch.setattr("integration.webhooks.memory.time.monotonic", lambda: 660.0)
    gist_sender.post("contact_renamed", b"{}")
    assert InboxEvent.objects.filter(reason="unknown_topic").count() == 2


def test_the_page_of_refused_ones_says_how_many_are_counted_only(gist_sender, monkeypatch, owner):
    monkeypatch.setattr("integration.webhooks.memory.REFUSED_A_MINUTE", 1)
    for _ in range(1_235):
        memory().admit_refused("bad_signature")
    page = words(Browser(owner).get("problems_rejected"))
    assert "1,234 more were turned away since this server started and are counted only" in page
