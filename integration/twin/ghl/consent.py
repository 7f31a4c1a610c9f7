"""The page on which a person lets an application in: which location, which scopes (docs/ghl-api.md#auth)."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

from integration.twin import worlds
from integration.twin.ghl.api import ROUTER
from integration.twin.ghl.oauth import CLIENTS, new_code
from integration.twin.own_machine import is_own_machine
from integration.twin.router import Call, Reply
from integration.twin.store import Doc

PATH = "/oauth/chooselocation"
AGENCY = "agency"


@ROUTER.add("GET", PATH, access="open")
def show_consent(call: Call) -> HttpResponse:
    """Query as GHL documents it: response_type, client_id, redirect_uri, scope, state."""
    if call.query.get("client_id") not in CLIENTS or not _is_registered(call.query.get("redirect_uri")):
        return _render_page(call, {"problem": "No integration found with the ID."}, status=400)
    return _render_page(
        call,
        {
            "locations": call.store.all("ghl.location", worlds.COMPANY_ID),
            "scopes": call.query.get("scope", "").split(),
            "query": {name: call.query.get(name, "") for name in ("client_id", "redirect_uri", "state", "scope")},
        },
    )


@ROUTER.add("POST", PATH, access="open")
def answer_consent(call: Call) -> HttpResponse | Reply:
    """The person's choice: `choice` is allow, cancel or marketplace (an install that carries no state)."""
    form = call.body if isinstance(call.body, dict) else {}
    target = str(form.get("redirect_uri"))
    if form.get("client_id") not in CLIENTS or not _is_registered(target):
        return Reply(400, {"statusCode": 400, "message": "No integration found with the ID"})
    if form.get("choice") == "cancel":
        # The error that OAuth 2 prescribes when a person declines.
        return _redirect_back(target, {"error": "access_denied", "state": form.get("state")})
    code = new_code(call.store, _read_grant(call, form), target)
    # An install begun in the marketplace comes back with a code only (docs/ghl-api.md#auth).
    state = None if form.get("choice") == "marketplace" else form.get("state")
    return _redirect_back(target, {"code": code, "state": state})


def _is_registered(redirect_uri: str | None) -> bool:
    """As GHL knows an app's addresses: nobody is sent to one that merely stands in a form."""
    return is_own_machine(redirect_uri or "")


def _read_grant(call: Call, form: Doc) -> Doc:
    location = form.get("location") or worlds.LOCATION_IDS["alder"]
    everywhere = [place["id"] for place in call.store.all("ghl.location", worlds.COMPANY_ID)]
    return {
        "companyId": worlds.COMPANY_ID,
        "locationId": "" if location == AGENCY else location,
        "scopes": call.request.POST.getlist("scopes"),
        "userId": worlds.OWNER_ID,
        "approvedLocations": everywhere if location == AGENCY else [],
    }


def _redirect_back(target: str, query: Doc) -> HttpResponse:
    given = urlencode({name: value for name, value in query.items() if value})
    return redirect(f"{target}{'&' if '?' in target else '?'}{given}")


def _render_page(call: Call, context: Doc, status: int = 200) -> HttpResponse:
    # Without the request: the dashboard's own context has no business on a page that plays GHL's.
    return HttpResponse(
        render_to_string("sandbox/consent.html", {**context, "action": call.request.path}), status=status
    )
