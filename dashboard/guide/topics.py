"""Gist's webhooks, topic by topic: what each is for, where it is to be sent, and when the last one came."""

from typing import Any

from dashboard.guide.facts import GuideFacts
from dashboard.models import Right
from integration.checks.judge import CONTACT_TOPICS
from integration.models import Connection, ConnectionStatus, Provider
from integration.models.fields import UndecryptableValue
from integration.webhooks.addresses import GIST_TOPICS, webhook_addresses
from integration.workflows.triggers import TRIGGERS


def topic_context(facts: GuideFacts, key: str, user: Any) -> dict[str, Any]:
    """Of the Gist connection with this key, else of the first that is connected."""
    gist = [one for one in facts.real(Provider.GIST) if one.status != ConnectionStatus.DISCONNECTED]
    chosen = next((one for one in gist if one.key == key), gist[0] if gist else None)
    if chosen is None:
        return {"connections": gist}
    addresses, problem = _addresses_of(chosen, user)
    received = facts.received[chosen.pk]
    # Those that tell of contacts first: without them a change waits for the schedule.
    ordered = sorted(GIST_TOPICS, key=lambda topic: topic not in CONTACT_TOPICS)
    return {
        "connections": gist,
        "chosen": chosen,
        "no_addresses": problem,
        "topics": [(topic, _purpose_of(topic), addresses.get(topic, ""), received.get(topic)) for topic in ordered],
        "came": sum(topic in received for topic in CONTACT_TOPICS),
        "needed": len(CONTACT_TOPICS),
    }


def _addresses_of(connection: Connection, user: Any) -> tuple[dict[str, str], str]:
    """Each is as good as a password, so that viewers get none; and why there are none."""
    if not user.holds(Right.CHANGE_RULES):
        return {}, ""
    try:
        return {topic: str(where["url"]) for topic, where in webhook_addresses(connection).items()}, ""
    except UndecryptableValue as problem:
        return {}, str(problem)


def _purpose_of(topic: str) -> str:
    if topic in CONTACT_TOPICS:
        return "Keeps contacts in step"
    if topic == "workflow":
        return "For webhooks that automations of your own in Gist send"
    titles = [one.title for one in TRIGGERS.values() if one.side == Provider.GIST and topic in one.events]
    return f"Starts workflows: {titles[0][:1].lower()}{titles[0][1:]}" if titles else "Has the contact read at once"
