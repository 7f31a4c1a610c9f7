"""What the API takes and answers; the OpenAPI document is made of these. The shapes of runs, changes and problems are
those that the commands print.
"""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StrictBool, WithJsonSchema

from integration.models import ChangeState, Outcome, ProblemState, Provider, RunKind, RunStatus
from integration.people.timeline import SHOWS
from integration.setup_file.document import LinkRules
from integration.trace import TRACE

LIMIT, MOST = 50, 200
TRACED = "the short id of the webhook, click or run that brought it about; blank for what is older than traces"
OF_TRACE = "only what this webhook, click or run brought about"
# As the commands print them, with the offset and every digit; the encoder of the answers would cut them.
Time = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Number = Annotated[int, Field(ge=1, le=2**62)]


def _choice(values: list[str], what: str) -> Any:
    return Field("", description=what, json_schema_extra={"enum": ["", *values]})


class ErrorDetail(Schema):
    code: str = Field(description="for programs")
    message: str = Field(description="a sentence for a person")


class ErrorAnswer(Schema):
    error: ErrorDetail


class PageQuery(Schema):
    cursor: str = Field("", max_length=20, description="`next` of the page before; blank: the first page")
    limit: int = Field(LIMIT, ge=1, le=MOST, description="how many rows at most")


class LinkQuery(PageQuery):
    q: str = Field("", max_length=200, description="words of the search box, also `status:failed`")
    link: str = Field("", max_length=80, description="key of a link")


class RunQuery(LinkQuery):
    status: str = _choice(RunStatus.values, "only runs that stand like this")
    kind: str = _choice(RunKind.values, "only runs of this kind")
    trace: str = Field("", pattern=f"^({TRACE})?$", description=OF_TRACE)


class ChangeQuery(PageQuery):
    state: str = _choice(ChangeState.values, "only changes in this state")
    side: str = _choice(Provider.values, "only changes on this side")
    trace: str = Field("", pattern=f"^({TRACE})?$", description=OF_TRACE)


class LogQuery(LinkQuery):
    outcome: str = _choice(Outcome.values, "only entries with this outcome")
    reason: str = Field("", max_length=40, description="code of a reason, as `ambiguous`")
    run: Number | None = Field(None, description="number of a run")
    field: str = Field("", max_length=200, description="only entries that changed this field")
    trace: str = Field("", pattern=f"^({TRACE})?$", description=OF_TRACE)
    open: str = _choice(["yes"], "`yes`: only failures that no later attempt has settled")


class ProblemQuery(LinkQuery):
    state: str = _choice([*ProblemState.values, "any"], "blank: open and acknowledged ones")
    side: str = _choice(Provider.values, "only problems of this side")


class TimelineQuery(PageQuery):
    person: str = Field(min_length=1, max_length=254, description="e-mail address, or id as `gist:1001` or `ghl:abc`")
    show: str = _choice([*SHOWS], "which events; blank: all")


# No Schema of ninja's, which lets unknown names through: a misspelt `dry_run` would be a real sync.
class SyncBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    full: StrictBool = Field(default=False, description="read everything, not only what changed")
    dry_run: StrictBool = Field(default=False, description="decide and write nothing: a plan")


class SetupReport(Schema):
    link: str
    state: str = Field(description="names what stands now; a change sends it back")
    setup: LinkRules = Field(description="the link’s part of the setup file, without what it joins")


class SetupBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    state: str = Field(max_length=40, description="`state` of the reading that the change was made from")
    setup: LinkRules = Field(description="what is left out stays; a list that is given replaces the whole list")
    dry_run: StrictBool = Field(default=False, description="change nothing, say what would change")


class SetupAnswer(SetupReport):
    dry_run: bool = Field(description="`true`: nothing was changed, and `setup` is what stands")
    changed: list[str] = Field(description="one sentence for each change; empty where all of it stood already")
    notes: list[str] = Field(description="what could not be checked now")


class Calls(Schema):
    gist: int
    ghl: int


class RunReport(Schema):
    run: int
    link: str
    kind: str
    status: str
    dry_run: bool
    examined: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    api_calls: Calls
    seconds: float
    error: str
    at: Time = Field(description="when it was asked for")
    trace: str = Field(description=TRACED)
    plan: int = Field(0, description="of a dry run, or of one that applied a plan: number of the plan")
    digest: str = Field("", description="of a plan: what `apply_plan --digest` takes")
    estimated_calls: Calls | None = Field(None, description="of a plan: calls that applying it makes")
    held: int = Field(0, description="of a plan: changes whose before was no longer what stood there")


class ChangeReport(Schema):
    change: int
    run: int
    side: str
    external_id: str
    gist_id: str
    ghl_id: str
    label: str
    kind: str
    action: str
    field: str
    before: Any
    after: Any
    rule: str
    state: str
    found: Any
    at: Time
    trace: str = Field(description=TRACED)


class ProblemReport(Schema):
    problem: int
    link: str
    cause: str
    title: str
    subject: str
    count: int = Field(description="how many records fail now")
    state: str
    first_seen: Time
    last_seen: Time
    meaning: str
    remedy: str = Field(description="what to do")


class LinkReport(Schema):
    link: str
    name: str
    mode: str
    enabled: bool
    gist: str = Field(description="key of the Gist connection")
    ghl: str = Field(description="key of the GHL connection")
    state: str = Field(description="how it stands, in a word or two")
    sentence: str
    needs_person: bool
    people: int
    equal: int = Field(description="people who hold the same on both sides")
    counted_at: Time = Field(description="when people were counted; very many are not counted anew each time")
    failures: int
    questions: int
    problems: int
    active_run: int | None
    read_at: Time | None = Field(description="what changed before that was read")


class EntryReport(Schema):
    entry: int
    run: int
    link: str
    kind: str
    side: str
    outcome: str
    planned: bool = Field(description="of a dry run: nothing was written")
    reason: str
    title: str = Field(description="the reason in words")
    meaning: str
    remedy: str = Field(description="what to do; blank where there is nothing to do")
    message: str
    label: str
    gist_id: str
    ghl_id: str
    problem: int | None
    attempt: int
    resolved_at: Time | None
    changes: list[ChangeReport]
    trace: str = Field(description=TRACED)
    at: Time


class FieldChange(Schema):
    field: str
    side: str
    before: Any
    after: Any
    state: str


class EventReport(Schema):
    at: Time
    kind: str = Field(description="`entry` of the log, `workflow` or `question`")
    title: str
    why: str
    remedy: str
    outcome: str = Field(description="of an entry; else blank")
    reason: str = Field(description="of an entry; else blank")
    entry: int | None
    changes: list[FieldChange] = Field(description="at most four; the entry has all")


class PersonReport(Schema):
    link: str
    label: str
    email: str
    gist_id: str
    ghl_id: str
    state: str = Field(description="how the person stands, in words")


class LinkPage(Schema):
    items: list[LinkReport]
    next: str | None


class RunPage(Schema):
    items: list[RunReport]
    next: str | None


class ChangePage(Schema):
    items: list[ChangeReport]
    next: str | None


class LogPage(Schema):
    items: list[EntryReport]
    next: str | None


class ProblemPage(Schema):
    items: list[ProblemReport]
    next: str | None


class TimelinePage(Schema):
    person: PersonReport
    items: list[EventReport]
    next: str | None
