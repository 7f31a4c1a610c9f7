"""E-mail consent where webhooks and workflows are at work: opt-outs go over at once, no action lifts one."""

import pytest

from integration.models import Change, Execution, LogEntry
from tests.workflows.test_bad_input import go

LIFTING = [
    ("gist.contact.set", {"field": "unsubscribed_from_emails", "value": "false"}),
    ("ghl.contact.set", {"field": "dnd", "value": "no"}),
    ("ghl.contact.set", {"field": "dndSettings.Email", "value": "inactive"}),
    ("ghl.contacts.update", {"body_json": {"dnd": False}}),
    ("ghl.contacts.update", {"body_json": {"dndSettings": {"Email": {"status": "inactive"}}}}),
    (
        "ghl.contacts.upsert",
        {"email": "ann@example.test", "body_json": {"dndSettings": {"SMS": {"status": "inactive"}}}},
    ),
]


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


@pytest.fixture
def opted_out(stage, ann):
    stage.world.ghl("PUT", f"/contacts/{ann[1]}", json={"dnd": True})
    stage.settle()
    return ann


def is_stopped(stage, ann):
    (there,) = stage.world.everyone("ghl")
    return stage.in_gist(ann[0])["unsubscribed_from_emails"] == "true", there["dnd"] or bool(there.get("dndSettings"))


@pytest.mark.parametrize("refusal", [{"dnd": True}, {"dndSettings": {"Email": {"status": "active"}}}])
def test_an_opt_out_in_ghl_reaches_gist_by_its_webhook(stage, ann, refusal):
    stage.world.ghl("PUT", f"/contacts/{ann[1]}", json=refusal)
    stage.settle()
    assert is_stopped(stage, ann) == (True, True)
    assert Change.objects.filter(field="unsubscribed_from_emails", state="applied").count() == 1


def test_an_unsubscribe_in_gist_reaches_ghl_by_its_webhook_and_its_echo_writes_nothing(stage, ann):
    stage.world.gist("POST", "/contacts", json={"id": int(ann[0]), "unsubscribed_from_emails": True})
    stage.settle()
    assert is_stopped(stage, ann) == (True, True)
    assert Change.objects.filter(field="dndSettings.Email").count() == 1


def test_somebody_who_is_made_opted_out_while_it_listens_is_made_opted_out(stage):
    stage.world.ghl(
        "POST", "/contacts/", json={"locationId": stage.world.location, "email": "bo@example.test", "dnd": True}
    )
    stage.settle()
    (bo,) = stage.world.everyone("gist")
    assert bo["unsubscribed_from_emails"] == "true"


@pytest.mark.parametrize(("key", "values"), LIFTING)
def test_no_action_lifts_an_opt_out(stage, opted_out, key, values):
    execution = go(stage, opted_out, key, **values)
    assert (execution.state, execution.reason) == ("failed", "not_sent")
    assert "only a person" in execution.message
    assert is_stopped(stage, opted_out) == (True, True)


def test_a_switch_that_is_off_allows_nothing(stage, opted_out):
    values = {"email": "ann@example.test", "unsubscribed_from_emails": "false"}
    assert go(stage, opted_out, "gist.contacts.save", **values).state == "done"
    assert is_stopped(stage, opted_out) == (True, True)


def test_a_workflow_may_stop_e_mails_and_the_other_side_follows(stage, ann):
    assert go(stage, ann, "gist.contact.set", field="unsubscribed_from_emails", value="true").state == "done"
    assert is_stopped(stage, ann) == (True, True)


def test_nobody_who_stopped_e_mails_is_put_into_a_campaign(stage, opted_out):
    execution = go(stage, opted_out, "gist.campaigns.set", body_json={"id": 1, "email": "ann@example.test"})
    assert execution.state == "done"
    entry = LogEntry.objects.get(execution=execution)
    assert (entry.outcome, entry.reason) == ("skipped", "opted_out")
    assert stage.count("gist", "POST /campaigns") == 0
    assert Execution.objects.count() == 1
