"""Ann on both sides, and calls that are tried once."""

import pytest

from tests.dashboard.browser import Browser
from tests.world import sync


@pytest.fixture
def pair(world, link):
    """Ann on both sides and in step; her ids in Gist and GHL."""
    gist = world.gist_contact(email="ann@example.test", name="Ann Lee", phone="+15550101234", tags=["vip"])
    sync(link)
    return gist["id"], link.pairs.get().ghl_id


@pytest.fixture
def one_try(monkeypatch):
    """A call that fails fails at once."""
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)


@pytest.fixture
def as_viewer(viewer):
    return Browser(viewer)
