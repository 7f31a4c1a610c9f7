"""What probes and monitors read, without a login."""

import pytest

from integration import queue
from tests.dashboard import things
from tests.dashboard.browser import html

KEYS = {"database", "broker", "worker", "queue_age_seconds", "migrations"}
HEALTHY = queue.Health(workers=2, queue_age_seconds=0.4, broker=True)


@pytest.fixture
def healthy(monkeypatch):
    monkeypatch.setattr(queue, "check_queue", lambda: HEALTHY)


def test_healthz_answers_ok(as_nobody):
    answer = as_nobody.get("healthz")
    assert (answer.status_code, html(answer), answer["Content-Type"]) == (200, "ok", "text/plain")


def test_healthz_does_not_ask_the_database(as_nobody, django_assert_num_queries):
    with django_assert_num_queries(0):
        as_nobody.get("healthz")


def test_readyz_is_200_when_work_can_be_taken(as_nobody, healthy):
    answer = as_nobody.get("readyz")
    facts = {"database": True, "broker": True, "worker": True, "queue_age_seconds": 0.4, "migrations": True}
    assert (answer.status_code, answer.json()) == (200, facts)


def test_readyz_is_503_without_a_worker(as_nobody):
    answer = as_nobody.get("readyz")
    assert (answer.status_code, set(answer.json())) == (503, KEYS)
    assert (answer.json()["database"], answer.json()["worker"]) == (True, False)


def test_readyz_is_503_while_a_migration_is_left(as_nobody, healthy, monkeypatch):
    monkeypatch.setattr("dashboard.health.checks.migrations_left", lambda: ["0003"])
    answer = as_nobody.get("readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, False)


def test_readyz_is_503_with_all_its_keys_when_the_queue_cannot_be_asked(as_nobody, monkeypatch):
    def fails():
        raise ConnectionError("redis is away")

    monkeypatch.setattr(queue, "check_queue", fails)
    answer = as_nobody.get("readyz")
    assert (answer.status_code, set(answer.json()), answer.json()["broker"]) == (503, KEYS, False)


def test_metrics_count_runs_entries_and_connections(as_nobody, healthy, link):
    things.failure(things.finished_run(link, status="partial", failed=1))
    said = html(as_nobody.get("metrics"))
    for line in (
        'gistline_runs{status="partial"} 1.0',
        'gistline_log_entries_today{outcome="failed"} 1.0',
        'gistline_connections{status="ok"} 2.0',
        "gistline_workers 2.0",
        "gistline_queue_age_seconds 0.4",
    ):
        assert line in said


@pytest.mark.parametrize(
    "caller",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"headers": {"X-Real-IP": "203.0.113.9"}},
        {"headers": {"Via": "1.1 proxy"}},
        {"HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {"HTTP_FORWARDED": "for=203.0.113.9"},
    ],
    ids=str,
)
def test_without_a_token_metrics_are_for_this_machine_only(as_nobody, caller):
    assert as_nobody.client.get("/metrics", **caller).status_code == 403
    assert as_nobody.get("metrics").status_code == 200


def test_on_a_public_address_metrics_always_need_the_token(as_nobody, settings):
    settings.IS_LOCAL = False
    assert as_nobody.get("metrics").status_code == 403


@pytest.mark.parametrize(("given", "status"), [("Bearer secret", 200), ("Bearer wrong", 403), ("", 403)])
def test_with_a_token_metrics_need_it_from_everywhere(as_nobody, settings, given, status):
    settings.METRICS_TOKEN = "secret"
    for where in ("127.0.0.1", "203.0.113.9"):
        headers = {"Authorization": given} if given else {}
        assert as_nobody.client.get("/metrics", headers=headers, REMOTE_ADDR=where).status_code == status


@pytest.mark.parametrize("name", ["healthz", "readyz", "metrics"])
def test_probes_are_never_answered_from_a_cache(as_nobody, name):
    assert "no-store" in as_nobody.get(name)["Cache-Control"]
