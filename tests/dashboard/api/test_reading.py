"""What the API answers, against what the commands print and the pages show; and what it refuses."""

import json

import pytest
from django.test import Client

from dashboard.keys.issue import make_key
from integration.models import LogEntry, Run
from tests.command_output import Output
from tests.dashboard import things
from tests.dashboard.api.program import Program, code_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]


def test_a_run_is_reported_as_the_command_does(reader, failed):
    run = Run.objects.get()
    for answer in (reader.items("runs")[0], reader.get(f"runs/{run.pk}").json()):
        answer.pop("at")
        assert answer.pop("trace") == run.trace
        error = answer.pop("error")
        assert answer == {name: value for name, value in run.report().items() if name != "error"}
    assert error == "1 of 1 failed. The most frequent reason: GHL refused the e-mail address."


def test_a_plan_has_its_digest_and_price(reader, link):
    answer = reader.get(f"runs/{things.plan(link).pk}").json()
    assert (answer["plan"], answer["held"], set(answer["estimated_calls"])) == (answer["run"], 0, {"gist", "ghl"})
    assert answer["digest"]


def test_changes_are_those_that_the_command_prints(reader, failed):
    printed = [json.loads(line) for line in Output("changes", str(failed.run_id)).lines]
    found = reader.items(f"runs/{failed.run_id}/changes", side="ghl", state="failed")
    assert found == [{**one, "trace": failed.own_trace} for one in printed]
    assert reader.items(f"runs/{failed.run_id}/changes", state="applied") == []


def test_a_problem_is_reported_as_the_command_does_with_what_to_do(reader, failed):
    (printed,) = [json.loads(line) for line in Output("problems", "--json").lines]
    (answer,) = reader.items("problems")
    assert {name: answer[name] for name in printed} == printed
    assert answer["remedy"]
    assert reader.get(f"problems/{answer['problem']}").json() == answer


def test_the_log_takes_the_filters_of_its_page(reader, failed, link):
    things.entry(failed.run, "Bob Ray", "skipped")
    assert [one["label"] for one in reader.items("log")] == ["Bob Ray", "Ann Lee"]
    assert [one["label"] for one in reader.items("log", outcome="failed", link="alder", open="yes")] == ["Ann Lee"]
    (bob,) = reader.items("log", q="outcome:skipped bob", reason="ambiguous")
    assert (bob["title"], bob["remedy"][:20]) == ("More than one match", "Merge the duplicates")
    assert "calls" not in bob


def test_a_link_says_how_it_stands(reader, failed):
    (answer,) = reader.items("links")
    assert (answer["link"], answer["needs_person"], answer["failures"]) == ("alder", True, 1)
    assert reader.get("links/alder").json() | {"counted_at": answer["counted_at"]} == answer


def test_the_timeline_of_a_person_by_id_and_by_address(reader, ann):
    by_address = reader.get("links/alder/timeline", person="ANN@example.test").json()
    assert by_address["person"]["ghl_id"] == ann.ghl_id
    assert by_address["items"][-1]["title"].startswith("Created in GHL") or by_address["items"]
    by_id = [reader.get("links/alder/timeline", person=text).json() for text in (ann.ghl_id, f"ghl:{ann.ghl_id}")]
    assert by_id == [by_address, by_address]


def test_an_address_of_several_people_names_them(reader, link):
    for number in range(2):
        things.alone(link, "ghl", email="desk@example.test", label=f"Person {number}")
    answer = reader.get("links/alder/timeline", person="desk@example.test")
    assert code_of(answer) == (409, "several_people")
    assert "ghl:ghl0, ghl:ghl1" in answer.json()["error"]["message"]
    assert code_of(reader.get("links/alder/timeline", person="nobody@example.test")) == (404, "unknown_person")


@pytest.mark.parametrize("path", ["runs", "log", "runs/{}/changes"])
def test_pages_hold_each_row_once(reader, run, path):
    things.runs(run.link, 4)
    for number in range(5):
        things.entry(run, f"P{number}", "updated", [{"side": "ghl", "field": "name", "before": "", "after": "x"}])
    seen, cursor = [], ""
    while cursor is not None:
        page = reader.get(path.format(run.pk), limit=2, cursor=cursor).json()
        seen += [next(iter(one.values())) for one in page["items"]]
        cursor = page["next"]
    assert (len(seen), len(set(seen)), seen == sorted(seen, reverse="changes" not in path)) == (5, 5, True)


@pytest.mark.parametrize("path", ["links", "runs", "log", "problems", "links/alder/timeline?person=gist:1001"])
def test_a_long_page_costs_as_many_queries_as_a_short_one(
    reader, failed, link, path, django_assert_max_num_queries, empty_cache
):
    for entry in [*things.entries(failed.run, 20), *(things.failure(failed.run) for _ in range(5))]:
        things.problem(entry, cause=f"ghl.c{entry.pk}")
    things.runs(link, 10, status="failed", failed=1)
    things.links(5)
    with django_assert_max_num_queries(24):
        assert reader.get(path).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "201"}, {"limit": "0"}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "9" * 19}, {"cursor": "-1"},
        {"outcome": "broken"}, {"outcom": "failed"}, {"link": "nowhere"}, {"run": "0"}, {"run": str(2**63)},
        {"open": "no"}, {"reason": "x" * 50}, {"q": "x" * 300},
    ],
    ids=str,
)  # fmt: skip
def test_a_parameter_that_cannot_be_understood_is_refused_and_not_left_out(reader, failed, query):
    assert code_of(reader.get("log", **query)) == (422, "invalid")


@pytest.mark.parametrize("path", ["nowhere", "runs/99", "log/99", "problems/99", "links/nowhere", "links/a/b/c", ""])
def test_what_is_not_there_says_so_in_the_shape_of_every_error(reader, link, path):
    assert code_of(reader.get(path)) == (404, "not_found")


def test_another_method_says_which_are_taken(reader, link):
    answer = reader.client.delete("/api/v1/links")
    assert (code_of(answer), answer["Allow"]) == ((405, "wrong_method"), "GET, HEAD")
    assert reader.client.head("/api/v1/links").content == b""


def test_a_key_holder_and_a_person_can_read_what_the_api_does(reader, as_viewer, as_nobody):
    for client in (reader.client, as_viewer.client):
        assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Gistline"
        assert "/api/v1/problems/{problem}/retry" in client.get("/api/v1/docs").content.decode()
    assert code_of(as_nobody.client.get("/api/v1/openapi.json")) == (401, "no_key")
    wrong = Client(headers={"Authorization": "Bearer gl_wrong"})
    assert code_of(wrong.get("/api/v1/docs")) == (401, "wrong_key")


def test_a_fault_of_ours_is_said_without_its_inside(link, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret inside")

    monkeypatch.setattr("dashboard.api.reading.build_card", broken)
    key, text = make_key("Grafana", "read", None, 30)
    answer = Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/links/alder")
    assert code_of(answer) == (500, "fault")
    assert b"secret" not in answer.content
    assert key.name not in answer.content.decode()


def test_programs_with_different_keys_read_the_same(reader, failed):
    assert Program("rules", name="Other").items("log") == reader.items("log")


def test_runs_log_and_changes_name_their_trace_and_are_narrowed_by_it(reader, failed):
    LogEntry.objects.filter(pk=failed.pk).update(trace="00000000000000a1")
    for address in ("runs", "log", f"runs/{failed.run_id}/changes"):
        (row,) = reader.items(address, trace="00000000000000a1")
        assert row["trace"] == (failed.run.trace if address == "runs" else "00000000000000a1")
        assert reader.items(address, trace="00000000000000b2") == []
        assert code_of(reader.get(address, trace="' OR 1=1")) == (422, "invalid")
