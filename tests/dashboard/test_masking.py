"""Whoever may not see personal values meets none of them: not on a page, in a file, or in an answer to a program."""

import json
from http.cookies import SimpleCookie
from urllib.parse import quote, quote_plus, urlencode

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dashboard.keys.issue import make_key
from dashboard.models import SavedView
from integration.models import (
    Alert,
    AuditEntry,
    Change,
    InboxEvent,
    LogEntry,
    OtherEmail,
    Pair,
    Question,
    Related,
    Snapshot,
)
from integration.privacy.masking import MaskedWrite, mask_text, masking
from tests.dashboard import things
from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser, html, words
from tests.dashboard.form_walk import Walk, fields_of, verbs_of
from tests.dashboard.hostile import FORM
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
    Alert.objects.create(
        event="silence", subject="1", since=timezone.now(), title="No webhooks", reason=said, link=link
    )
    return {**standing, "planned": planned.pk}


TYPED = (EMAIL, NAME, PHONE)
TYPED_IN_ADDRESSES = tuple(quote(one) for one in TYPED) + tuple(quote_plus(one) for one in TYPED)


def pages_of(marked):
    """Addresses of everything that is read, those of the tabs and searches too."""
    for name in NAMES:
        if not name.startswith(("webhook_", "api_", "account_", "oauth_")):
            yield address_of(name, marked)
    for show in ("gist", "ghl", "decided", "lost"):
        yield reverse("match_people", args=["alder", show])
    for name in ("log", "contacts", "palette", "suggestions", "problems_person", "contacts_export", "log_export"):
        for typed in TYPED:
            yield f"{reverse(name)}?{urlencode({'place': 'contacts', 'as': 'csv', 'q': typed})}"
    yield f"{reverse('log_entry', args=[marked['log']])}?row=open"
    yield f"{reverse('contact', args=['alder', 'ghl', 'abc'])}?read=now"
    yield f"{reverse('trace', args=[marked['trace']])}"


class LookingWalk(Walk):
    """`leaks`: the marks that were answered, by what was asked."""

    def __init__(self, person, starts):
        self.leaks = {}
        browser = Browser(person)
        super().__init__(browser, starts)

    def send(self, method, address, body=b"", content_type=FORM, **headers):
        """As any walk, and on to where the answer leads."""
        self.client.cookies = SimpleCookie(self.cookies)
        with taken_back():
            answer = self.client.generic(method, address, body, content_type, headers=headers)
            self._look(answer, method, address, body)
            where = answer.get("Location") or answer.get("HX-Redirect") or ""
            if method == "POST" and where.startswith("/"):
                self._look(self.client.get(where), method, address, body)
        return answer

    def _look(self, answer, method, address, body):
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")
        # What was typed stands in the search box: only that is asked for, which no answer may add to.
        for typed in (*TYPED, *TYPED_IN_ADDRESSES) if "q=" in address else ():
            text = text.replace(typed, "")
        if hits := [mark for mark in MARKS if mark.lower() in text.lower()]:
            self.leaks[method, address, body] = hits
        assert answer.status_code < 500 or "readyz" in address, (method, address, text[:400])


def take_right(person, right="sees_personal_data"):
    setattr(person, right, False)
    person.save()
    return person


def test_whoever_lacks_the_right_meets_no_value_on_a_page_in_a_file_or_in_an_answer_to_a_form(marked, operator):
    walk = LookingWalk(take_right(operator), pages_of(marked))
    posts = walk.all_that("POST")
    assert len(posts) > 30
    for sending in posts:
        fields = fields_of(sending)
        for turn, verb in enumerate(verbs_of(sending) or [""]):
            body = urlencode(fields | ({"do": verb} if verb else {})).encode()
            for headers in ({"HX-Request": "true"}, {})[: 1 if turn else 2]:
                walk.send("POST", sending.path, body, **headers)
    plan, entry = marked["plan"], marked["planned"]
    chosen = walk.send("POST", reverse("plan_choose", args=[plan]), f"entry={entry}".encode(), **{"HX-Request": "true"})
    assert "Q••• X•••" in words(chosen)
    assert walk.leaks == {}


def test_whoever_holds_the_right_sees_them(marked, operator):
    named = ("contact", "contacts", "log", "log_entry", "plan", "problem", "match", "problems_person", "workflow_run",
             "trace", "alerts", "plan_export", "contacts_export", "log_export", "problem_export")  # fmt: skip
    addresses = [address_of(name, marked) for name in named]
    walk = LookingWalk(operator, [])
    for address in addresses:
        walk.send("GET", address)
    assert {address for _, address, _ in walk.leaks} == set(addresses)
    assert {mark for hits in walk.leaks.values() for mark in hits} == set(MARKS)


def test_a_program_whose_key_is_masked_is_answered_no_value(marked, link):
    _, text = make_key("Grafana", "read", None, 30)
    _, open_text = make_key("Trusted", "read", None, 30, sees_personal_data=True)
    names = [name for name in NAMES if name.startswith("api_") and name not in ("api_docs", "api_openapi")]
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


SEARCHED = ("log", "contacts", "runs", "run", "plan", "problems", "problems_person", "problems_rejected", "alerts",
            "problems_waiting", "problems_waiting_events", "workflow_runs", "match_people")  # fmt: skip


def test_no_list_tells_by_a_search_that_a_masked_value_holds_some_letters(marked, viewer):
    browser = Browser(take_right(viewer))

    def rows_found(name, text):
        return words(browser.client.get(f"{address_of(name, marked)}?{urlencode({'q': text})}")).count("•••")

    parts = ("obrint", "obrintmail", "5125550", "qvaplan")
    told = {(name, one) for name in SEARCHED for one in parts if rows_found(name, one) != rows_found(name, "nobodys")}
    assert told == set()


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


def test_a_file_that_is_taken_away_is_on_record_with_whether_values_were_shown(marked, operator, viewer):
    for person in (operator, take_right(viewer)):
        for name in ("plan_export", "problem_export", "imported_rejected"):
            Browser(person).client.get(address_of(name, marked))
    lines = AuditEntry.objects.filter(what__regex="_export$|^imported_").order_by("pk")
    values = [(one.what, one.subject, one.link, one.after["personal values"]) for one in lines]
    plan, problem = (f"{name} {marked[name]}" for name in ("plan", "problem"))
    assert values == [
        ("plan_export", plan, "alder", "shown"),
        ("problem_export", problem, "alder", "shown"),
        ("imported_rejected", f"run {marked['imported']}", "alder", "shown"),
        ("plan_export", plan, "alder", "masked"),
        ("problem_export", problem, "alder", "masked"),
    ]


def test_a_shared_view_that_searches_for_somebody_is_kept_from_whoever_sees_masks(owner, viewer):
    for name, filters in (("Her", {"q": EMAIL}), ("Failed only", {"outcome": "failed"})):
        SavedView.objects.create(user=owner, place="log", name=name, filters=filters, shared=True)
    shown = html(Browser(take_right(viewer)).get("log"))
    assert (EMAIL.partition("@")[0] in shown, "Failed only" in shown) == (False, True)


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
