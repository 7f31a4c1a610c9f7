"""One of everything that an address can be about, and where each address then is."""

from uuid import UUID

import pytest
from django.urls import get_resolver, reverse

from dashboard.keys.issue import make_key
from dashboard.models import Invitation, User
from dashboard.people.invitations import invite
from integration.models import (
    AlertChannel,
    Erasure,
    InboxEvent,
    Pause,
    Question,
    Related,
    Snapshot,
)
from integration.oauth.connect_links import make_connect_link
from integration.runs.imports.files import keep_file
from tests.dashboard import things

TRACE = "0123456789abcdef"


@pytest.fixture
def standing(link):
    """Arguments of the addresses: one failure, in one finished run, of one link; one of each problem; one note."""
    failed = things.failure(things.finished_run(link, status="partial", failed=1, trace=TRACE), ghl_id="abc")
    problems = {
        "question": Question.objects.create(link=link, kind="conflict", about="plan", field="plan").pk,
        "rejected": InboxEvent.objects.create(provider="ghl", state="refused", body=b"", trace=TRACE).pk,
        "waiting": Snapshot.objects.create(link=link, side="gist", external_id=failed.gist_id, parked=True).pk,
    }
    problems |= {"match": things.match(link).pk, "pair": things.in_step(link, 1)[0].pk}
    problems["problem"] = things.problem(failed).pk
    problems["pause"] = Pause.objects.create(link=link, what="mapping", key="phone=phone").pk
    Related.objects.create(link=link, kind="note", ghl_id="note1", contact_id="abc", base={"body": "Likes tea"})
    brought = keep_file(link, "people.csv", [b"E-mail\nann@example.test\n"])
    problems |= {"import": brought.pk}
    problems["imported"] = things.finished_run(link, kind="import", import_file=brought).pk
    ran = things.execution(things.workflow(link))
    problems |= {"workflow": ran.workflow_id, "execution": ran.pk, "plan": things.finished_run(link, dry_run=True).pk}
    invite("lee@gistline.example", "viewer", None)
    problems |= {"connect": make_connect_link("Alder", "Us", hours=72)[0].pk}
    channel = AlertChannel.objects.create(kind="email", name="Team", address={"to": []})
    problems |= {"person": User.objects.create_user("mia@gistline.example").pk, "alert": channel.pk}
    problems |= {"invitation": Invitation.objects.get().pk, "erasure": Erasure.objects.create(link=link).pk}
    problems["keys"] = make_key("Grafana", "read", None, 30)[0].pk
    return {
        "key": link.gist.key,
        "link": link.key,
        "run": failed.run_id,
        "log": failed.pk,
        "number": 1,
        "trace": TRACE,
        **problems,
    }


def address_of(name, standing):
    """Where the address called `name` is, with the arguments that are there in `standing`."""
    if name == "mapping_restore":
        return reverse(name, args=[standing["link"], standing["number"]])
    if name == "invitation":
        return reverse(name, args=["wrong"])
    (takes, *_), *_ = get_resolver().reverse_dict.getlist(name)
    wanted = _arguments(name, standing)
    return reverse(name, kwargs={parameter: wanted[parameter] for parameter in takes[0][1]})


# Whose key is called otherwise than the first word of the address.
KEYS = {
    "workflow_run": "execution", "workflow_run_retry": "execution", "workflow_run_stop": "execution",
    "key_revoke": "keys", "match_pair": "pair", "connect_link_revoke": "connect",
}  # fmt: skip


def _arguments(name, standing):
    room = name.partition("_")[0]
    wanted = {"key": standing["key" if room == "connection" else "link"], "number": standing["number"]}
    wanted |= {
        "trace": standing["trace"],
        "token": "wrong",
        "topic": "contact_created",
        "kind": "email",
        "show": "both",
        "chapter": "app",
    }
    wanted["pk"] = standing[KEYS[name]] if name in KEYS else standing.get(room, standing["run"])
    if room == "contact":
        wanted |= {"link": standing["link"], "side": "ghl", "contact_id": "abc", "kind": "note", "record": "note1"}
    if room == "api":
        wanted |= standing | {"entry": standing["log"]}
    if name == "operation":
        wanted["key"] = "ghl.notes.delete"
    if name == "command_result":
        wanted["token"] = UUID(int=7)
    return wanted
