"""Workflows of a setup file: checked, then made, changed and switched. What the file leaves out stays."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integration.errors import SetupError
from integration.models import Link, Workflow
from integration.setup_file.document import WorkflowEntry
from integration.workflows import versions
from integration.workflows.definition import Definition, check_definition
from integration.workflows.templates import TEMPLATES, from_setup

ACTION_KEYS = ("tasks", "notes", "tags", "assigned_to")
_ACTION = re.compile(r"^actions\[(\d+)\](?:\.(\w+))?$")


@dataclass(frozen=True)
class WorkflowWish:
    """An entry that can be applied; `definition` is None when it does not say what is done."""

    entry: WorkflowEntry
    definition: Definition | None

    @property
    def name(self) -> str:
        return self.entry.name or TEMPLATES[self.entry.template].title


def wishes_of(entries: Sequence[WorkflowEntry], where: str) -> list[WorkflowWish]:
    """Raises SetupError naming the place, as `links[0].workflows[1].definition.actions[0].title`."""
    wishes: list[WorkflowWish] = []
    for number, entry in enumerate(entries):
        wish = WorkflowWish(entry, _read_definition(entry, f"{where}[{number}]"))
        # A link knows its workflows by template and name, so the file may name each pair once only.
        twin = next((n for n, one in enumerate(wishes) if _identity_of(one) == _identity_of(wish)), None)
        if twin is not None:
            raise SetupError(
                f"“{wish.name}” stands in {where}[{twin}] already; give each its own name.", f"{where}[{number}].name"
            )
        wishes.append(wish)
    return wishes


def _identity_of(wish: WorkflowWish) -> tuple[str, str]:
    return wish.entry.template, wish.name


def _read_definition(entry: WorkflowEntry, where: str) -> Definition | None:
    given = [name for name in ACTION_KEYS if getattr(entry, name)]
    if entry.definition is None:
        return _build_definition(entry, where) if given else None
    if given:
        raise SetupError("stands beside definition, which says all of it; keep one.", f"{where}.{given[0]}")
    try:
        return check_definition(entry.definition)
    except SetupError as problem:
        raise SetupError(problem.problem, f"{where}.definition.{problem.where}".rstrip(".")) from None


def _build_definition(entry: WorkflowEntry, where: str) -> Definition:
    definition = from_setup(entry.template, entry.model_dump(exclude_defaults=True))
    try:
        return check_definition(definition)
    except SetupError as problem:
        raise SetupError(problem.problem, f"{where}.{_entry_place(entry, definition, problem.where)}") from None


def _entry_place(entry: WorkflowEntry, definition: Definition, place: str) -> str:
    """The part of the entry that an action was made of: `actions[3].title` as `tasks[1].title`."""
    parts = ["assigned_to"] if entry.assigned_to else []
    parts += [f"tasks[{number}]" for number in range(len(entry.tasks))]
    parts += [f"notes[{number}]" for number in range(len(entry.notes))]
    parts += ["tags"] if entry.tags else []
    found = _ACTION.match(place)
    if found is None:
        return "template"
    # Actions of the template itself come first; those made of the entry follow in the order of `parts`.
    index = int(found[1]) - (len(definition["actions"]) - len(parts))
    name = parts[index] if index >= 0 else "template"
    return f"{name}.{found[2]}" if found[2] and "[" in name else name


# Applying -----------------------------------------------------------------------------------------------


def apply_workflow(link: Link, title: str, wish: WorkflowWish) -> Iterator[str]:
    """Make or change one workflow, saying what changed."""
    workflow = _find_workflow(link, wish)
    if workflow is None:
        on = wish.entry.enabled
        versions.create_workflow(link, wish.entry.template, name=wish.name, definition=wish.definition, enabled=on)
        yield f"{title}: workflow “{wish.name}” created, {'on' if on else 'off'}"
        return
    place = f"{title}: workflow “{workflow.name}”"
    before = workflow.version
    if wish.definition is not None and versions.save_workflow_version(workflow, wish.definition).number != before:
        yield f"{place}: version {workflow.version} saved"
    if wish.entry.given("enabled") and workflow.enabled != wish.entry.enabled:
        versions.switch_workflow(workflow, wish.entry.enabled)
        yield f"{place}: switched {'on' if workflow.enabled else 'off'}"


def _find_workflow(link: Link, wish: WorkflowWish) -> Workflow | None:
    """The one of this template and name. Without a name in the file, the only one of the template, however called."""
    found = list(Workflow.objects.filter(link=link, template=wish.entry.template).order_by("pk"))
    named = next((one for one in found if one.name == wish.name), None)
    if named or wish.entry.name or len(found) != 1:
        return named
    return found[0]
