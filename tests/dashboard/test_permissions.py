"""Every address, asked by nobody, a viewer, an operator and an owner."""

from uuid import UUID

import pytest
from allauth.urls import urlpatterns as allauth_urls
from django.urls import URLPattern, get_resolver, reverse

from dashboard.keys.issue import make_key
from dashboard.models import ApiKey, Invitation, User
from dashboard.people.invitations import invite
from dashboard.urls import urlpatterns
from integration.models import (
    Connection,
    Erasure,
    Execution,
    ImportFile,
    InboxEvent,
    Link,
    LogEntry,
    MappingVersion,
    Pair,
    Pause,
    Problem,
    Question,
    Related,
    Run,
    Snapshot,
    Workflow,
    WorkflowVersion,
)
from integration.runs.imports.files import keep_file
from tests.dashboard import things
from tests.dashboard.api.rights import OF_PROGRAMS
from tests.dashboard.browser import Browser

# Rights and refusals are the same on every database.
pytestmark = pytest.mark.one_engine

# 302 leads on to the next page, 405 asks for a POST; “login” is the way to the sign-in page.
TABLE = """
name                    method  nobody  viewer  operator  owner

overview                GET     login   200     200       200
rail_health             GET     login   200     200       200
connections             GET     login   200     200       200
connection_new_gist     GET     login   403     200       200
connection_new_gist     POST    login   403     422       422
connection_new_ghl      GET     login   403     200       200
connection_new_ghl      POST    login   403     422       422
connection              GET     login   200     200       200
connection_check        GET     login   405     405       405
connection_check        POST    login   403     302       302
connection_rename       GET     login   405     405       405
connection_rename       POST    login   403     302       302
connection_reconnect    GET     login   403     200       200
connection_reconnect    POST    login   403     422       422
connection_disconnect   GET     login   405     405       405
connection_disconnect   POST    login   403     302       302
connection_addresses    GET     login   405     405       405
connection_addresses    POST    login   403     302       302
connection_delete       GET     login   405     405       405
connection_delete       POST    login   403     403       302
oauth_start             GET     login   403     302       302
webhook_ghl             GET     405     405     405       405
webhook_ghl             POST    401     401     401       401
webhook_gist            GET     405     405     405       405
webhook_gist            POST    404     404     404       404
oauth_start             POST    login   405     405       405
oauth_callback          GET     login   403     400       400
oauth_callback          POST    login   405     405       405
oauth_confirm           GET     login   403     400       400
oauth_confirm           POST    login   403     400       400
oauth_location          GET     login   403     400       400
oauth_location          POST    login   403     400       400
links                   GET     login   200     200       200
link_new                GET     login   403     200       200
link_new                POST    login   403     422       422
link                    GET     login   200     200       200
link                    POST    login   403     422       422
link_sync               GET     login   405     405       405
link_sync               POST    login   403     302       302
link_filters            GET     login   405     405       405
link_filters            POST    login   403     200       200
link_launch             GET     login   405     405       405
link_launch             POST    login   403     302       302
match                   GET     login   200     200       200
match_people            GET     login   200     200       200
match_answer            GET     login   405     405       405
match_answer            POST    login   403     302       302
match_undo              GET     login   405     405       405
match_undo              POST    login   403     302       302
match_all               GET     login   405     405       405
match_all               POST    login   403     302       302
match_pair              GET     login   405     405       405
match_pair              POST    login   403     302       302
link_undo               GET     login   405     405       405
link_undo               POST    login   403     302       302
link_delete             GET     login   405     405       405
link_delete             POST    login   403     403       302
checks                  GET     login   200     200       200
checks_again            GET     login   405     405       405
checks_again            POST    login   403     302       302
mapping                 GET     login   200     200       200
mapping                 POST    login   403     200       200
mapping_carried         GET     login   405     405       405
mapping_carried         POST    login   403     302       302
mapping_publish         GET     login   403     200       200
mapping_publish         POST    login   403     200       200
mapping_copy            GET     login   403     200       200
mapping_copy            POST    login   403     302       302
mapping_versions        GET     login   200     200       200
mapping_restore         GET     login   405     405       405
mapping_restore         POST    login   403     302       302
imports                 GET     login   200     200       200
import_upload           GET     login   405     405       405
import_upload           POST    login   403     422       422
import                  GET     login   200     200       200
import                  POST    login   403     422       422
import_check            GET     login   302     302       302
import_blank            GET     login   405     405       405
import_blank            POST    login   403     302       302
import_start            GET     login   405     405       405
import_start            POST    login   403     302       302
import_discard          GET     login   405     405       405
import_discard          POST    login   403     302       302
imported                GET     login   200     200       200
imported_rejected       GET     login   200     200       200
runs                    GET     login   200     200       200
run                     GET     login   200     200       200
run_cancel              GET     login   405     405       405
run_cancel              POST    login   403     302       302
run_retry               GET     login   405     405       405
run_retry               POST    login   403     302       302
run_undo                GET     login   405     405       405
run_undo                POST    login   403     302       302
plan                    GET     login   200     200       200
plan                    POST    login   405     405       405
plan_choose             GET     login   405     405       405
plan_choose             POST    login   403     302       302
plan_apply              GET     login   405     405       405
plan_apply              POST    login   403     302       302
run_confirm             GET     login   405     405       405
run_confirm             POST    login   403     302       302
workflows               GET     login   200     200       200
workflow_new            GET     login   403     200       200
workflow_new            POST    login   403     422       422
workflow                GET     login   200     200       200
workflow                POST    login   403     200       200
workflow_test           GET     login   405     405       405
workflow_test           POST    login   403     200       200
workflow_switch         GET     login   405     405       405
workflow_switch         POST    login   403     302       302
workflow_settings       GET     login   200     200       200
workflow_settings       POST    login   403     302       302
workflow_delete         GET     login   405     405       405
workflow_delete         POST    login   403     403       302
workflow_versions       GET     login   200     200       200
workflow_restore        GET     login   405     405       405
workflow_restore        POST    login   403     302       302
workflow_runs           GET     login   200     200       200
workflow_run            GET     login   200     200       200
workflow_run_retry      GET     login   405     405       405
workflow_run_retry      POST    login   403     302       302
workflow_run_stop       GET     login   405     405       405
workflow_run_stop       POST    login   403     302       302
catalogue               GET     login   200     200       200
catalogue_export        GET     login   200     200       200
operation               GET     login   200     200       200
operation               POST    login   403     403       400
capabilities            GET     login   200     200       200
connection_gist_fields  GET     login   200     200       200
connection_gist_fields  POST    login   403     302       302
problems                GET     login   200     200       200
problems_retry          GET     login   405     405       405
problems_retry          POST    login   403     302       302
problem                 GET     login   200     200       200
problem_export          GET     login   200     200       200
problem_retry           GET     login   405     405       405
problem_retry           POST    login   403     302       302
problem_fix             GET     login   405     405       405
problem_fix             POST    login   403     302       302
problem_state           GET     login   405     405       405
problem_state           POST    login   403     302       302
pause_resume            GET     login   405     405       405
pause_resume            POST    login   403     302       302
problems_person         GET     login   200     200       200
question_answer         GET     login   405     405       405
question_answer         POST    login   403     302       302
question_dismiss        GET     login   405     405       405
question_dismiss        POST    login   403     302       302
problems_rejected       GET     login   200     200       200
rejected_event          GET     login   200     200       200
problems_waiting        GET     login   200     200       200
problems_waiting_events GET     login   200     200       200
waiting_retry           GET     login   405     405       405
waiting_retry           POST    login   403     302       302
contacts                GET     login   200     200       200
contact                 GET     login   200     200       200
contact                 POST    login   405     405       405
contact_timeline        GET     login   302     302       302
contact_working         GET     login   200     200       200
contact_command         GET     login   405     405       405
contact_command         POST    login   403     404       404
contact_join            GET     login   405     405       405
contact_join            POST    login   403     302       302
contact_delete          GET     login   405     405       405
contact_delete          POST    login   403     403       302
contact_tags            GET     login   405     405       405
contact_tags            POST    login   403     302       302
contact_undo            GET     login   405     405       405
contact_undo            POST    login   403     302       302
contact_book            GET     login   403     200       200
contact_book            POST    login   403     200       200
contact_add             GET     login   405     405       405
contact_add             POST    login   403     302       302
contact_record          GET     login   405     405       405
contact_record          POST    login   403     404       404
contact_edit            GET     login   403     200       200
contact_edit            POST    login   405     405       405
command_result          GET     login   200     200       200
command_result          POST    login   405     405       405
log                     GET     login   200     200       200
log_entry               GET     login   200     200       200
log_retry_matching      GET     login   405     405       405
log_retry_matching      POST    login   403     302       302
log_retry               GET     login   405     405       405
log_retry               POST    login   403     302       302
people                  GET     login   403     403       200
person_invite           GET     login   403     403       200
person_invite           POST    login   403     403       422
person                  GET     login   403     403       200
person                  POST    login   403     403       422
person_deactivate       GET     login   405     405       405
person_deactivate       POST    login   403     403       302
person_activate         GET     login   405     405       405
person_activate         POST    login   403     403       302
person_sign_out         GET     login   405     405       405
person_sign_out         POST    login   403     403       302
invitation_revoke       GET     login   405     405       405
invitation_revoke       POST    login   403     403       302
audit                   GET     login   403     403       200
audit_check             GET     login   403     403       200
audit_export            GET     login   403     403       200
data                    GET     login   403     403       200
data                    POST    login   403     403       422
retention_save          GET     login   405     405       405
retention_save          POST    login   403     403       302
erasure_allow           GET     login   405     405       405
erasure_allow           POST    login   403     403       302
invitation              GET     410     410     410       410
invitation              POST    410     410     410       410
account_reset_password  GET     200     200     200       200
account_email           GET     login   200     200       200
account_login           GET     200     302     302       302
healthz                 GET     200     200     200       200
readyz                  GET     503     503     503       503
metrics                 GET     200     200     200       200
"""
PEOPLE, *ROWS = [line.split() for line in (TABLE + OF_PROGRAMS).strip().splitlines() if line]
NAMES = sorted({name for name, *_ in ROWS})
OPEN_ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "mfa_authenticate",
}
WRITTEN = (
    *(User, Invitation, Erasure, ApiKey),
    *(Connection, Link, MappingVersion, Run, LogEntry, Question, InboxEvent, Snapshot, Pair, Related),
    *(Workflow, WorkflowVersion, Execution, ImportFile, Problem, Pause),
)


@pytest.fixture
def standing(link):
    """Arguments of the addresses: one failure, in one finished run, of one link; one of each problem; one note."""
    failed = things.failure(things.finished_run(link, status="partial", failed=1), ghl_id="abc")
    problems = {
        "question": Question.objects.create(link=link, kind="conflict", about="plan", field="plan").pk,
        "rejected": InboxEvent.objects.create(provider="ghl", state="refused", body=b"").pk,
        "waiting": Snapshot.objects.create(link=link, side="gist", external_id=failed.gist_id, parked=True).pk,
    }
    problems |= {"match": things.match(link).pk, "pair": things.in_step(link, 1)[0].pk}
    problems["problem"] = things.problem(failed).pk
    problems["pause"] = Pause.objects.create(link=link, what="mapping", key="phone=phone").pk
    Related.objects.create(link=link, kind="note", ghl_id="note1", contact_id="abc", base={"body": "Likes tea"})
    brought = keep_file(link, "people.csv", [b"E-mail\nann@example.test\n"])
    problems |= {"import": brought.pk}
    problems["imported"] = things.finished_run(link, kind="import", import_file=brought).pk
    execution = things.execution(things.workflow(link))
    problems |= {"workflow": execution.workflow_id, "execution": execution.pk}
    problems["plan"] = things.finished_run(link, dry_run=True).pk
    invite("lee@gistline.example", "viewer", None)
    problems |= {"person": User.objects.create_user("mia@gistline.example").pk}
    problems |= {"invitation": Invitation.objects.get().pk, "erasure": Erasure.objects.create(link=link).pk}
    problems["keys"] = make_key("Grafana", "read", None, 30)[0].pk
    return {"key": link.gist.key, "link": link.key, "run": failed.run_id, "log": failed.pk, "number": 1, **problems}


def address(name, standing):
    if name == "mapping_restore":
        return reverse(name, args=[standing["link"], standing["number"]])
    if name == "invitation":
        return reverse(name, args=["wrong"])
    (takes, *_), *_ = get_resolver().reverse_dict.getlist(name)
    wanted = {"key": standing["key" if name.startswith("connection") else "link"]}
    wanted |= {"token": "wrong", "topic": "contact_created"}
    if name.startswith("contact_") or name == "contact":
        wanted |= {"link": standing["link"], "side": "ghl", "contact_id": "abc", "kind": "note", "record": "note1"}
    wanted["pk"] = standing.get(name.partition("_")[0], standing["run"])
    if name.startswith("api_"):
        wanted |= standing | {"entry": standing["log"]}
    if name == "key_revoke":
        wanted["pk"] = standing["keys"]
    if name in ("workflow_run", "workflow_run_retry", "workflow_run_stop"):
        wanted["pk"] = standing["execution"]
    if name == "operation":
        wanted["key"] = "ghl.notes.delete"
    if name == "match_pair":
        wanted["pk"] = standing["pair"]
    wanted["number"], wanted["show"] = standing["number"], "both"
    if name == "command_result":
        wanted["token"] = UUID(int=7)
    return reverse(name, kwargs={parameter: wanted[parameter] for parameter in takes[0][1]})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_person_gets_what_the_table_says(request, world, standing, row):
    name, method, *expected = row
    users = [None if person == "nobody" else request.getfixturevalue(person) for person in PEOPLE[2:]]
    answers = [ask(Browser(user), method, address(name, standing)) for user in users]
    assert dict(zip(PEOPLE[2:], answers, strict=True)) == dict(zip(PEOPLE[2:], expected, strict=True))


def ask(browser, method, where):
    answer = getattr(browser.client, method.lower())(where, {"name": "Alder Gist"})
    to_login = answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    return "login" if to_login else str(answer.status_code)


def test_no_address_asks_gist_or_ghl_when_it_is_opened(world, standing, as_owner):
    world.forget_calls()
    for name in NAMES:
        as_owner.client.get(address(name, standing))
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_the_table_knows_every_address():
    assert {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)} == set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("webhook_")])
def test_a_viewer_s_post_writes_nothing(world, standing, as_viewer, name):
    before = [list(model.objects.order_by("pk").values()) for model in WRITTEN]
    as_viewer.client.post(address(name, standing), {"confirm": "Alder", "name": "Other", "key": "x", "do": "save"})
    assert [list(model.objects.order_by("pk").values()) for model in WRITTEN] == before


def account_pages():
    """Names of the pages that allauth brings."""
    patterns = list(allauth_urls)
    for pattern in patterns:
        patterns += getattr(pattern, "url_patterns", [])
    return sorted({pattern.name for pattern in patterns if getattr(pattern, "name", None)})


@pytest.mark.parametrize("name", [name for name in account_pages() if name not in OPEN_ACCOUNT_PAGES])
def test_account_pages_need_a_login_but_for_those_that_lead_to_one(as_nobody, name):
    answer = as_nobody.get(name)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


def test_an_ended_session_sends_the_whole_page_to_the_login(as_nobody):
    headers = {"HX-Request": "true", "HX-Target": "results", "HX-Current-URL": "http://testserver/runs/?status=failed"}
    answer = as_nobody.client.get(reverse("runs"), headers=headers, follow=True)
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fruns%2F%3Fstatus%3Dfailed"


def test_a_refusal_says_which_role_is_needed(as_viewer):
    answer = as_viewer.get("connection_new_gist")
    assert "This needs the role operator." in answer.content.decode()


def test_a_page_that_does_not_exist_says_so(as_viewer):
    answer = as_viewer.get("link", "nowhere")
    assert (answer.status_code, "No such page" in answer.content.decode()) == (404, True)
