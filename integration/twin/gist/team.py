"""Teams, teammates, and whose key this is (docs/gist-api.md#teams, #auth)."""

from integration.twin.gist import pages
from integration.twin.gist.access import refuse
from integration.twin.gist.api import ROUTER
from integration.twin.gist.audience import load_document
from integration.twin.router import Call
from integration.twin.store import Doc

TEAM, TEAMMATE = "gist.team", "gist.teammate"


@ROUTER.add("GET", "/teams")
def list_teams(call: Call) -> Doc:
    return pages.cut_page(call, "teams", call.store.all(TEAM, call.account))


@ROUTER.add("GET", "/teams/{id}")
def get_team(call: Call) -> Doc:
    return {"team": load_document(call, TEAM, call.params["id"], "Team")}


@ROUTER.add("GET", "/teammates")
def list_teammates(call: Call) -> Doc:
    if call.query.get("email"):
        found = call.store.find(TEAMMATE, call.account, "email", call.query["email"].lower())
        if not found:
            raise refuse(404, "Teammate not found")
        return {"teammate": _teammate_answer(call, found[0])}
    return pages.cut_page(
        call, "teammates", [_teammate_answer(call, row) for row in call.store.all(TEAMMATE, call.account)]
    )


@ROUTER.add("GET", "/teammates/{id}")
def get_teammate(call: Call) -> Doc:
    return {"teammate": _teammate_answer(call, load_document(call, TEAMMATE, call.params["id"], "Teammate"))}


def _teammate_answer(call: Call, teammate: Doc) -> Doc:
    teams = call.store.all(TEAM, call.account)
    return {**teammate, "team_ids": [team["id"] for team in teams if teammate["id"] in team["teammate_ids"]]}


# Which of the two paths exists is disputed, so both answer alike (docs/gist-api.md#auth).
@ROUTER.add("GET", "/token")
def get_token(call: Call) -> Doc:
    return _token_answer(call)


@ROUTER.add("GET", "/token/info")
def token_info(call: Call) -> Doc:
    return _token_answer(call)


def _token_answer(call: Call) -> Doc:
    return {"workspace_id": int(call.account), "workspace_name": call.token["name"], "scopes": [], "expires_at": None}
