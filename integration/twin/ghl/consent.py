"""The page on which a person lets an application in: which location, which scopes (docs/ghl-api.md#auth)."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

from integration.twin import worlds
from integration.twin.ghl.api import ROUTER
from integration.twin.ghl.oauth import CLIENTS, new_code
from integration.twin.router import Call, Reply
from integration.twin.store import Doc

PATH = "/oauth/chooselocation"
AGENCY = "agency"


@ROUTER.add("GET", PATH, access="open")
def ask(call: Call) -> HttpResponse:
    """Query as GHL documents it: response_type, client_id, redirect_uri, scope, state."""
    if call.query.get("client_id") not in CLIENTS or not call.query.get("redirect_uri"):
        return _page(call, {"problem": "No integration found with the ID."}, status=400)
    return _page(
        call,
        {
            "locations": call.store.all("ghl.location", worlds.COMPANY_ID),
            "scopes": call.query.get("scope", "").split(),
            "query": {name: call.query.get(name, "") for name in ("client_id", "redirect_uri", "state", "scope")},
        },
    )


@ROUTER.add("POST", PATH, access="open")
def answer(call: Call) -> HttpResponse | Reply:
    """The person's choice: `choice` is allow, cancel or marketplace (an install that carries no state)."""
    form = call.body if isinstance(call.body, dict) else {}
    target = form.get("redirect_uri")
    if form.get("client_id") not in CLIENTS or not target:
        return Reply(400, {"statusCode": 400, "message": "No integration found with the ID"})
    if form.get("choice") == "cancel":
        return _back(target, {"error": "access_denied", "state": form.get("state")})
    code = new_code(call.store, _grant(call, form), target)
    state = None if form.get("choice") == "marketplace" else form.get("state")
    return _back(target, {"code": code, "state": state})


def _grant(call: Call, form: Doc) -> Doc:
    location = form.get("location") or worlds.LOCATION_IDS["alder"]
    everywhere = [place["id"] for place in call.store.all("ghl.location", worlds.COMPANY_ID)]
    return {
        "companyId": worlds.COMPANY_ID,
        "locationId": "" if location == AGENCY else location,
        "scopes": call.request.POST.getlist("scopes"),
        "userId": worlds.OWNER_ID,
        "approvedLocations": everywhere if location == AGENCY else [],
    }


def _back(target: str, query: Doc) -> HttpResponse:
    given = urlencode({name: value for name, value in query.items() if value})
    return redirect(f"{target}{'&' if '?' in target else '?'}{given}")


def _page(call: Call, context: Doc, status: int = 200) -> HttpResponse:
    # Without the request: the dashboard's own context has no business on a page that plays GHL's.
    return HttpResponse(
        render_to_string("sandbox/consent.html", {**context, "action": call.request.path}), status=status
    )
