"""Making, changing and switching workflows. Every save is a version; executions keep to the one they began with."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.errors import SetupError, StaleSave
from integration.models import Link, Workflow, WorkflowVersion
from integration.workflows.definition import Definition, check_definition
from integration.workflows.templates import TEMPLATES


@transaction.atomic
def create_workflow(
    link: Link, template: str, *, name: str = "", definition: Any = None, enabled: bool = False, user: Any = None
) -> Workflow:
    """A copy of a template. Without a name it takes one that is free. Raises SetupError."""
    known = TEMPLATES.get(template)
    if known is None:
        raise SetupError(f"“{template}” is not a template; known are: {', '.join(TEMPLATES)}.")
    workflow = Workflow(link=link, template=template)
    workflow.name = _checked_name(workflow, name or _free_name(link, template))
    workflow.save()
    save_workflow_version(workflow, definition or known.definition, user=user)
    switch_workflow(workflow, enabled)
    return workflow


@transaction.atomic
def save_workflow_version(
    workflow: Workflow, definition: Mapping[str, Any], *, user: Any = None, read: int | None = None
) -> WorkflowVersion:
    """Make `definition` what runs from now on. An equal one keeps the present version. Raises SetupError.

    `read` is the number of the version that it was made from: raises StaleSave when another one stands now. None
    saves over whatever stands.
    """
    tidy: Definition = check_definition(definition)
    # Two people may save at once: without the lock both would make the same version number.
    locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if locked.version and locked.definition == tidy:
        return locked.versions.get(number=locked.version)
    if read not in (None, locked.version):
        raise StaleSave(read, locked.version)
    locked.version, locked.definition = locked.version + 1, tidy
    locked.save(update_fields=["version", "definition"])
    workflow.version, workflow.definition = locked.version, tidy
    return WorkflowVersion.objects.create(workflow=locked, number=locked.version, definition=tidy, created_by=user)


def switch_workflow(workflow: Workflow, on: bool) -> None:
    """What happened before it was switched on does not count."""
    # Only on the change from off to on. Moving the moment when it is on already would leave out people who came since.
    if on and not workflow.enabled:
        workflow.enabled_at = timezone.now()
    workflow.enabled = on
    workflow.save(update_fields=["enabled", "enabled_at"])


def rename_workflow(workflow: Workflow, name: str) -> None:
    """Raises SetupError when the name is blank, too long or taken."""
    workflow.name = _checked_name(workflow, name)
    workflow.save(update_fields=["name"])


def _checked_name(workflow: Workflow, name: str) -> str:
    """Setup files know a workflow by link, template and name: of one template, each has its own."""
    name, longest = name.strip(), 120
    if not name:
        raise SetupError("give it a name.", "name")
    if len(name) > longest:
        raise SetupError(f"has {len(name)} characters; {longest} is the most.", "name")
    others = Workflow.objects.filter(link=workflow.link, template=workflow.template, name=name).exclude(pk=workflow.pk)
    if others.exists():
        raise SetupError(f"“{name}” is another workflow of this link already.", "name")
    return name


def _free_name(link: Link, template: str) -> str:
    title = TEMPLATES[template].title
    taken = set(Workflow.objects.filter(link=link, template=template).values_list("name", flat=True))
    numbered = (f"{title} {number}" for number in range(2, len(taken) + 3))
    return title if title not in taken else next(name for name in numbered if name not in taken)
