"""What probes and monitors read, without a login."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from integration import queue
from integration.models import InboxEvent
from integration.providers.budgets.day import note_left
from integration.providers.budgets.document import locked_document
from integration.webhooks.addresses import webhook_token
from tests.dashboard import things
from tests.dashboard.browser import html
from tests.webhooks.senders import Gist
from tests.world import sync

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


# Figures that move -----------------------------------------------------------------------------------------


def series(as_nobody):
    """Value by name and labels, as Prometheus reads them."""
    families = text_string_to_metric_families(html(as_nobody.get("metrics")))
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples
    }


def test_calls_are_counted_by_account_and_what_came_of_them(as_nobody, healthy, world, link):
    world.gist_contact(email="ann@example.test", name="Ann")
    world.fault({"side": "gist", "kind": "429", "times": 1})
    sync(link)
    found = series(as_nobody)
    for account, outcome in (
        (link.gist.budget_key, "rate_limited"),
        (link.gist.budget_key, "ok"),
        (link.ghl.budget_key, "ok"),
    ):
        assert found["gistline_calls_total", ("account", account), ("outcome", outcome)] >= 1
    before = found["gistline_calls_total", ("account", link.ghl.budget_key), ("outcome", "ok")]
    sync(link)
    assert series(as_nobody)["gistline_calls_total", ("account", link.ghl.budget_key), ("outcome", "ok")] > before
    with locked_document(link.ghl.budget_key) as document:
        note_left(document, 1200, time.time())
    assert series(as_nobody)["gistline_calls_left_today", ("account", link.ghl.budget_key)] == 1200


def test_webhooks_are_counted_by_what_became_of_them(as_nobody, healthy, gist):
    sender = Gist(webhook_token(gist))
    for _ in range(2):
        sender.post("contact_created", b'{"contact": {"id": 1}}')
    sender.post("contact_created", b"no json")
    as_nobody.client.post("/webhooks/ghl/", b"{}", content_type="application/json")
    found = series(as_nobody)
    for provider, verdict in (
        ("gist", "stored"),
        ("gist", "duplicate"),
        ("gist", "unreadable"),
        ("ghl", "no_signature"),
    ):
        assert found["gistline_webhooks_total", ("provider", provider), ("verdict", verdict)] == 1
    assert found["gistline_webhooks_today", ("state", "refused")] == 2


def test_lag_waiting_webhooks_and_parity_are_told_of_each_link(as_nobody, healthy, link):
    assert series(as_nobody)["gistline_link_oldest_waiting_seconds", ("link", link.key)] == 0
    hour = timezone.now() - timedelta(hours=1)
    things.finished_run(link, finished_at=hour)
    InboxEvent.objects.create(provider="ghl", connection=link.ghl, body=b"{}", received_at=hour)
    things.in_step(link, 3)
    things.in_step(link, 1, agrees=False)
    found = series(as_nobody)
    assert found["gistline_link_equal_ratio", ("link", link.key)] == 0.75
    for name in ("gistline_link_lag_seconds", "gistline_link_oldest_waiting_seconds"):
        assert 3600 <= found[name, ("link", link.key)] < 3700


def test_the_figures_are_asked_for_with_as_many_queries_for_many_links(
    as_nobody, healthy, django_assert_max_num_queries
):
    things.links(6)
    with django_assert_max_num_queries(25):
        as_nobody.get("metrics")
