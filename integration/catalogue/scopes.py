"""GHL's scopes beyond those that every link needs: what the workflows that are switched on ask for."""

from collections import defaultdict
from collections.abc import Collection

from integration.catalogue.entries import CATALOGUE
from integration.models import Connection, Workflow
from integration.providers.ghl.oauth import NEEDED_SCOPES


def scopes_in_use(connection: Connection | None = None) -> dict[str, list[str]]:
    """Scope to the titles of the workflows that need it, of this location or of all; not those everybody needs."""
    switched_on = Workflow.objects.filter(enabled=True)
    if connection is not None:
        switched_on = switched_on.filter(link__ghl=connection)
    used: dict[str, list[str]] = defaultdict(list)
    for workflow in switched_on.order_by("pk"):
        for scope in _scopes_of(workflow) - NEEDED_SCOPES.keys():
            used[scope].append(workflow.name)
    return dict(sorted(used.items()))


def scopes_to_ask_for(connection: Connection | None = None) -> list[str]:
    """What Connect asks for: what every link needs, then what is in use."""
    return [*NEEDED_SCOPES, *scopes_in_use(connection)]


def missing_scopes_in_use(connection: Connection) -> dict[str, list[str]]:
    """As `scopes_in_use`, without what the login grants; empty for a private token, which does not tell its scopes."""
    granted: Collection[str] = connection.scopes.split()
    if not connection.uses_oauth or not granted:
        return {}
    return {scope: names for scope, names in scopes_in_use(connection).items() if scope not in granted}


def _scopes_of(workflow: Workflow) -> set[str]:
    keys = {one["do"] for one in workflow.definition["actions"]}
    return {entry.scope for key in keys if (entry := CATALOGUE.get(key)) and entry.side == "ghl" and entry.scope}
