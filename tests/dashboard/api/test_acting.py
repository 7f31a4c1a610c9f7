"""What a key with the scope `act` starts and ends, each on record as the key's."""

import pytest

from integration.models import AuditEntry, Run
from tests.dashboard import things
from tests.dashboard.api.program import code_of
from tests.dashboard.browser import words
from tests.refusals import Refusal, refuse
from tests.world import finish, sync

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
REFUSAL = Refusal("ghl", lambda body: True, 400, {"statusCode": 400, "message": "The weather is bad"})


def test_a_sync_is_started_as_the_key_and_on_record(actor, ann, as_owner):
    answer = actor.post("links/alder/sync", {"full": True, "dry_run": True})
    run = Run.objects.latest("pk")
    assert (answer.status_code, answer.json()["run"], answer.json()["kind"]) == (202, run.pk, "full")
    assert (run.dry_run, run.started_by, run.trigger) == (True, None, "API")
    line = AuditEntry.objects.latest("pk")
    assert (line.what, line.origin, line.link) == ("api_sync", "api", "alder")
    assert (line.actor, line.address) == (f"API key Runbook ({actor.key.prefix}…)", "127.0.0.1")
    assert "Started a sync through the API" in words(as_owner.get("audit"))
    assert "Started by the API" in words(as_owner.get("run", run.pk))


def test_without_a_body_a_sync_reads_what_changed(actor, ann):
    answer = actor.client.generic("POST", "/api/v1/links/alder/sync")
    assert (answer.status_code, answer.json()["kind"], answer.json()["dry_run"]) == (202, "incremental", False)


def test_a_link_that_is_busy_or_cannot_be_synced_says_why(actor, link):
    things.finished_run(link, status="running", finished_at=None)
    assert code_of(actor.post("links/alder/sync")) == (409, "already_running")
    Run.objects.update(status="succeeded")
    link.enabled = False
    link.save()
    answer = actor.post("links/alder/sync")
    assert code_of(answer) == (409, "not_possible")
    assert "is paused" in answer.json()["error"]["message"]
    assert not AuditEntry.objects.filter(what="api_sync").exists()


def test_a_problem_is_retried_and_passes(actor, link, world, monkeypatch):
    world.gist_contact(email="bob@example.test", name="Bob Ray")
    with monkeypatch.context() as patch:
        refuse(patch, REFUSAL)
        sync(link)
    (problem,) = actor.items("problems")
    answer = actor.post(f"problems/{problem['problem']}/retry")
    assert (answer.status_code, answer.json()["kind"]) == (202, "retry")
    finish(Run.objects.get(pk=answer.json()["run"]))
    assert (actor.items("log", open="yes"), world.emails("ghl")) == ([], ["bob@example.test"])
    assert AuditEntry.objects.filter(what="api_retry", subject=f"problem {problem['problem']}").exists()


def test_a_run_is_cancelled_once(actor, link):
    run = things.finished_run(link, status="queued", finished_at=None)
    assert actor.post(f"runs/{run.pk}/cancel").json()["status"] == "cancelled"
    assert code_of(actor.post(f"runs/{run.pk}/cancel")) == (409, "not_possible")
    assert AuditEntry.objects.filter(what="api_cancel").count() == 1
