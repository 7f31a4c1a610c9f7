"""What an assistant may ask and do: the API's links, problems, runs and people, as tools."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.http import Http404, HttpRequest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.api import commands
from dashboard.api.errors import NOT_FOUND
from dashboard.api.finding import find_link, name_record
from dashboard.api.pages import read_page
from dashboard.api.rows import report_event, report_link, report_person, report_problem, report_run, report_run_line
from dashboard.api.shapes import Number, PageQuery
from dashboard.grants import describe_problem, visible
from dashboard.keys.access import Refused
from dashboard.links.cards import build_cards
from dashboard.models import ApiKey, Scope
from dashboard.problems.causes import problem_rows
from dashboard.runs.filters import run_rows
from integration.errors import ProviderError, SetupError
from integration.models import FAILING, Link
from integration.people.explain import explain_absence
from integration.people.find import find_known
from integration.people.person import questions_about
from integration.people.timeline import read_timeline

EVENTS, MOST_PEOPLE = 5, 5
NOBODY = (
    "Gistline has never seen this person on link {}: no record with this address or id was read from Gist or GHL. "
    "Check the spelling; if it is right, start a full sync, which reads everybody."
)


class Arguments(BaseModel):
    # Strict: `true` is no number of a problem.
    model_config = ConfigDict(extra="forbid", strict=True)


class ListArguments(Arguments):
    cursor: str = Field("", max_length=20, description="`next` of the answer before; blank: the first page")
    limit: int = Field(20, ge=1, le=200)

    @property
    def page(self) -> PageQuery:
        return PageQuery(cursor=self.cursor, limit=self.limit)


class OfLink(ListArguments):
    link: str = Field("", max_length=80, description="key of a link, as list_links gives it; blank: all")


class PersonArguments(Arguments):
    link: str = Field(max_length=80, description="key of the link, as list_links gives it")
    person: str = Field(min_length=1, max_length=254, description="e-mail address, or id as gist:1001 or ghl:abc")
    side: Literal["ghl", "gist"] = Field("ghl", description="the side where the person is missed")


class ProblemArguments(Arguments):
    problem: Number = Field(description="number of the problem, as list_problems gives it")


@dataclass(frozen=True)
class Tool:
    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Callable[[HttpRequest, Any], dict[str, Any]]
    scope: Scope = Scope.READ

    def describe(self) -> dict[str, Any]:
        reads = self.scope == Scope.READ
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.arguments.model_json_schema(),
            "annotations": {"readOnlyHint": reads, "destructiveHint": False, "openWorldHint": not reads},
        }


def _list_links(request: HttpRequest, given: ListArguments) -> dict[str, Any]:
    rows = visible(Link.objects.select_related("gist", "ghl"), "pk")
    page = read_page(rows, given.page, lambda link: {"row": link})
    cards = build_cards([one["row"] for one in page["items"]])
    return {"links": [report_link(card) for card in cards], "next": page["next"]}


def _list_problems(request: HttpRequest, given: OfLink) -> dict[str, Any]:
    rows = problem_rows().filter(state__in=FAILING)
    page = read_page(_of_link(rows, given), given.page, report_problem)
    return {"problems": page["items"], "next": page["next"]}


def _list_runs(request: HttpRequest, given: OfLink) -> dict[str, Any]:
    page = read_page(_of_link(run_rows(), given), given.page, report_run_line)
    return {"runs": page["items"], "next": page["next"]}


def _of_link(rows: Any, given: OfLink) -> Any:
    return rows.filter(link=find_link(given.link)) if given.link else rows


def _explain_person(request: HttpRequest, given: PersonArguments) -> dict[str, Any]:
    link = find_link(given.link)
    found = find_known(link, given.person)
    if not found:
        sentence = NOBODY.format(link.key)
        return {"answers": [{"outcome": "unknown", "answer": sentence, "reason": "", "what_to_do": "", "person": None}]}
    # Of several with one address those are meant that are not there yet.
    missing = [one for one in found if given.side not in one.ids] or found
    return {"answers": [_explain_one(one, given.side) for one in missing[:MOST_PEOPLE]]}


def _explain_one(person: Any, side: str) -> dict[str, Any]:
    why = explain_absence(person, side)
    events = read_timeline(person, questions_about(person), size=EVENTS).events
    return {
        "outcome": why.outcome,
        "answer": why.sentence,
        "reason": why.why,
        "what_to_do": why.remedy,
        "person": {**report_person(person), "ask_again_by": name_record(person)},
        "entry": why.entry,
        "problem": why.problem,
        "question": why.question,
        "last_events": [report_event(event) for event in events],
    }


def _retry_problem(request: HttpRequest, given: ProblemArguments) -> dict[str, Any]:
    return {"run": report_run(commands.retry(request, given.problem))}


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("list_links", "Links", "The links between Gist and GHL accounts, and how each stands.", ListArguments,
             _list_links),
        Tool("list_problems", "Problems", "What fails now, one row a cause, with how many records and what to do.",
             OfLink, _list_problems),
        Tool("list_runs", "Runs", "Syncs and other runs, newest first, with what they counted.", OfLink, _list_runs),
        Tool("explain_person", "Why is this person not in GHL?",
             "Answers why a person is missing on one side: what was decided, the reason in words, and what to do. "
             "Asks what Gistline knows; it does not call Gist or GHL.", PersonArguments, _explain_person),
        Tool("retry_problem", "Retry a problem",
             "Tries the records of a problem again: one first, then ten, then the rest. Answers with the run.",
             ProblemArguments, _retry_problem, Scope.ACT),
    )
}  # fmt: skip


def list_tools(key: ApiKey) -> list[dict[str, Any]]:
    """Those that the key may use."""
    return [tool.describe() for tool in TOOLS.values() if key.may(tool.scope)]


def call_tool(request: HttpRequest, tool: Tool, arguments: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What it answers, or {} and a sentence that says why it was not done, for the assistant to read."""
    try:
        return tool.run(request, tool.arguments.model_validate(arguments)), ""
    except ValidationError as problem:
        words = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problem.errors()[:3]]
        return {}, f"{'; '.join(words)}. Nothing was done."
    except Http404:
        return {}, NOT_FOUND
    except Refused as problem:
        return {}, problem.sentence
    except (SetupError, ProviderError) as problem:
        return {}, describe_problem(problem)
