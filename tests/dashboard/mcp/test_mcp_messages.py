"""The MCP endpoint as a client of it speaks: JSON-RPC messages, one a request, with an API key."""

import json

import pytest

from dashboard.keys.issue import revoke
from integration.models import AuditEntry, Run
from tests.dashboard import things
from tests.dashboard.api.conftest import elsewhere, failed  # noqa: F401
from tests.dashboard.hostile import TEXTS
from tests.dashboard.mcp.assistant import Assistant

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]


def test_an_assistant_is_greeted_and_finds_the_tools_that_its_key_may_use():
    reader, actor = Assistant("read"), Assistant("act")
    greeting = reader.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "x"})
    assert (greeting["protocolVersion"], "tools" in greeting["capabilities"]) == ("2025-06-18", True)
    assert reader.ask("initialize", protocolVersion="1999-01-01")["protocolVersion"] == "2025-11-25"
    assert reader.ask("ping") == {}
    names = {"list_links", "list_problems", "list_runs", "explain_person"}
    assert {one["name"] for one in reader.ask("tools/list")["tools"]} == names
    tools = actor.ask("tools/list")["tools"]
    assert {one["name"] for one in tools} == names | {"retry_problem"}
    assert all(one["inputSchema"]["type"] == "object" for one in tools)


def test_a_notification_is_taken_and_not_answered():
    answer = Assistant().send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (answer.status_code, answer.content) == (202, b"")


def test_lists_are_those_of_the_links_that_the_key_sees(failed, elsewhere, link):  # noqa: F811
    narrow, wide = Assistant(links=[link]), Assistant()
    for tool in ("list_links", "list_problems", "list_runs"):
        assert "Xanadu" in json.dumps(wide.call(tool))
        assert "Xanadu" not in json.dumps(narrow.call(tool))
        assert len(next(iter(narrow.call(tool).values()))) == 1
    assert "no such thing" in narrow.fail("list_runs", link=elsewhere.link.key)
    assert "no such thing" in narrow.fail("explain_person", link=elsewhere.link.key, person="gist:1001")


def test_a_problem_is_retried_by_a_key_that_may_and_is_on_record(failed, link):  # noqa: F811
    assert "scope “act”" in Assistant("read").fail("retry_problem", problem=failed.problem_id)
    run = Assistant("act").call("retry_problem", problem=failed.problem_id)["run"]
    assert Run.objects.get(pk=run["run"]).target.entries == [failed.pk]
    assert AuditEntry.objects.get(what="api_retry").actor.startswith("API key Assistant (gl_")
    assert "still going on" in Assistant("act").fail("retry_problem", problem=failed.problem_id)


def test_a_revoked_key_and_a_page_of_another_site_are_refused(settings):
    assistant = Assistant()
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert assistant.send(ping, Origin="https://evil.example").status_code == 403
    assert assistant.send(ping, Origin=settings.PUBLIC_URL).status_code == 200
    assert assistant.send(ping, **{"MCP-Protocol-Version": "1999-01-01"}).status_code == 400
    revoke(assistant.program.key)
    assert assistant.send(ping).status_code == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700), (b"\xff", -32700), (b"[" * 100_000, -32700), (b"[]", -32600), (b"null", -32600),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}', -32600), (b'{"jsonrpc": "2.0", "id": 1}', -32600),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "resources/list"}', -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": ["x"]}}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ping", "arguments": 1}}', -32602),
    ],
)  # fmt: skip
def test_a_message_that_is_none_gets_the_code_of_json_rpc(body, code):
    answer = Assistant().client.post("/mcp/", body, "application/json")
    assert (answer.json()["error"]["code"], answer.status_code < 500) == (code, True)


def test_no_argument_is_a_fault(failed, link):  # noqa: F811
    assistant = Assistant("act")
    for value in [*TEXTS.values(), [], {}, None, True, 1e300, -1, 2**70, "\ud800", "a\0b"]:
        for tool, arguments in (
            ("list_runs", {"link": value}), ("list_runs", {"limit": value}), ("list_links", {"cursor": value}),
            ("explain_person", {"link": "alder", "person": value}), ("explain_person", {"side": value}),
            ("retry_problem", {"problem": value}), ("list_links", {"other": value}),
        ):  # fmt: skip
            answer = assistant.send(assistant.message("tools/call", name=tool, arguments=arguments))
            assert answer.status_code < 500
            assert answer.json().get("error", {}).get("code") != -32603
    assert not Run.objects.filter(kind="retry").exists()


def test_pages_of_a_tool_go_on(run):
    things.runs(run.link, 2)
    first = Assistant().call("list_runs", limit=2)
    second = Assistant().call("list_runs", limit=2, cursor=first["next"])
    assert [len(first["runs"]), len(second["runs"]), second["next"]] == [2, 1, None]
