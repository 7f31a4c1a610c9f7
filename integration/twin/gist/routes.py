"""All Gist operations, gathered by importing the files that hold them."""

from integration.twin.gist import (
    audience,
    campaigns,
    contacts,
    conversation_rest,
    conversations,
    events,
    forms,
    lists,
    tags,
    team,
)
from integration.twin.gist.api import ROUTER

PARTS = (audience, campaigns, contacts, conversation_rest, conversations, events, forms, lists, tags, team)
__all__ = ["PARTS", "ROUTER"]
