"""Senders that know where to send, and a bell that is heard."""

import pytest

from integration.models import Connection
from integration.webhooks.addresses import webhook_token
from integration.webhooks.memory import memory
from tests.webhooks.senders import Ghl, Gist, pem


@pytest.fixture
def sender(ghl: Connection, settings, tmp_path) -> Ghl:
    """GHL with its keys in the file that the settings name."""
    made = Ghl(ghl.account_id)
    file = tmp_path / "keys.pem"
    file.write_bytes(pem(made.first) + pem(made.second))
    settings.GHL_WEBHOOK_PUBLIC_KEYS = str(file)
    return made


@pytest.fixture
def gist_sender(gist: Connection) -> Gist:
    return Gist(webhook_token(gist))


@pytest.fixture(autouse=True)
def rung(monkeypatch) -> list[tuple[int, ...]]:
    """For each time the bell rang, the ids of the connections."""
    heard: list[tuple[int, ...]] = []
    monkeypatch.setattr("integration.webhooks.store.call_workers", lambda ids: heard.append(tuple(ids)))
    return heard


@pytest.fixture
def back():
    """Call it to have the database asked again after it was away."""
    return lambda: memory().note_database(up=True)
