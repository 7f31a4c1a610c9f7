"""Whatever comes in an address, a header, a cookie or a body of a program: never a fault of ours."""

import json
import re
from urllib.parse import quote

import pytest
from django.urls import URLPattern
from hypothesis import given
from hypothesis import strategies as st

from dashboard.urls import urlpatterns
from integration.models import Link, Run
from integration.setup_file.exporting import export_rules
from tests.dashboard.api.program import Program
from tests.dashboard.browser import Browser
from tests.dashboard.mcp.assistant import Assistant
from tests.fuzzing import ANYTHING, DEEP, examples, mutated

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]

ADDRESSES = [
    one for one in urlpatterns if isinstance(one, URLPattern) and "GET" in getattr(one.callback, "methods", ())
]


@pytest.fixture
def rows(ann, failed_run):
    return ann


@pytest.fixture
def owner_s(owner):
    browser = Browser(raise_request_exception=False)
    browser.client.force_login(owner)
    return browser.client


SEGMENTS = st.text(max_size=20) | st.integers().map(str) | st.integers(2**31, 2**80).map(str) | st.sampled_from(
    ["\0", "..", "%", "²", "٣", "\ud800", "a" * 3_000, "-1", "alder", "0", "null"]
)  # fmt: skip


@examples(80)
@given(address=st.sampled_from(ADDRESSES), segments=st.lists(SEGMENTS, min_size=6, max_size=6))
def test_no_value_in_an_address_is_a_fault(owner_s, rows, address, segments):
    given_names = iter(segments)
    # Quoted byte by byte: half of an emoji comes as bytes that are no UTF-8.
    path = re.sub(r"<[^>]+>", lambda _: quote(next(given_names).encode("utf-8", "surrogatepass")), str(address.pattern))
    assert owner_s.get(f"/{path}").status_code < 500


HEADERS = [
    "AUTHORIZATION", "COOKIE", "X_FORWARDED_FOR", "X_FORWARDED_PROTO", "HX_REQUEST", "HX_TARGET", "HX_CURRENT_URL",
    "ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "RANGE", "ORIGIN", "REFERER",
    "HOST", "X_CSRFTOKEN", "MCP_PROTOCOL_VERSION", "X_GHL_SIGNATURE", "USER_AGENT", "EXPECT",
]  # fmt: skip
# As a server hands them on: bytes, read as Latin-1.
BYTES = st.binary(max_size=60).map(lambda text: text.decode("latin-1").replace("\r", "").replace("\n", ""))
HEADER_VALUES = BYTES | st.text(st.characters(codec="latin-1"), min_size=3_000, max_size=9_000) | st.sampled_from(
    ["true", "Bearer gl_", "Bearer \xff", "sessionid=\xed\xa0\x80", "sessionid=" + "a" * 9_000, "a=b; a=c; =; ;;=",
     "https://[::1", "http://x:99999999/", "::1, unknown, 1.2.3.4", "bytes=0-", "Sun, 99 Nov 9999 99:99:99 GMT"]
)  # fmt: skip
SHOWN = [
    "/",
    "/log/",
    "/links/alder/",
    "/accounts/login/",
    "/api/v1/links",
    "/mcp/",
    "/healthz",
    "/metrics",
    "/nowhere",
]


@examples(60)
@given(
    place=st.sampled_from(SHOWN), headers=st.dictionaries(st.sampled_from(HEADERS), HEADER_VALUES, max_size=4),
    method=st.sampled_from(["get", "post", "head"]),
)  # fmt: skip
def test_no_header_is_a_fault(owner_s, rows, place, headers, method):
    sent = {f"HTTP_{name}": value for name, value in headers.items()}
    assert getattr(owner_s, method)(place, **sent).status_code < 500


# Bodies of programs --------------------------------------------------------------------------------------------

RAW = (
    st.binary(max_size=80)
    | DEEP.map(str.encode)
    | st.sampled_from([b'{"full":' + b"9" * 5_000 + b"}", b'{"a":1,"a":2}'])
)


def as_json(value):
    return json.dumps(value).encode()


@examples(60)
@given(body=RAW | ANYTHING.map(as_json) | mutated({"full": True, "dry_run": True}).map(as_json))
def test_no_body_of_the_api_is_a_fault(link, body):
    program = Program("act", raise_request_exception=False)
    answer = program.client.generic("POST", "/api/v1/links/alder/sync", body, "application/json")
    assert answer.status_code in (202, 400, 409, 422)
    Run.objects.all().delete()


RULES = {
    "name": "Alder", "mode": "live", "create_on": "both", "enabled": True, "direction": "two_way", "conflict": "newest",
    "deletes": "ignore", "schedule_minutes": 15, "match": ["email"], "default_country": "US", "merge_seconds": 0.3,
    "change_cap": 0, "approvals": 1, "gist_filter": {"match": "all", "conditions": [{"field": "tags", "value": "vip"}]},
    "mappings": [{"gist": "name", "ghl": "name", "steps": [{"name": "trim"}]}, {"gist": "email", "ghl": "email"}],
    "carried": ["ghl_open_tasks"],
    "workflows": [{"template": "task_done", "name": "Done", "definition": {
        "triggers": [{"on": "ghl.task_completed"}], "conditions": [],
        "actions": [{"do": "note.create", "values": {"body": "x"}}]}}],
}  # fmt: skip


@examples(80)
@given(rules=mutated(RULES), dry_run=st.booleans())
def test_no_rules_are_a_fault_and_what_is_refused_changes_nothing(link, rules, dry_run):
    program = Program("rules", raise_request_exception=False)
    before = export_rules(Link.objects.get())
    state = program.get("links/alder/setup").json()["state"]
    body = as_json({"state": state, "setup": rules, "dry_run": dry_run})
    answer = program.client.generic("PATCH", "/api/v1/links/alder/setup", body, "application/json")
    assert answer.status_code in (200, 400, 422)
    after = export_rules(Link.objects.get())
    if dry_run or answer.status_code != 200:
        assert after == before
    # What was taken is shown again as it was taken, and is no change.
    again = program.get("links/alder/setup").json()
    assert program.patch("links/alder/setup", {"state": "", "setup": again["setup"]}).json()["changed"] == []


ABOUT_ANN = {"name": "explain_person", "arguments": {"link": "alder", "person": "ann@example.test"}}
MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ABOUT_ANN}
OTHERS = [
    {
        "jsonrpc": "2.0",
        "id": "a",
        "method": "tools/call",
        "params": {"name": tool, "arguments": {"limit": 2, "link": ""}},
    }
    for tool in ("list_links", "list_problems", "list_runs", "retry_problem")
] + [
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}}}
]


@examples(80)
@given(body=RAW | ANYTHING.map(as_json) | st.one_of([mutated(one).map(as_json) for one in [MESSAGE, *OTHERS]]))
def test_no_message_of_an_assistant_is_a_fault(failed_run, body):
    answer = Assistant("act").client.generic("POST", "/mcp/", body, "application/json")
    assert answer.status_code < 500
    assert not answer.content or answer.json().get("error", {}).get("code") != -32603
    Run.objects.exclude(pk=failed_run.pk).delete()
