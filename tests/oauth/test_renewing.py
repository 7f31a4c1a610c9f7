"""When a login is renewed, and when it is left alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.oauth.tokens import OAuthLogin


@pytest.fixture
def login(ghl):
    ghl.credentials = {"access_token": "present", "refresh_token": "next"}
    ghl.save()
    return OAuthLogin(ghl)


def lives(login, minutes_ago, minutes_left):
    connection, now = login.connection, timezone.now()
    connection.token_refreshed_at = now - timedelta(minutes=minutes_ago)
    connection.token_expires_at = now + timedelta(minutes=minutes_left)
    connection.save()


@pytest.mark.parametrize(
    ("minutes_ago", "minutes_left", "renewed"),
    [(0, 1440, False), (1435, 5, True), (0, 5, False), (4.6, 0.4, True), (1440, -1, True)],
    ids=["new", "ends soon", "short-lived and new", "short-lived and at its end", "ended"],
)
def test_a_login_is_renewed_before_it_ends_and_not_sooner(login, monkeypatch, minutes_ago, minutes_left, renewed):
    asked = []
    monkeypatch.setattr("integration.oauth.tokens.refresh_login", lambda connection, stale: asked.append(stale))
    lives(login, minutes_ago, minutes_left)
    assert login.header() == "Bearer present"
    assert bool(asked) is renewed
