"""Renewing a login: once, under a lock, with both new tokens saved before use."""

from datetime import timedelta

import pytest
import requests
from django.utils import timezone
from requests.adapters import HTTPAdapter

from integration.connections.check import verify_connection
from integration.errors import LocationInactive, ReconnectRequired, Retryable
from integration.models import Connection
from integration.oauth import connect, tokens
from integration.oauth.app import REFRESH_SECONDS, sandbox_app
from integration.runs.start import start_run
from integration.runs.work import work_one_slice
from integration.twin.ghl.oauth import GRACE_SECONDS
from tests import consent
from tests.world import finish, sync

BACK = "http://127.0.0.1:8000/oauth/ghl/callback/"


@pytest.fixture
def ghl(db, world):
    """Signed in over OAuth."""
    app = sandbox_app()
    return connect.save_ghl(app, app.exchange_code(consent.allow(app, BACK), BACK))


def in_another_process(connection):
    """The same row as somebody else read it."""
    return Connection.objects.get(pk=connection.pk)


def let_it_end(connection):
    connection.token_expires_at = timezone.now() - timedelta(minutes=1)
    connection.save()


def refreshes(world):
    return world.control("GET", "calls")["ghl"]["by_operation"].get("POST /oauth/token", 0)


@pytest.fixture(autouse=True)
def _counted_from_here(ghl, world):
    world.forget_calls()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(tokens, "PAUSES", (0, 0))


def test_an_expired_token_is_replaced_before_a_call(world, ghl):
    let_it_end(ghl)
    before = ghl.credentials
    header = tokens.login_for(ghl).header()
    after = in_another_process(ghl).credentials
    assert header == f"Bearer {after['access_token']}"
    assert refreshes(world) == 1
    assert {name for name in before if before[name] != after[name]} == {"access_token", "refresh_token"}


@pytest.mark.parametrize(
    ("life", "left", "expected"),
    [(1440, 11, 0), (1440, 9, 1), (30, 4, 0), (30, 2, 1)],
    ids=lambda minutes: f"{minutes}",
)
def test_a_token_is_replaced_ten_minutes_early_and_a_short_one_in_its_last_tenth(world, ghl, life, left, expected):
    ends = timezone.now() + timedelta(minutes=left)
    Connection.objects.update(token_expires_at=ends, token_refreshed_at=ends - timedelta(minutes=life))
    tokens.login_for(ghl).header()
    assert refreshes(world) == expected


def test_the_new_token_works_and_its_end_is_known(world, ghl):
    tokens.refresh_login(ghl, ghl.credentials["access_token"])
    ghl.refresh_from_db()
    assert ghl.token_expires_at > timezone.now() + timedelta(hours=23)
    assert ghl.token_refreshed_at is not None
    assert ghl.refreshing_until is None
    assert verify_connection(ghl)[0].ok


def test_a_refresh_by_another_process_is_noticed(world, ghl):
    ours, theirs = ghl, in_another_process(ghl)
    stale = ours.credentials["access_token"]
    tokens.refresh_login(theirs, stale)
    tokens.refresh_login(ours, stale)
    assert ours.credentials == theirs.credentials
    assert refreshes(world) == 1


def test_who_waits_for_the_lock_takes_what_its_holder_saved(world, ghl, monkeypatch):
    stale = ghl.credentials["access_token"]
    Connection.objects.update(refreshing_until=timezone.now() + timedelta(seconds=30))

    def holder_finishes(seconds):
        in_another_process(ghl).save_tokens({"access_token": "new", "refresh_token": "next"}, None)

    monkeypatch.setattr(tokens.time, "sleep", holder_finishes)
    tokens.refresh_login(ghl, stale)
    assert ghl.credentials == {"access_token": "new", "refresh_token": "next"}
    assert refreshes(world) == 0


def test_the_lock_of_a_dead_process_ends_by_itself(world, ghl):
    Connection.objects.update(refreshing_until=timezone.now() - timedelta(seconds=1))
    tokens.refresh_login(ghl, ghl.credentials["access_token"])
    assert refreshes(world) == 1


def test_nobody_waits_for_the_lock_for_ever(world, ghl):
    Connection.objects.update(refreshing_until=timezone.now() + timedelta(seconds=30))
    with pytest.raises(Retryable, match="another process is still refreshing"):
        tokens.refresh_login(ghl, ghl.credentials["access_token"], patience=0.3)
    assert refreshes(world) == 0


def test_a_refused_refresh_needs_a_person_and_frees_the_lock(world, ghl):
    ghl.save_tokens({"access_token": "old", "refresh_token": "unknown"}, None)
    with pytest.raises(ReconnectRequired, match="GHL refused to renew the login"):
        tokens.refresh_login(ghl, "old")
    assert in_another_process(ghl).refreshing_until is None


def test_a_refused_refresh_token_is_never_sent_again(world, ghl):
    ghl.save_tokens({"access_token": "old", "refresh_token": "unknown"}, None)
    for asked in (ghl, in_another_process(ghl), in_another_process(ghl)):
        with pytest.raises(ReconnectRequired, match="refused to renew the login"):
            tokens.refresh_login(asked, "old")
    assert refreshes(world) == 1


def test_a_login_that_a_suspended_location_could_not_renew_is_good_again_with_the_location(world, ghl, monkeypatch):
    stale, answer = ghl.credentials["access_token"], requests.Response()
    answer.status_code, answer._content = 400, b'{"statusCode":400,"message":"Location is not active"}'
    with monkeypatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", lambda *_args, **_options: answer)
        with pytest.raises(LocationInactive, match="Reactivate the sub-account"):
            tokens.refresh_login(ghl, stale)
    tokens.refresh_login(in_another_process(ghl), stale)
    assert in_another_process(ghl).credentials["access_token"] != stale


def test_a_spent_refresh_token_is_not_sent_by_who_still_remembers_it(world, ghl):
    late = in_another_process(ghl)
    stale = ghl.credentials["access_token"]
    tokens.refresh_login(ghl, stale)
    tokens.refresh_login(late, stale)
    assert late.credentials == ghl.credentials
    assert refreshes(world) == 1


@pytest.mark.parametrize("kind", ["500", "429", "broken_json", "reset_before"])
def test_an_endpoint_that_fails_for_now_costs_no_login(world, ghl, kind):
    before = ghl.credentials
    world.fault({"side": "ghl", "path": "/oauth/token", "kind": kind})
    with pytest.raises(Retryable, match="could not be reached to renew"):
        tokens.refresh_login(ghl, before["access_token"])
    assert (in_another_process(ghl).credentials, in_another_process(ghl).refreshing_until) == (before, None)
    world.fault()
    tokens.refresh_login(ghl, before["access_token"])
    assert ghl.credentials != before


@pytest.mark.parametrize("kind", ["reset_after", "broken_json"])
def test_an_answer_that_was_lost_is_asked_for_again_at_once_with_the_same_token(world, ghl, kind):
    before = ghl.credentials
    world.fault({"side": "ghl", "path": "/oauth/token", "kind": kind, "times": 1})
    tokens.refresh_login(ghl, before["access_token"])
    assert world.control("GET", "tokens")["refreshes"] == {"fresh": 1, "again": 1, "spent": 0}
    assert in_another_process(ghl).credentials["refresh_token"] != before["refresh_token"]


def test_what_a_dead_process_began_is_taken_up_while_ghl_still_answers_its_token():
    assert 2 * REFRESH_SECONDS < tokens.LOCK_SECONDS < GRACE_SECONDS


def test_scopes_that_changed_are_kept_with_the_new_token(world, ghl):
    Connection.objects.update(scopes="contacts.readonly")
    tokens.refresh_login(in_another_process(ghl), ghl.credentials["access_token"])
    assert "contacts.write" in in_another_process(ghl).scopes


def test_a_token_that_ends_in_the_middle_of_a_run_is_replaced_once(world, link):
    world.gist_contact(email="ann@example.test", name="Ann")
    world.fault({"side": "ghl", "path": "^/contacts", "kind": "expired_token", "times": 1})
    assert sync(link).created == 1
    assert refreshes(world) == 1


def test_a_login_that_cannot_be_renewed_ends_the_run_and_marks_the_connection(world, link):
    link.ghl.save_tokens({"access_token": "old", "refresh_token": "unknown"}, timezone.now())
    run = sync(link)
    link.ghl.refresh_from_db()
    assert (run.status, run.error_code, link.ghl.status) == ("failed", "reconnect", "reconnect")


def test_a_run_waits_while_the_login_cannot_be_renewed_and_then_goes_on(world, link):
    world.gist_contact(email="ann@example.test", name="Ann")
    let_it_end(link.ghl)
    world.fault({"side": "ghl", "path": "/oauth/token", "kind": "500", "times": 3})
    run = start_run(link)
    work_one_slice(run.pk, "me", 20)
    run.refresh_from_db()
    assert (run.status, run.error) == ("waiting", "")
    assert finish(run).created == 1
