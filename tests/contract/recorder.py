"""Keeps what goes over the wire to the GHL twin, and validates it against GHL's own OpenAPI files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from requests.adapters import HTTPAdapter
from werkzeug.datastructures import ImmutableMultiDict

from tests import inprocess

SPECS = Path(__file__).resolve().parents[3] / "shared" / "reference" / "ghl-spec"
HOST = "https://services.leadconnectorhq.com"
FILES = ("contacts", "locations", "calendars", "users", "businesses", "oauth")


@cache
def spec(name: str) -> OpenAPI:
    return OpenAPI.from_file_path(str(SPECS / f"{name}.json"))


@dataclass
class Exchanged:
    """One call as the spec sees it."""

    request: requests.PreparedRequest
    response: requests.Response

    @property
    def path(self) -> str:
        return urlsplit(self.request.url).path.partition("/sandbox/ghl")[2]

    @property
    def name(self) -> str:
        return f"{self.request.method} {self.path}"

    def _openapi(self) -> OpenAPI:
        return spec(self.path.split("/")[1])

    def _request(self) -> MockRequest:
        headers = dict(self.request.headers)
        body = self.request.body
        return MockRequest(
            HOST,
            self.request.method.lower(),
            self.path,
            args=ImmutableMultiDict(parse_qsl(urlsplit(self.request.url).query)),
            headers=headers,
            data=body.encode() if isinstance(body, str) else body,
            content_type=headers.get("Content-Type", "application/json"),
        )

    def problems(self) -> dict[str, str]:
        """What the spec has against this call: "request <field>" or "response <field>" to the sentence."""
        request = self._request()
        response = MockResponse(self.response.content, self.response.status_code, content_type="application/json")
        spec_ = self._openapi()
        return _said("request", lambda: spec_.validate_request(request)) | _said(
            "response", lambda: spec_.validate_response(request, response)
        )


def _said(part: str, check: Callable[[], None]) -> dict[str, str]:
    try:
        check()
    except OpenAPIError as problem:
        errors = getattr(problem.__cause__ or problem, "schema_errors", ())
        told = {f"{part} {'.'.join(map(str, error.absolute_path))}": error.message[:200] for error in errors}
        return told or {part: str(problem)}
    return {}


@dataclass
class Recorder:
    """Stands in for HTTPAdapter.send."""

    seen: list[Exchanged] = field(default_factory=list)

    def install(self, monkeypatch) -> "Recorder":
        recorder = self

        def send(adapter, request, **options):
            response = inprocess.send(adapter, request, **options)
            if "/sandbox/ghl/" in request.url:
                recorder.seen.append(Exchanged(request, response))
            return response

        monkeypatch.setattr(HTTPAdapter, "send", send)
        return self
