"""Every action a workflow can do, by key: the ready-made ones first, then the plain write operations."""

from integration.workflows.actions import operations, people, records, tag_bridge
from integration.workflows.actions.base import Action, Context, Input

ACTIONS: dict[str, Action] = {
    action.key: action for action in (*records.ACTIONS, *people.ACTIONS, *tag_bridge.ACTIONS, *operations.ACTIONS)
}

__all__ = ["ACTIONS", "Action", "Context", "Input"]
