"""GHL's scopes beyond those that every link needs: what the workflows that are switched on ask for."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from integration.catalogue.entries import CATALOGUE
from integration.models import Connection, Workflow
from integration.providers.ghl.oauth import NEEDED_SCOPES


def scopes_in_use(connection: Connection, workflows: QuerySet[Workflow] | None = None) -> dict[str, list[str]]:
    """Scope to the names of the location's workflows that need it, beyond those that every link needs. Of `workflows`
    where they are given, of all without.
    """
    rows = Workflow.objects.all() if workflows is None else workflows
    return scopes_of_workflows(rows.filter(enabled=True, link__ghl=connection).order_by("pk"))


def scopes_of_workflows(workflows: Iterable[Workflow]) -> dict[str, list[str]]:
    """Scope to the names of those of the workflows that need it, beyond the scopes that every link needs."""
    used: dict[str, list[str]] = defaultdict(list)
    for workflow in workflows:
        for scope in _scopes_of(workflow) - NEEDED_SCOPES.keys():
            used[scope].append(workflow.name)
    return dict(sorted(used.items()))


def scopes_to_ask_for(connection: Connection) -> list[str]:
    """What signing in again asks for: what every link needs, then what is in use."""
    return [*NEEDED_SCOPES, *scopes_in_use(connection)]


def _scopes_of(workflow: Workflow) -> set[str]:
    keys = {one["do"] for one in workflow.definition["actions"]}
    return {entry.scope for key in keys if (entry := CATALOGUE.get(key)) and entry.side == "ghl" and entry.scope}
