"""Settings → Health and Encryption: what doctor says, in words, and which key secrets stand under."""

import pytest
from cryptography.fernet import Fernet

from dashboard.health.metrics import build_registry
from integration.encryption.rotate import rotate_all
from integration.models import InboxEvent
from tests.dashboard.browser import words

pytestmark = pytest.mark.django_db


def test_what_fails_stands_first_with_what_to_do(as_owner, settings):
    settings.PUBLIC_URL, settings.IS_LOCAL = "http://sync.example.com", False
    page = words(as_owner.get("health"))
    assert "Put HTTPS before it and set PUBLIC_URL." in page
    assert page.index("Public url") < page.index("Database")


def test_figures_are_those_of_today(as_owner, gist):
    for state in ("done", "refused", "refused"):
        InboxEvent.objects.create(provider="gist", connection=gist, body=b"{}", state=state)
    assert "Webhooks today 3 2 refused" in words(as_owner.get("health"))


def test_nobody_outside_is_asked(as_owner, gist, world):
    world.forget_calls()
    as_owner.get("health")
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_metrics_say_what_is_left_and_how_old_a_link_is(gist, ghl, link, world):
    from tests.world import sync

    sync(link)
    InboxEvent.objects.create(provider="gist", connection=gist, body=b"{}", state="done")
    registry = build_registry()
    assert registry.get_sample_value("gistline_webhooks_today", {"state": "done"}) == 1
    assert registry.get_sample_value("gistline_calls_today", {"provider": "ghl"}) > 0
    assert 0 <= registry.get_sample_value("gistline_link_lag_seconds", {"link": "alder"}) < 60


def test_a_new_key_takes_over_all_secrets_and_the_old_one_opens_nothing(as_owner, gist, ghl, settings):
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, old]
    assert "0 of 3 secrets are under the newest key" in words(as_owner.get("encryption"))
    assert "A worker brings every secret" in words(as_owner.go(as_owner.post("encryption_rotate")))
    rotate_all()
    page = words(as_owner.get("encryption"))
    assert "Opens nothing any more: take it out" in page
    assert new not in page
    settings.ENCRYPTION_KEYS = [new]
    gist.refresh_from_db()
    assert gist.credentials


def test_a_secret_under_a_lost_key_is_named(as_owner, gist, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "cannot be read." in words(as_owner.get("encryption"))
