"""Every action a workflow can do, by key: the ready-made ones first, then the plain write operations.

A new action is an `Action` in the file of its subject, named in that file's ACTIONS; the editor, the setup file and the
dry run find it here.
"""

from integration.workflows.actions import contacts, operations, tag_bridge, tasks_notes_appointments
from integration.workflows.actions.base import Action, Context, Input

FILES = (tasks_notes_appointments, contacts, tag_bridge, operations)
ACTIONS: dict[str, Action] = {action.key: action for file in FILES for action in file.ACTIONS}

__all__ = ["ACTIONS", "Action", "Context", "Input"]
