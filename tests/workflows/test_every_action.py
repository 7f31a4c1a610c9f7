"""Every action of the catalogue with no more than its required values: each side takes what is sent."""

import pytest
from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for_link
from integration.models import Execution, WorkflowVersion
from integration.workflows.actions import ACTIONS, Context
from integration.workflows.definition import check_definition
from integration.workflows.dry_run import dry_run
from integration.workflows.executions import carry_out_action
from tests.operation_values import value_of

# What an event tells of which an action makes something.
EVENT = {"tag": "vip", "task": "Call back", "meeting_id": "m1", "start_at": "2030-01-07T15:00:00Z"}


@pytest.mark.parametrize("key", ACTIONS)
def test_an_action_with_its_required_values_is_taken(world, link, there, key):
    action = ACTIONS[key]
    values = {one.name: value_of(key, action.side, one, there) for one in action.inputs if one.required}
    entry = {"triggers": [{"on": "gist.tag_added"}], "actions": [{"do": key, "values": values}]}
    execution = Execution(
        link=link, version=WorkflowVersion(number=0, definition=check_definition(entry)), trigger="gist.tag_added",
        gist_id=there["gist"], ghl_id=there["ghl"], created_at=timezone.now(),
        facts={"event": {**EVENT, "conversation_id": there["conversation_id"]}},
    )  # fmt: skip
    with exchange_for_link(link) as exchange:
        sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
        result = exchange.carry_out(
            carry_out_action(action, Context(link, execution, sides["gist"], sides["ghl"], "test:0"))
        )
    assert result.reason != "unsure"


def sent(link, key, **values):
    """The body that an action would send for Ann, who is known on both sides."""
    definition = {"triggers": [{"on": "gist.tag_added"}], "actions": [{"do": key, "values": values}]}
    (step,) = dry_run(link, check_definition(definition), gist_id=link.pairs.get().gist_id).steps
    return step.calls[-1].body


@pytest.fixture
def paired(link, there):
    return link.pairs.create(kind="contact", gist_id=there["gist"], ghl_id=there["ghl"])


def test_an_appointment_is_booked_for_the_person_of_the_workflow(link, there, paired):
    body = sent(link, "ghl.appointments.create", calendarId=there["calendar"], startTime="2030-01-07T15:00:00Z")
    assert (body["contactId"], body["locationId"]) == (there["ghl"], link.ghl.account_id)


def test_gist_is_told_who_the_person_is(link, there, paired):
    assert sent(link, "gist.campaigns.set", id="30") == {"id": 30, "email": "ann@example.test"}
    assert sent(link, "gist.conversations.create", body="Hello")["from"] == {"id": int(there["gist"])}


def test_a_body_that_was_written_as_json_needs_nothing_twice(link, paired):
    body = {"id": 30, "user_id": "u7", "unsubscribed": False}
    assert sent(link, "gist.campaigns.set", body_json=body) == {"id": 30, "user_id": "u7"}


def test_a_switch_that_is_off_is_not_sent(link, there, paired):
    assert "unsubscribed_from_emails" not in sent(link, "gist.contacts.save", unsubscribed_from_emails=False)
    assert sent(link, "ghl.tasks.complete", task_id="t", completed=False) == {"completed": False}
