"""Whoever may not see personal values meets none of them: not on a page, in a file, or in an answer to a program."""

import json

import pytest
from django.db import transaction
from django.urls import reverse

from dashboard.keys.issue import make_key
from integration.models import AuditEntry, Change, InboxEvent, LogEntry, OtherEmail, Pair, Question, Related, Snapshot
from integration.privacy.masking import MaskedWrite, mask_text, masking
from tests.dashboard import things
from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser, html, words
from tests.dashboard.rights_table import NAMES
from tests.dashboard.taken_back import taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
# Marks of every kind of value; nothing else on any page holds them.
NAME, EMAIL, PHONE = "Qwyzelda Xobrint", "qwyzelda@xobrintmail.example", "+15125550987"
CUSTOM, NOTE, STREET, TASK = "Zuqvaplan", "Vexqorb likes zithers", "77 Jyxwood Lane", "Ring Kvuxhampton"
MARKS = (
    "Qwyzelda",
    "Xobrint",
    "xobrintmail",
    "5125550987",
    "Zuqvaplan",
    "Vexqorb",
    "zithers",
    "Jyxwood",
    "Kvuxhampton",
)
VALUES = {
    "name": NAME,
    "email": EMAIL,
    "phone": PHONE,
    "address1": STREET,
    "customFields.plan": CUSTOM,
    "tags": [CUSTOM],
}


@pytest.fixture
def marked(world, standing, link):
    """The person of the addresses, and everything that is known of them, with marks in every column."""
    for side, contact in (("gist", "1001"), ("ghl", "abc")):
        Snapshot.objects.filter(link=link, side=side, external_id=contact).delete()
    pair = Pair.objects.create(link=link, gist_id="1001", ghl_id="abc", label=NAME)
    for side, contact in (("gist", "1001"), ("ghl", "abc")):
        row = Snapshot.objects.create(
            link=link, side=side, external_id=contact, pair=pair, label=NAME, email=EMAIL, phone=PHONE, base=VALUES,
            parked=True,
        )  # fmt: skip
        OtherEmail.objects.create(link=link, snapshot=row, email=f"second.{EMAIL}")
    said = f"GHL refused “{CUSTOM}” of {NAME} ({EMAIL}, {PHONE})."
    calls = [{"method": "POST", "path": f"/contacts/?query={EMAIL}", "status": 422, "request": VALUES,
              "response": {"message": said, "contact": VALUES}, "error": "rejected"}]  # fmt: skip
    LogEntry.objects.update(label=NAME, message=said, calls=calls, ghl_id="abc", gist_id="1001")
    for entry in LogEntry.objects.all():
        Change.objects.create(
            link=link, run=entry.run, entry=entry, side="ghl", external_id="abc", action="create", after=VALUES,
            state="failed", rule="mapping:email",
        )  # fmt: skip
    planned = things.entry(
        link.runs.get(pk=standing["plan"]), NAME, "updated", planned=True, ghl_id="abc",
        changes=[{"side": "ghl", "field": "name", "before": NAME, "after": f"{NAME} Jyxwood", "external_id": "abc"}],
    )  # fmt: skip
    assert planned.is_plan or planned.planned
    things.conflict(link, NAME, options={"gist": CUSTOM, "ghl": STREET}, message=said)
    Question.objects.filter(kind="match").update(
        label=NAME, options=[{"id": "abc", "label": NAME, "email": EMAIL, "phone": PHONE, "side": "ghl"}]
    )
    Related.objects.update(base={"body": NOTE})
    Related.objects.create(link=link, kind="task", ghl_id="task1", contact_id="abc", base={"title": TASK})
    link.executions.update(label=NAME, facts={"gist": VALUES}, message=said)
    body = json.dumps({"contact": VALUES, "text": NOTE}).encode()
    InboxEvent.objects.update(body=body, message=said)
    link.runs.update(error=said)
    return standing


def pages_of(marked):
    """Addresses of everything that is read, those of the tabs and searches too."""
    for name in NAMES:
        if not name.startswith(("webhook_", "api_", "account_", "oauth_")):
            yield name, address_of(name, marked)
    for show in ("gist", "ghl", "decided", "lost"):
        yield f"match_people {show}", reverse("match_people", args=["alder", show])
    for name in ("log", "contacts", "palette", "suggestions", "problems_person", "contacts_export", "log_export"):
        for q in (EMAIL, NAME, PHONE):
            # What was typed stands in the search box: only the address is asked for, which no answer may add to.
            yield f"{name} {q}", f"{reverse(name)}?place=contacts&as=csv&q={q.replace('+', '%2B')}"
    yield "entry opened", f"{reverse('log_entry', args=[marked['log']])}?row=open"
    yield "contact read", f"{reverse('contact', args=['alder', 'ghl', 'abc'])}?read=now"


def leaks(user, marked):
    found = {}
    for name, where in pages_of(marked):
        with taken_back():
            answer = Browser(user).client.get(where)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = content.decode(errors="replace")
        if "q=" in where:
            for typed in (
                EMAIL,
                NAME,
                PHONE,
                "qwyzelda%40xobrintmail.example",
                "Qwyzelda%20Xobrint",
                "Qwyzelda+Xobrint",
                "%2B15125550987",
                "%2B15125550987",
            ):
                text = text.replace(typed, "")
        if hits := [mark for mark in MARKS if mark.lower() in text.lower()]:
            found[name] = hits
        assert answer.status_code < 500 or name == "readyz", (name, text[:400])
    return found


def take_right(person, right="sees_personal_data"):
    setattr(person, right, False)
    person.save()
    return person


def test_a_viewer_without_the_right_meets_no_value_anywhere(marked, viewer):
    assert leaks(take_right(viewer), marked) == {}


def test_an_operator_without_the_right_meets_no_value_anywhere(marked, operator):
    assert leaks(take_right(operator), marked) == {}


def test_whoever_holds_the_right_sees_them(marked, operator):
    seen = leaks(operator, marked)
    assert {mark for hits in seen.values() for mark in hits} == set(MARKS)
    wanted = {"contact", "contacts", "log", "log_entry", "plan", "problem", "match", "problems_person", "workflow_run"}
    assert wanted - seen.keys() == set()


def test_a_program_whose_key_is_masked_is_answered_no_value(marked, link):
    _, text = make_key("Grafana", "read", None, 30)
    _, open_text = make_key("Trusted", "read", None, 30, sees_personal_data=True)
    names = [name for name in NAMES if name.startswith("api_") and name != "api_docs"]
    asked = [f"{address_of(name, marked)}?person={'ghl:abc' if name == 'api_timeline' else ''}" for name in names]
    asked = [where if "timeline" in where else where.partition("?")[0] for where in asked]

    def answers(key):
        return "".join(
            Browser().client.get(where, headers={"Authorization": f"Bearer {key}"}).content.decode() for where in asked
        )

    assert [mark for mark in MARKS if mark in answers(text)] == []
    assert NAME in answers(open_text)
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    call["params"] = {"name": "explain_person", "arguments": {"link": "alder", "person": EMAIL}}
    told = [
        Browser().client.post("/mcp/", call, "application/json", headers={"Authorization": f"Bearer {key}"}).content
        for key in (text, open_text)
    ]
    assert [NAME.encode() in one for one in told] == [False, True]


def test_searching_by_the_whole_address_finds_somebody_masked(marked, viewer):
    browser = Browser(take_right(viewer))
    assert "Q••• X•••" in words(browser.get("contacts", q=EMAIL))
    assert "Q••• X•••" not in words(browser.get("contacts", q=EMAIL[:5]))


def test_values_of_calls_are_masked_until_somebody_with_the_right_asks_and_that_is_on_record(marked, operator, viewer):
    entry, event = marked["log"], marked["rejected"]
    browser = Browser(operator)
    assert EMAIL not in html(browser.get("log_entry", entry)).partition(">Calls<")[2]
    assert EMAIL in html(browser.post("log_values", entry)).partition(">Calls<")[2]
    assert NOTE not in html(browser.get("rejected_event", event))
    assert NOTE in html(browser.post("rejected_values", event))
    lines = AuditEntry.objects.filter(what__endswith="_values").order_by("pk")
    assert [(one.what, one.actor, one.subject, one.link) for one in lines] == [
        ("log_values", operator.email, f"log {entry}", "alder"),
        ("rejected_values", operator.email, f"rejected {event}", ""),
    ]
    other = Browser(take_right(viewer))
    assert (other.post("log_values", entry).status_code, other.post("rejected_values", event).status_code) == (403, 403)
    page = html(other.get("log_entry", entry))
    assert ("Show values" in page, "Seeing them needs the right" in page) == (False, True)


def test_what_is_masked_is_never_saved(link):
    things.in_step(link, 1, label=NAME)
    with masking():
        found = Pair.objects.get()
        with pytest.raises(MaskedWrite), transaction.atomic():
            found.save()
    assert Pair.objects.get().label == NAME


@pytest.mark.parametrize(
    ("value", "mask"),
    [("ann@elm.example", "a•••@e•••.example"), ("+15125550136", "•••• 0136"), ("Ann Lee", "A••• L•••"),
     ("1990-01-02", "•••"), ("Bo", "•••"), ("one two three four", "o••• t••• t••• •••"), ("", "")],
)  # fmt: skip
def test_masks_keep_the_shape_and_nothing_else(value, mask):
    assert mask_text(value) == mask
