"""The commands that keep an installation well: rotate_keys and doctor."""

import pytest
from cryptography.fernet import Fernet
from django.db import models
from django.db.models.functions import Cast

from integration.encryption import rotate
from integration.models import Connection
from integration.queue import Health
from tests.command_output import Output

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def three_connections(settings):
    settings.ENCRYPTION_KEYS = [OLD]
    for number in range(3):
        Connection.objects.create(key=f"c{number}", provider="gist", credentials={"access_token": f"secret-{number}"})


def raw(key: str) -> str:
    rows = Connection.objects.annotate(raw=Cast("credentials", models.TextField()))
    return rows.values_list("raw", flat=True).get(key=key)


def test_rotated_secrets_are_readable_with_the_newest_key_alone(three_connections, settings, monkeypatch):
    monkeypatch.setattr(rotate, "BATCH", 2)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert Output("rotate_keys", "--json").json == {"rotated": 3, "current": 0, "unreadable": 0}
    settings.ENCRYPTION_KEYS = [NEW]
    secrets = [connection.credentials["access_token"] for connection in Connection.objects.order_by("key")]
    assert secrets == ["secret-0", "secret-1", "secret-2"]


def test_rotation_goes_on_where_it_stopped(three_connections, settings):
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    second = Connection.objects.get(key="c1")
    second.credentials = {"access_token": "secret-1"}
    second.save()
    before = raw("c1")
    assert Output("rotate_keys", "--json").json == {"rotated": 2, "current": 1, "unreadable": 0}
    assert raw("c1") == before


def test_rotation_fails_for_secrets_no_key_fits_and_leaves_them(three_connections, settings):
    before = raw("c0")
    settings.ENCRYPTION_KEYS = [NEW]
    said = Output("rotate_keys", "--json")
    assert said.json["unreadable"] == 3
    assert "Put the key back" in said.failure
    assert raw("c0") == before


def checks(*arguments: str) -> dict[str, tuple[bool, str]]:
    said = Output("doctor", "--json", *arguments)
    assert said.json["ok"] == (said.failure == "")
    return {check["name"]: (check["ok"], check["detail"]) for check in said.json["checks"]}


def test_doctor_finds_the_missing_worker(gist):
    found = checks()
    assert [name for name, (ok, _) in found.items() if not ok] == ["workers"]
    assert "manage.py up" in found["workers"][1]


def test_doctor_prints_one_line_per_check(gist):
    lines = Output("doctor").lines
    assert "ok   database: answers; all migrations are applied" in lines
    assert "ok   connection alder-gist: Signed in" in lines
    assert [line for line in lines if line.startswith("FAIL workers: none is alive.")]


def test_doctor_succeeds_when_all_is_well(gist, monkeypatch):
    monkeypatch.setattr("integration.management.findings.check_queue", lambda: Health(2, 0.0, True))
    assert Output("doctor").failure == ""


def test_doctor_finds_secrets_that_cannot_be_read(three_connections, settings):
    settings.ENCRYPTION_KEYS = [NEW]
    ok, detail = checks()["keys"]
    assert not ok
    assert detail.startswith("3 secrets")


def test_doctor_finds_a_broken_login(gist):
    Connection.objects.update(status="reconnect", status_reason="Gist refused the key.")
    assert checks("--offline")["connection alder-gist"] == (False, "Login broken. Gist refused the key.")


def test_doctor_asks_the_accounts_unless_told_not_to(world, gist):
    Connection.objects.update(credentials={"access_token": "refused"})
    assert checks("--offline")["connection alder-gist"][0]
    assert not checks()["connection alder-gist"][0]
