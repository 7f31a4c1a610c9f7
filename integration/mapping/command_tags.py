"""Tags by which somebody in Gist asks Gistline for something: they are no facts about a person and are not synced."""

from collections.abc import Iterable
from typing import Any

from integration.models import Link
from integration.records import Value

# How a task is ticked off in Gist; the template "Task done" waits for it.
COMPLETE_TASK = "task-done:*"
# Custom properties of Gist that ask for something: mapped, the request would be copied, and come back when it is done.
COMMAND_PROPERTIES = ("custom_properties.ghl_complete_task",)


def command_tags_of(link: Link) -> tuple[str, ...]:
    """The patterns of this link's commands: the usual one, and each tag that a workflow takes back when it is done.

    Without a query for a link that came with the news that it has no workflow.
    """
    if vars(link).get("has_workflows") is False:
        return (COMPLETE_TASK,)
    definitions = link.workflows.order_by("pk").values_list("definition", flat=True)
    patterns = (pattern for definition in definitions for pattern in _taken_back(definition))
    return tuple(dict.fromkeys([COMPLETE_TASK, *patterns]))


def _taken_back(definition: dict[str, Any]) -> Iterable[str]:
    if not any(action.get("do") == "gist.take_back" for action in definition.get("actions", ())):
        return
    for trigger in definition.get("triggers", ()):
        pattern = str(trigger.get("tag") or "").strip()
        # A trigger for any tag names none: taken for a pattern, it would stop every tag.
        if trigger.get("on") == "gist.tag_added" and pattern.rstrip("*"):
            yield pattern.casefold()


def is_command(tag: str, patterns: Iterable[str]) -> bool:
    """Whether a tag fits one of the patterns; a star at the end of one stands for anything."""
    tag = tag.strip().casefold()
    return any(tag.startswith(one[:-1]) if one.endswith("*") else tag == one for one in patterns)


def without_commands(value: Value, patterns: Iterable[str]) -> Value:
    """A list of tags without those that are commands; any other value as it is."""
    if not isinstance(value, list):
        return value
    return [tag for tag in value if not is_command(str(tag), patterns)]
