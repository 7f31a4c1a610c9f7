"""What GHL's webhooks say to workflows that they start by themselves: about opportunities, messages, deletions.

Bodies are flat or stand under `data` (docs/ghl-api.md#webhooks). Triggers about a contact's fields, tasks, notes and
appointments begin elsewhere: those are seen in the record itself.
"""

from collections.abc import Mapping
from typing import Any

from integration.models import InboxEvent, Link, Pair
from integration.providers.ghl.webhooks import read_fact
from integration.records import make_storable
from integration.workflows import start
from integration.workflows.triggers import BY_TOPIC

# Placeholder to the name of the fact in the body (docs/ghl-api.md#webhooks).
OPPORTUNITY = {
    "opportunity_id": "id", "opportunity": "name", "pipeline_id": "pipelineId", "stage_id": "pipelineStageId",
    "status": "status", "amount": "monetaryValue", "user_id": "assignedTo",
}  # fmt: skip
MESSAGE = {"message": "body", "channel": "messageType", "conversation_id": "conversationId"}


def begin_workflows(link: Link, event: InboxEvent, contact_id: str) -> bool:
    """Begin the workflows that this event triggers by itself. Whether it says who it is about."""
    trigger = BY_TOPIC.get(("ghl", event.topic))
    if trigger is None or not contact_id:
        return False
    start.begin_for_event(
        link, trigger.key, event, Pair.objects.person_ref(link, "ghl", contact_id), facts_of(event.topic, event.payload)
    )
    return True


def facts_of(topic: str, body: Mapping[str, Any]) -> dict[str, str]:
    """The facts that `event.…` placeholders name, as texts; blank ones are left out."""
    names = OPPORTUNITY if topic.startswith("Opportunity") else MESSAGE if topic.endswith("boundMessage") else {}
    values = {placeholder: read_fact(body, name) for placeholder, name in names.items()}
    # Facts are stored with every execution: a long text is cut.
    return {
        name: make_storable(str(value)).strip()[:20_000]
        for name, value in values.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
    }
