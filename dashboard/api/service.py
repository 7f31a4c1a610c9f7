"""The API as one object, from which its addresses and its OpenAPI document are made."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.parser import Parser
from ninja.security import HttpBearer

from dashboard.api import acting, reading, rules
from dashboard.api.errors import add_handlers, answer_wrong_method
from dashboard.keys.access import admit
from dashboard.models import ApiKey
from dashboard.routes import READ, SEND
from integration.records import parse_json

PREFIX = "api/v1/"
# Methods of each address that is not only read.
TAKES = {"api_sync": SEND, "api_retry": SEND, "api_cancel": SEND, "api_setup": (*READ, "PATCH")}
ABOUT = """Reads links, runs, changes, the log, problems and people's timelines; starts syncs, retries and cancels;
changes rules. Send an API key as a bearer token: Settings, API keys. Lists come in pages: send `next` as `cursor`.
Errors are `{"error": {"code", "message"}}`; 429 says in Retry-After when to go on."""


class KeyBearer(HttpBearer):
    """An API key in the header; nothing else lets anybody in."""

    def __call__(self, request: HttpRequest) -> ApiKey:
        # Not through the parent's, which while debugging logs the header.
        return self.authenticate(request, "")

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        return admit(request)


class StrictParser(Parser):
    """JSON that a database can hold, and no deeper than anybody means."""

    def parse_body(self, request: HttpRequest) -> Any:
        return parse_json(request.body.decode())


api = NinjaAPI(
    title="Gistline", version="1", description=ABOUT, auth=KeyBearer(), parser=StrictParser(), docs_url=None,
    openapi_url=None, servers=[{"url": settings.PUBLIC_URL}], urls_namespace="api",
)  # fmt: skip
api.add_router("", reading.router, tags=["Reading"])
api.add_router("", acting.router, tags=["Acting"])
api.add_router("", rules.router, tags=["Rules"])
add_handlers(api)


def describe() -> dict[str, Any]:
    """The OpenAPI document."""
    return api.get_openapi_schema(path_prefix=f"/{PREFIX}")


def api_addresses() -> list[URLPattern]:
    """With names of their own, so that every test that walks the addresses walks these too."""
    # By name, since an address of two methods is listed once for each.
    patterns = {one.name: one for one in api.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"}
    return [
        path(f"{PREFIX}{one.pattern}", for_programs(one.callback, TAKES.get(str(name), READ)), name=name)
        for name, one in patterns.items()
    ]


def for_programs(view: Callable[..., HttpResponseBase], methods: tuple[str, ...]) -> Callable[..., HttpResponseBase]:
    """An address whose caller shows a key: no session counts there, so there is none to protect from forged forms."""

    @wraps(view)
    def answer(request: HttpRequest, **given: Any) -> HttpResponseBase:
        if request.method not in methods:
            return answer_wrong_method(str(request.method), methods)
        asked = request.method
        if asked == "HEAD":
            request.method = "GET"
        try:
            return view(request, **given)
        finally:
            # The server leaves the body out by it.
            request.method = asked

    answer.methods = methods  # type: ignore[attr-defined]
    return csrf_exempt(login_not_required(answer))
