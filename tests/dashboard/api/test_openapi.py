"""A client that reads nothing but the OpenAPI document: lists failures, and retries one."""

import pytest
from openapi_spec_validator import validate

from dashboard.urls import urlpatterns
from integration.models import Run
from tests.dashboard.api.program import Program

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]


class Stranger:
    """Knows how OpenAPI is written, and no address of Gistline but that of the document."""

    def __init__(self, program):
        self.client = program.client
        self.document = self.client.get("/api/v1/openapi.json").json()

    def call(self, operation_id, **given):
        for path, methods in self.document["paths"].items():
            for method, one in methods.items():
                if one["operationId"] == operation_id:
                    return self._send(method, path, one, given)
        raise AssertionError(f"the document knows no {operation_id}")

    def _send(self, method, path, operation, given):
        places = {one["name"]: one["in"] for one in operation.get("parameters", [])}
        assert set(given) <= set(places)
        path = path.format(**{name: value for name, value in given.items() if places[name] == "path"})
        query = {name: value for name, value in given.items() if places[name] == "query"}
        answer = getattr(self.client, method)(path, query)
        assert str(answer.status_code) in operation["responses"]
        return answer.json()


@pytest.fixture
def document():
    return Program().get("openapi.json").json()


def test_the_document_is_one(document):
    validate(document)


def test_it_lists_every_address_with_its_errors_and_the_bearer_key(document):
    named = {one.name for one in urlpatterns if (getattr(one, "name", "") or "").startswith("api_")}
    assert len(document["paths"]) == len(named - {"api_openapi", "api_docs"})
    assert set(document["paths"]["/api/v1/links/{link}/setup"]) == {"get", "patch"}
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for methods in document["paths"].values():
        for one in methods.values():
            assert one["security"]
            assert "ErrorAnswer" in str(one["responses"]["401"])


def test_a_stranger_s_client_lists_failures_and_retries_one(failed, link):
    stranger = Stranger(Program("act"))
    (problem,) = stranger.call("list_problems", state="open")["items"]
    (entry,) = stranger.call("list_log", outcome="failed", open="yes")["items"]
    assert (entry["problem"], entry["label"]) == (problem["problem"], "Ann Lee")
    run = stranger.call("retry_problem", problem=problem["problem"])
    assert Run.objects.get(pk=run["run"]).target.entries == [failed.pk]
