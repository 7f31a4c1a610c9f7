"""A dry run of every action of the catalogue with one real person: calls are shown, nothing is written."""

import pytest

from integration.models import Execution, LogEntry, Related
from integration.workflows.actions import ACTIONS
from integration.workflows.definition import check_definition
from integration.workflows.dry_run import dry_run

EXAMPLES = {
    "moment": {"from": "now", "days": 1},
    "flag": True,
    "number": "1",
    "field": "city",
    "long": "Hello {{ contact.name }}",
    "pairs": "note = {{ contact.email }}",
}


def definition(action):
    values = {one.name: EXAMPLES.get(one.type, "example") for one in action.inputs}
    triggers = [{"on": "gist.tag_added", "tag": "vip"}]
    return check_definition({"triggers": triggers, "actions": [{"do": action.key, "values": values}]})


def writes(world):
    return {side: counted["by_operation"] for side, counted in world.control("GET", "calls").items()}


@pytest.mark.parametrize("key", ACTIONS)
def test_every_action_can_be_rehearsed_and_writes_nothing(world, link, key):
    gist = world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["vip"])
    ghl = world.ghl_contact(email="ann@example.test", firstName="Ann", lastName="Lee")
    link.pairs.create(kind="contact", gist_id=str(gist["id"]), ghl_id=ghl["id"])
    world.forget_calls()
    said = dry_run(link, definition(ACTIONS[key]), gist_id=str(gist["id"]))
    (step,) = said.steps
    assert (said.problem, bool(step.outcome)) == ("", True)
    assert not [call for side in writes(world).values() for call in side if not call.startswith("GET")]
    assert not any(model.objects.exists() for model in (Execution, LogEntry, Related))
