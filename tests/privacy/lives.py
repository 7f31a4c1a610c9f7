"""Two people whose every fact is unmistakable, and everything that Gistline does with people, done to each."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django_q.models import Task

from dashboard.models import SavedView
from integration.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    FieldCheck,
    Link,
    LogEntry,
    Pair,
    Pause,
    Question,
    RejectedRow,
)
from integration.plans.start import apply_plan, start_undo
from integration.runs.imports.files import keep_file
from integration.runs.imports.start import start_import
from integration.webhooks import spool
from integration.webhooks.delivery import from_ghl
from integration.webhooks.store import keep_delivery
from integration.webhooks.unpack import unpack_events
from tests.dashboard import things
from tests.dashboard.api.program import Program
from tests.dashboard.browser import Browser
from tests.dashboard.mcp.assistant import Assistant
from tests.world import World, finish, sync


@dataclass(frozen=True)
class Marked:
    """`mark` stands in every text of theirs, in small letters; `first` has a letter that is not ASCII."""

    mark: str
    first: str
    area: str
    plan_price: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.mark.title()}"

    @property
    def email(self) -> str:
        return f"{self.mark}@first.test"

    @property
    def second_email(self) -> str:
        return f"other.{self.mark}@second.test"

    @property
    def phone(self) -> str:
        return f"+1{self.area}5550177"

    @property
    def phones(self) -> tuple[str, ...]:
        """As people write it."""
        return (
            f"({self.area}) 555-0177",
            f"{self.area}.555.0177",
            f"001 {self.area} 555 01 77",
            f"1-{self.area}-555-0177",
        )

    def marks(self) -> set[str]:
        return {self.mark, f"{self.area}5550177"}


THEA = Marked("quillon", "Théa", "512", "77")
OTTO = Marked("ottoline", "Ötto", "415", "88")


@dataclass
class Lived:
    """What the world made of one of them."""

    who: Marked
    gist_id: str
    ghl_id: str


def live(who: Marked, world: World, link: Link, owner: Any) -> Lived:
    """From the first sync to the last page that was looked at."""
    lived = _begin(who, world, link)
    _work_on_both_sides(lived, world, link)
    _import(lived, link)
    _plan_apply_undo(lived, world, link)
    _trouble(lived, link)
    _webhooks(lived, link)
    _people_look(lived, link, owner)
    _volatile(lived, owner)
    return lived


def _begin(who: Marked, world: World, link: Link) -> Lived:
    custom = {"plan": f"Plan of {who.mark}"}
    made = world.gist_contact(
        email=who.email, name=who.name, phone=who.phone, tags=[f"only-{who.mark}"], custom_properties=custom
    )
    sync(link)
    pair = Pair.objects.get(gist_id=str(made["id"]))
    world.control(
        "POST", "addresses", {"account": world.location, "contact": pair.ghl_id, "emails": [who.second_email]}
    )
    return Lived(who, pair.gist_id, pair.ghl_id)


def _work_on_both_sides(lived: Lived, world: World, link: Link) -> None:
    who = lived.who
    world.ghl("PUT", f"/contacts/{lived.ghl_id}", json={"address1": f"77 {who.mark} Lane", "city": who.mark})
    task = {"title": f"Task about {who.mark}", "dueDate": "2030-01-02T15:00:00Z", "completed": False}
    world.ghl("POST", f"/contacts/{lived.ghl_id}/tasks", json=task)
    world.ghl("POST", f"/contacts/{lived.ghl_id}/notes", json={"body": f"Note about {who.mark}, {who.phones[0]}"})
    for kind in ("full", "incremental", "sweep"):
        sync(link, kind)


def _import(lived: Lived, link: Link) -> None:
    """A file that names them in a good row, and in one that is rejected."""
    who = lived.who
    rows = [[who.email, who.name, who.phones[1], who.mark], [f"{who.mark} at nowhere", who.name, "", ""]]
    text = "\n".join(map(",".join, [["E-mail", "Name", "Phone", "City"], *rows]))
    file = keep_file(link, f"{who.name}.csv", [text.encode()])
    run = finish(start_import(file))
    RejectedRow.objects.create(run=run, number=9, reason="double", sentence=f"GHL has {who.name}, {who.phones[2]}.")


def _plan_apply_undo(lived: Lived, world: World, link: Link) -> None:
    who = lived.who
    edit = {"id": lived.gist_id, "email": who.email, "custom_properties": {"plan": f"Next plan of {who.mark}"}}
    world.gist("POST", "/contacts", json=edit)
    plan = sync(link, dry_run=True)
    finish(apply_plan(plan, queued=False))
    finish(start_undo(link, {"gist": lived.gist_id, "ghl": lived.ghl_id}, queued=False))


def _trouble(lived: Lived, link: Link) -> None:
    """What refusals, questions, workflows and messages keep, in their own rows and in those of others."""
    who = lived.who
    run = things.finished_run(link, error=f"GHL refused {who.email}, {who.phones[0]}")
    call = {"method": "POST", "path": "/contacts/", "request": {"email": who.email}, "response": {"message": who.name}}
    failed = things.failure(run, who.name, ghl_id=lived.ghl_id, calls=[call])
    noticed = [{"side": "ghl", "field": "phone", "before": None, "after": who.phones[3], "state": "failed"}]
    of_another = things.entry(
        run, "Zoe Ray", "skipped", message=f"{who.name} ({lived.ghl_id}) has {who.phones[0]}.", calls=[call]
    )
    LogEntry.objects.filter(pk__in=[failed.pk, of_another.pk]).update(noticed=noticed)
    problem = {"cause": f"ghl.taken_{who.mark[:3]}", "text": f"{who.email} is taken", "note": f"as {who.name} says"}
    things.problem(failed, **problem)
    things.conflict(link, who.name, pair=Pair.objects.get(ghl_id=lived.ghl_id))
    offered = [{"id": lived.ghl_id, "label": who.name, "email": who.email, "phone": who.phone},
               {"id": "other", "label": "Bob Ray", "email": "bob@example.test", "phone": ""}]  # fmt: skip
    Question.objects.create(
        link=link, kind="match", about=f"bob{who.area}", label="Bob Ray", side="gist", options=offered
    )
    Pause.objects.create(
        link=link, what="mapping", key=f"phone={who.area}", reason=f"{who.name} rang from {who.phones[0]}"
    )
    flow = things.workflow(link, name=f"Flow {who.area}")
    facts = {"contact": {"name": who.name, "city": who.mark}}
    things.execution(flow, who.name, gist_id=lived.gist_id, ghl_id=lived.ghl_id, facts=facts, message=f"To {who.email}")
    _messages(who, link)


def _messages(who: Marked, link: Link) -> None:
    """A receiver may answer with what was sent to it, and what was asked of an API with whom it was about."""
    channel = AlertChannel.objects.create(kind="webhook", name=f"Hook {who.area}", answer=f"422: {who.email} unknown")
    alert = Alert.objects.create(event="login", subject=who.area, since=link.created_at, title=f"{who.name} is refused",
                                 reason=f"GHL: {who.email}", remedy=f"Call {who.phones[0]}", link=link)  # fmt: skip
    AlertDelivery.objects.create(alert=alert, channel=channel, answer=f"Nobody is called {who.name}")
    left = [f"{who.name} could not be put back"]
    check = {"contact": who.email, "results": [{"key": "plan", "sentence": f"{who.name} kept it", "value": who.email}]}
    if not FieldCheck.objects.filter(link=link).exists():
        FieldCheck.objects.create(link=link, left_behind=left, **check)
    link.gist.set_status("ok", f"Gist refused {who.email}")


def _webhooks(lived: Lived, link: Link) -> None:
    """Handled, refused, repeated with escapes of JSON, and one that waits on disk."""
    who = lived.who
    payload = {"type": "ContactUpdate", "id": lived.ghl_id, "locationId": link.ghl.account_id, "email": who.email}
    body = json.dumps({**payload, "firstName": who.first, "phone": who.phone}).encode()
    keep_delivery(from_ghl({**payload, "webhookId": f"w{who.area}"}, body, {}))
    unpack_events(link)
    escaped = body.replace(b"@", b"\\u0040")
    things.event(link, topic="ContactCreate", body=escaped.replace(lived.ghl_id.encode(), b"unknown1"), state="done")
    things.event(link, state="refused", reason="bad_signature", body=body, message=f"{who.name} was in it")
    spool.spool_delivery(from_ghl({**payload, "webhookId": f"s{who.area}"}, body, {}))


def _people_look(lived: Lived, link: Link, owner: Any) -> None:
    who, browser = lived.who, Browser(owner)
    for query in (who.email, who.name, who.phones[0], lived.ghl_id):
        for name in ("contacts", "log", "palette", "problems", "runs"):
            browser.get(name, q=query)
    browser.get("contact", link.key, "ghl", lived.ghl_id, read="now")
    browser.get("contacts_export", q=who.email)
    browser.post("saved_view_new", place="contacts", name=f"About {who.name}", q=who.email)
    SavedView.objects.create(user=owner, place="log", name=f"By number {who.area}", filters={"q": who.phones[0]})
    program, assistant = Program(), Assistant()
    program.get("log", q=who.email)
    assistant.call("explain_person", link=link.key, person=who.email)


def _volatile(lived: Lived, owner: Any) -> None:
    """What lives for minutes or hours: answers, results of jobs, sessions."""
    who = lived.who
    cache.set(f"answer:{who.area}", {"done": f"{who.name} is synced.", "at": who.phones[0]})
    cache.set(f"escaped:{who.area}", {"name": who.first, "email": who.email})
    Task.objects.create(id=who.area, name=f"job {who.area}", func="integration.jobs.live", args=(1,), success=False,
                        result=f"ValueError: {who.email} : Traceback {who.name}",
                        started=timezone.now(), stopped=timezone.now())  # fmt: skip
    browser = Browser(owner)
    session = browser.client.session
    session["said"], session["draft"], session["kept"] = f"{who.name} is linked.", {"phone": who.phones[0]}, who.area
    session.save()
