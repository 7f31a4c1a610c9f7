"""The tag bridge: what happened to a tag on one side happens on the other, to the tag or to what was picked for it."""

from typing import Any

from integration.errors import NotSent
from integration.mapping.command_tags import command_tags_of, is_command
from integration.models import Provider
from integration.providers.exchange import Steps
from integration.providers.ghl import contacts
from integration.providers.gist import audience
from integration.providers.operations import Operation
from integration.related.write_result import WriteResult
from integration.workflows.actions import operations
from integration.workflows.actions.base import Action, Context, Input, Values
from integration.workflows.actions.contacts import change_tags

BRIDGE = "tag.mirror"
# What takes the place of the tag on the other side.
PICKED = ("workflow_id", "campaign_id")
INPUTS = (
    Input(
        "workflow_id", "GHL workflow", "automation", help="A tag in Gist then starts it, and taking the tag off ends "
        "it. Not set: the tag goes over.",
    ),
    Input(
        "campaign_id", "Gist campaign", "campaign", help="A tag in GHL then subscribes to it, and taking the tag off "
        "unsubscribes. Not set: the tag goes over.",
    ),
)  # fmt: skip


def mirror_tag(context: Context, values: Values) -> Steps[WriteResult]:
    trigger, tag = context.execution.trigger, str(context.event.get("tag") or "")
    if not tag:
        raise NotSent("What started this workflow names no tag. Use a tag trigger.")
    # Keys of triggers begin with the side they are about, as in `gist.tag_added`.
    other, added = Provider(trigger.partition(".")[0]).other, not trigger.endswith("removed")
    if is_command(tag, command_tags_of(context.link)):
        return WriteResult(
            "tag", f"Tags in {other.label}", side=other.side, reason="command",
            message=f"“{tag}” asks Gistline for something: such a tag is not mirrored.",
        )  # fmt: skip
    if other is Provider.GHL and values.get("workflow_id"):
        return (yield from _move_in_workflow(context, str(values["workflow_id"]), added))
    if other is Provider.GIST and values.get("campaign_id"):
        return (yield from _move_in_campaign(context, values, added))
    return (yield from change_tags(context, other, **{"add" if added else "remove": [tag]}))


def _move_in_workflow(context: Context, workflow: str, added: bool) -> Steps[WriteResult]:
    operation: Operation[Any] = contacts.ADD_TO_WORKFLOW if added else contacts.REMOVE_FROM_WORKFLOW
    return (yield from operations.send(operation, context, {"workflow_id": workflow}))


def _move_in_campaign(context: Context, values: Values, added: bool) -> Steps[WriteResult]:
    # Whoever left the campaign is not put back: only a person lifts an opt-out.
    asked = {} if added else {"unsubscribed": True}
    return (yield from operations.send(audience.SET_CAMPAIGN, context, {"id": values["campaign_id"], **asked}))


ACTIONS = (
    Action(
        BRIDGE, "Copy the tag to the other side",
        "What happened to the tag happens on the other side too: to the tag, or to a GHL workflow or Gist campaign.",
        "ghl", mirror_tag, INPUTS, 2, "tag",
    ),
)  # fmt: skip
