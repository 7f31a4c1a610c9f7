"""Which requests a key lets through, and that nothing of other links leaks."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from dashboard.keys import access
from dashboard.keys.issue import make_key, revoke
from integration.models import AuditEntry, Run
from tests.dashboard import things
from tests.dashboard.api.program import Program, code_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]

LISTS = ["links", "runs", "log", "problems"]


def ask(text, **headers):
    return Client(headers={"Authorization": text, **headers}).get("/api/v1/links")


def test_a_key_lets_in_and_its_use_is_noted_at_most_once_a_minute(reader, link):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = [reader.get("links").status_code for _ in range(2)]
        reader.key.refresh_from_db()
        used = reader.key.last_used_at
        clock.shift(59)
        reader.get("links")
        reader.key.refresh_from_db()
        assert (first, reader.key.last_used_at, reader.key.last_used_from) == ([200, 200], used, "127.0.0.1")
        clock.shift(2)
        reader.get("links")
        reader.key.refresh_from_db()
        assert reader.key.last_used_at > used


@pytest.mark.parametrize("text", ["", "Bearer", "Bearer ", "Basic Zm9v", "gl_5r8K", "Token gl_5r8K"])
def test_without_a_bearer_key_nobody_is_let_in(db, text):
    answer = ask(text)
    assert (code_of(answer), answer["WWW-Authenticate"]) == ((401, "no_key"), 'Bearer realm="Gistline"')


@pytest.mark.parametrize("text", ["gl_wrong", "\u00e9", "gl_\x01", "x" * 10_000])
def test_a_wrong_key_is_refused_whatever_it_is(db, text):
    assert code_of(ask(f"Bearer {text}")) == (401, "wrong_key")


def test_a_key_with_the_right_beginning_alone_is_wrong(reader):
    assert code_of(ask(f"Bearer {reader.key.prefix}{'x' * 36}")) == (401, "wrong_key")


def test_a_session_counts_for_nothing(as_owner, link):
    assert code_of(as_owner.client.get("/api/v1/links")) == (401, "no_key")
    assert code_of(as_owner.client.post("/api/v1/links/alder/sync")) == (401, "no_key")
    assert not Run.objects.exists()


def test_no_cookie_is_set(reader, link):
    assert not reader.get("links").cookies


def test_a_revoked_key_and_one_that_ended_say_so(reader):
    revoke(reader.key)
    assert code_of(reader.get("links")) == (401, "key_revoked")
    other = Program()
    with time_machine.travel(other.key.ends_at, tick=False):
        assert code_of(other.get("links")) == (401, "key_ended")


def test_a_key_that_asks_too_often_waits_alone(reader, link, monkeypatch):
    monkeypatch.setattr(access, "REQUESTS_A_MINUTE", 3)
    other = Program()
    with time_machine.travel(timezone.now().replace(second=20, microsecond=0), tick=False) as clock:
        assert [reader.get("links").status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = reader.get("links")
        assert (code_of(answer), answer["Retry-After"]) == ((429, "too_many_requests"), "40")
        assert other.get("links").status_code == 200
        clock.shift(40)
        assert reader.get("links").status_code == 200


def test_wrong_keys_are_limited_by_address_and_keep_no_right_one_out(reader, link, monkeypatch):
    monkeypatch.setattr(access, "WRONG_KEYS_A_MINUTE", 2)
    with time_machine.travel(timezone.now().replace(second=20, microsecond=0), tick=False):
        assert [ask("Bearer gl_wrong").status_code for _ in range(3)] == [401, 401, 429]
        assert reader.get("links").status_code == 200
        elsewhere = Client(REMOTE_ADDR="203.0.113.9", headers={"Authorization": "Bearer gl_wrong"})
        assert elsewhere.get("/api/v1/links").status_code == 401


@pytest.mark.parametrize("path", ["links/alder/sync", "problems/{}/retry", "runs/{}/cancel"])
def test_a_key_that_may_only_read_changes_nothing(reader, failed, path):
    number = failed.problem_id if "problems" in path else failed.run_id
    answer = reader.post(path.format(number))
    assert code_of(answer) == (403, "scope_missing")
    assert (Run.objects.count(), AuditEntry.objects.filter(what__startswith="api_").exists()) == (1, False)


def test_a_wider_scope_may_what_a_narrower_may():
    key, _ = make_key("All", "rules", None, 30)
    assert [key.may(scope) for scope in ("read", "act", "rules")] == [True, True, True]
    key.scope = "read"
    assert [key.may(scope) for scope in ("read", "act", "rules")] == [True, False, False]


# Links -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_what_belongs_to_a_link_that_the_key_does_not_see(failed, elsewhere, link, path):
    narrow, wide = Program(links=[link]), Program()
    assert "Xanadu" in wide.get(path).content.decode()
    for query in ({}, {"q": "xanadu"} if path != "links" else {}):
        seen = narrow.get(path, **query)
        assert (seen.status_code, "Xanadu" in seen.content.decode()) == (200, False)


@pytest.mark.parametrize("path", LISTS[1:])
def test_a_link_that_is_not_seen_cannot_be_asked_for(failed, elsewhere, link, path):
    assert code_of(Program(links=[link]).get(path, link=elsewhere.link.key)) == (422, "invalid")


def addresses(entry):
    return [
        ("get", f"links/{entry.link.key}"),
        ("get", f"links/{entry.link.key}/timeline?person=gist:1001"),
        ("get", f"runs/{entry.run_id}"),
        ("get", f"runs/{entry.run_id}/changes"),
        ("get", f"log/{entry.pk}"),
        ("get", f"problems/{entry.problem_id}"),
        ("get", f"links/{entry.link.key}/setup"),
        ("patch", f"links/{entry.link.key}/setup"),
        ("post", f"links/{entry.link.key}/sync"),
        ("post", f"problems/{entry.problem_id}/retry"),
        ("post", f"runs/{entry.run_id}/cancel"),
    ]


def test_what_belongs_to_a_link_that_is_not_seen_is_not_there(failed, elsewhere, link):
    narrow = Program("rules", links=[link])
    answers = {path: code_of(getattr(narrow, method)(path)) for method, path in addresses(elsewhere)}
    assert set(answers.values()) == {(404, "not_found")}
    wide = Program("rules")
    assert 404 not in [getattr(wide, method)(path).status_code for method, path in addresses(elsewhere)]


def test_a_key_whose_links_are_gone_sees_nothing_and_not_everything(failed, link):
    program = Program(links=[link])
    program.key.links.clear()
    assert [program.items(path) for path in LISTS] == [[], [], [], []]


def test_a_session_beside_a_key_widens_nothing(owner, link, elsewhere):
    program = Program(links=[link])
    program.client.force_login(owner)
    assert [one["link"] for one in program.items("links")] == ["alder"]


def test_two_links_of_a_key_are_both_seen_and_no_third(link, elsewhere):
    third = things.links(1)[0]
    program = Program(links=[link, third])
    assert {one["link"] for one in program.items("links")} == {"alder", third.key}
