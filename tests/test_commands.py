"""The management commands as a script sees them: their last line, their sentence, their exit code."""

import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from integration.management import following
from integration.models import Connection, Link, Mode, Run, RunKind, RunStatus
from integration.queue import Health
from integration.runs.start import start_run
from integration.webhooks.addresses import GIST_TOPICS
from tests.command_output import Output
from tests.world import sync as sync_now

pytestmark = pytest.mark.django_db

MINIMAL = {
    "version": 1,
    "connections": [{"key": "acme-gist", "provider": "gist", "access_token": {"env": "ACME_GIST_TOKEN"}}],
}


@pytest.fixture
def setup_file(tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_GIST_TOKEN", "gist-key")
    path = tmp_path / "setup.json"
    path.write_text(json.dumps(MINIMAL))
    return path


# apply, export ------------------------------------------------------------------------------------------


def test_apply_says_what_changed_and_then_that_nothing_did(setup_file):
    assert Output("apply", setup_file).lines == ["connection acme-gist created"]
    assert Output("apply", setup_file).lines == ["nothing changed"]


def test_apply_reports_as_json(setup_file):
    assert Output("apply", setup_file, "--json").json == {
        "changed": ["connection acme-gist created"],
        "notes": [],
    }


def test_apply_fails_with_the_place_and_the_sentence(setup_file):
    setup_file.write_text(json.dumps({**MINIMAL, "lynx": []}))
    said = Output("apply", setup_file, "--json")
    assert said.failure.startswith("lynx: is not a known key")
    assert said.json["where"] == "lynx"
    assert said.json["error"].startswith("is not a known key")


def test_apply_of_a_file_that_is_not_there_fails(tmp_path):
    assert "cannot be read" in Output("apply", tmp_path / "nothing.json").failure


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_export_is_a_file_that_apply_takes(link, tmp_path, monkeypatch, form):
    said = Output("export", "alder", "--format", form)
    path = tmp_path / "exported"
    path.write_text("\n".join(said.lines))
    monkeypatch.setenv("ALDER_GIST_ACCESS_TOKEN", link.gist.credentials["access_token"])
    monkeypatch.setenv("ALDER_GHL_PRIVATE_TOKEN", link.ghl.credentials["private_token"])
    assert Output("apply", path).lines == ["nothing changed"]


def test_an_unknown_link_is_answered_with_those_there_are(link):
    assert Output("export", "nobody").failure == "LINK: There is no link “nobody”. There is: alder."


# sync ---------------------------------------------------------------------------------------------------


def test_sync_with_wait_works_by_itself_when_no_worker_is_there(world, link):
    world.gist_contact(email="ada@example.com", name="Ada Lovelace")
    said = Output("sync", "alder", "--wait", "--json")
    assert said.failure == ""
    assert {**said.json, "run": 0, "seconds": 0, "api_calls": 0} == {
        "run": 0,
        "link": "alder",
        "kind": "full",
        "status": "succeeded",
        "dry_run": False,
        "examined": 1,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "skipped": 0,
        "failed": 0,
        "api_calls": 0,
        "seconds": 0,
        "error": "",
    }
    assert world.emails("ghl") == ["ada@example.com"]


def test_sync_reads_everything_first_and_then_what_changed_unless_told(world, link):
    assert Output("sync", "alder", "--wait", "--json").json["kind"] == "full"
    assert Output("sync", "alder", "--wait", "--json").json["kind"] == "incremental"
    assert Output("sync", "alder", "--wait", "--full", "--json").json["kind"] == "full"


def test_a_dry_run_writes_nothing(world, link):
    world.gist_contact(email="ada@example.com", name="Ada Lovelace")
    said = Output("sync", "alder", "--wait", "--dry-run", "--json")
    assert (said.json["dry_run"], said.json["created"]) == (True, 1)
    assert world.emails("ghl") == []


def test_sync_fails_when_the_run_did_not_succeed(world, link):
    Connection.objects.filter(key="alder-gist").update(credentials={"access_token": "refused"})
    said = Output("sync", "alder", "--wait", "--json")
    assert said.json["status"] == "failed"
    assert "ended as failed" in said.failure


def test_sync_without_wait_only_starts(link):
    said = Output("sync", "alder", "--json")
    assert said.json["status"] == "queued"
    assert Run.objects.get().trigger == "command"


def test_sync_without_wait_names_the_run_that_is_under_way(link):
    under_way = start_run(link)
    assert f"Run {under_way.pk}" in Output("sync", "alder").failure


def test_sync_with_wait_follows_a_run_of_the_same_kind(world, link):
    under_way = start_run(link)
    said = Output("sync", "alder", "--wait", "--full", "--json")
    assert said.json["run"] == under_way.pk
    assert "following it" in said.errors


def test_sync_with_wait_comes_after_a_run_of_another_kind(world, link):
    sync_now(link)
    under_way = start_run(Link.objects.get(), RunKind.INCREMENTAL)
    said = Output("sync", "alder", "--wait", "--full", "--json")
    assert said.json["run"] > under_way.pk
    under_way.refresh_from_db()
    assert under_way.status == RunStatus.SUCCEEDED


def test_sync_of_a_watched_link_follows_its_run(world, link):
    Link.objects.update(mode=Mode.WATCH)
    under_way = start_run(Link.objects.get())
    assert Output("sync", "alder", "--wait", "--json").json["run"] == under_way.pk


def test_sync_with_wait_refuses_to_wait_for_a_paused_run(link):
    start_run(link)
    Run.objects.update(status=RunStatus.PAUSED)
    assert "is paused" in Output("sync", "alder", "--wait").failure


def test_sync_leaves_the_work_to_workers_that_show_signs_of_life(link, monkeypatch):
    run = start_run(link)

    def worked_elsewhere(seconds: float) -> None:
        Run.objects.update(status=RunStatus.SUCCEEDED)

    monkeypatch.setattr(following, "check_queue", lambda: Health(2, 0.0, True))
    monkeypatch.setattr(following.time, "sleep", worked_elsewhere)
    monkeypatch.setattr(following, "work_one_slice", lambda *args: pytest.fail("worked although workers are alive"))
    following.follow_run(run, io.StringIO())
    assert run.status == RunStatus.SUCCEEDED


def test_sync_takes_over_a_run_that_workers_left_alone(world, link, monkeypatch):
    run = start_run(link)
    Run.objects.update(created_at=run.created_at - timedelta(seconds=60))
    run.refresh_from_db()
    monkeypatch.setattr(following, "check_queue", lambda: Health(2, 0.0, True))
    following.follow_run(run, io.StringIO())
    assert run.status == RunStatus.SUCCEEDED


def test_ctrl_c_leaves_the_run_to_the_workers(link, monkeypatch):
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(following, "work_one_slice", interrupt)
    said = Output("sync", "alder", "--wait")
    assert "the next worker goes on with it" in said.failure
    assert Run.objects.get().is_active


def test_progress_shows_share_speed_and_waits(link):
    run = Run(link=link, total=1000, created=250, status=RunStatus.RUNNING)
    assert following.progress_line(run) == "[======                  ] 250 of 1,000"
    run.started_at = timezone.now() - timedelta(seconds=10)
    assert following.progress_line(run).endswith("250 of 1,000, 25/s, about 30 s left")
    run.status, run.wait_reason = RunStatus.WAITING, "GHL limit reached"
    run.wait_until = timezone.now() + timedelta(seconds=6)
    assert following.progress_line(run).endswith("GHL limit reached, goes on in 6 s")


def test_the_sentence_after_a_run_balances(world, link):
    world.gist_contact(email="ada@example.com", name="Ada Lovelace")
    (sentence,) = Output("sync", "alder", "--wait").lines
    assert "1 examined = 1 created + 0 updated + 0 unchanged + 0 skipped + 0 failed" in sentence


# webhooks, lookup ---------------------------------------------------------------------------------------


def test_gist_has_one_secret_address_per_topic(gist, settings):
    settings.PUBLIC_URL = "https://gistline.example.com"
    first, again = (
        Output("webhooks", "alder-gist", "--json").json,
        Output("webhooks", "alder-gist", "--json").json,
    )
    assert first == again
    assert set(first) == set(GIST_TOPICS)
    token = Connection.objects.get().credentials["webhook_token"]
    assert first["note_added"] == {
        "url": f"https://gistline.example.com/webhooks/gist/{token}/note_added/",
        "headers": {},
    }


def test_the_api_key_stays_beside_the_webhook_token(gist):
    key = gist.credentials["access_token"]
    Output("webhooks", "alder-gist")
    assert Connection.objects.get().credentials["access_token"] == key


def test_ghl_has_one_address(ghl, settings):
    settings.PUBLIC_URL = "https://gistline.example.com"
    assert Output("webhooks", "alder-ghl", "--json").json == {
        "ghl": {"url": "https://gistline.example.com/webhooks/ghl/"}
    }


def test_webhooks_renews_the_addresses_when_asked(gist, ghl):
    first = Output("webhooks", "alder-gist", "--json").json["contact_created"]["url"]
    second = Output("webhooks", "alder-gist", "--renew", "--json").json["contact_created"]["url"]
    assert first != second == Output("webhooks", "alder-gist", "--json").json["contact_created"]["url"]
    assert "no secret" in Output("webhooks", "alder-ghl", "--renew").failure


def test_lookup_shows_one_person_on_both_sides(world, link):
    world.gist_contact(email="ada@example.com", name="Ada Lovelace", tags=["vip"])
    ghl = world.ghl_contact(email="ada@example.com", firstName="Ada")
    world.ghl(
        "POST",
        f"/contacts/{ghl['id']}/tasks",
        json={"title": "Call Ada", "dueDate": "2026-01-01T00:00:00Z", "completed": False},
    )
    world.ghl("POST", f"/contacts/{ghl['id']}/notes", json={"body": "Likes engines"})
    found = Output("lookup", "alder", "--email", "ada@example.com", "--json").json
    assert found["gist"]["tags"] == ["vip"]
    assert found["ghl"]["id"] == ghl["id"]
    assert [task["title"] for task in found["ghl"]["tasks"]] == ["Call Ada"]
    assert [note["body"] for note in found["ghl"]["notes"]] == ["Likes engines"]
    assert found["ghl"]["appointments"] == []


def test_lookup_holds_a_verdict_for_each_field(world, link):
    world.gist_contact(email="ada@example.com", name="Ada Lovelace")
    world.ghl_contact(email="ada@example.com", firstName="Ada")
    found = Output("lookup", "alder", "--email", "ada@example.com", "--json").json
    told = {one["field"]: (one["verdict"], one["gist"], one["ghl"]) for one in found["fields"]}
    assert told["E-mail"] == ("same", "ada@example.com", "ada@example.com")
    assert told["Full name"] == ("differs", "Ada Lovelace", "Ada")


def test_lookup_prints_the_same_for_people(ann, world):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"firstName": "Anna", "lastName": "Lee"})
    ann.task(), ann.note()
    lines = Output("lookup", "alder", "--ghl-id", ann.ghl_id).lines
    for line in (
        f"GHL: {ann.ghl_id}",
        "  E-mail: ann@example.test (same: Same)",
        "  Full name: Ann Lee | Anna Lee (DIFFERS: Changed in GHL: the next sync writes Gist)",
        "  Tags: vip (same: Same)",
        "  task: Call Ann · 2030-01-02T15:00:00.000Z",
        "  note: Prefers mornings",
    ):
        assert line in lines


@pytest.mark.parametrize("asked_by", ["gist", "ghl"])
def test_lookup_by_id_finds_the_other_side_by_its_address(world, link, asked_by):
    ids = {
        "gist": str(world.gist_contact(email="ada@example.com", name="Ada")["id"]),
        "ghl": world.ghl_contact(email="ada@example.com", firstName="Ada")["id"],
    }
    found = Output("lookup", "alder", f"--{asked_by}-id", ids[asked_by], "--json").json
    assert {side: found[side]["id"] for side in ids} == ids


def test_lookup_by_id_follows_the_pair_when_addresses_differ(world, link):
    world.gist_contact(email="ada@example.com", name="Ada")
    sync_now(link)
    pair = link.pairs.get()
    world.ghl("PUT", f"/contacts/{pair.ghl_id}", json={"email": "lovelace@example.com"})
    found = Output("lookup", "alder", "--gist-id", pair.gist_id, "--json").json
    assert found["ghl"]["values"]["email"] == "lovelace@example.com"


def test_lookup_says_which_side_lacks_the_person(world, link):
    world.gist_contact(email="ada@example.com", name="Ada Lovelace")
    said = Output("lookup", "alder", "--email", "ada@example.com")
    assert said.failure == ""
    assert "GHL: not found" in said.lines


def test_lookup_fails_when_neither_side_has_the_person(world, link):
    said = Output("lookup", "alder", "--email", "nobody@example.com", "--json")
    assert said.json == {"link": "alder", "gist": None, "ghl": None}
    assert "Neither side has this contact" in said.failure
