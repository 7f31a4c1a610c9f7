"""What the templates of a connection need beside the connection."""

from typing import Any

from django.conf import settings
from django.urls import reverse_lazy

from dashboard.connections.forecast import describe_forecast
from dashboard.connections.forms import RenameForm
from dashboard.connections.logins import links_of
from dashboard.grants import visible
from dashboard.lists import EmptyState, ListWords
from dashboard.models import Right
from integration.catalogue.scopes import scopes_in_use
from integration.connections.check import current_steps
from integration.models import Connection, ConnectionStatus, EventState, InboxEvent, Provider, Workflow
from integration.models.fields import UndecryptableValue
from integration.providers.budgets import forecast_day
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.webhooks.addresses import webhook_addresses

LIST = ListWords(
    things="connections",
    search_examples="Name, account, provider:ghl, status:reconnect",
    no_match="No connection fits these filters.",
    nothing=EmptyState(
        "No connections yet",
        "Connect one Gist workspace and one GHL location; then link the two.",
        reverse_lazy("connection_new_gist"),
        "Connect Gist first",
    ),
)


def connection_context(found: Connection) -> dict[str, object]:
    granted = set(found.scopes.split())
    in_use = scopes_in_use(found, visible(Workflow.objects.all())) if granted else {}
    needed = NEEDED_SCOPES | {
        scope: f"carry out {', '.join(f'“{name}”' for name in names)}" for scope, names in in_use.items()
    }
    forecast = forecast_day(found.budget_key)
    return {
        "connection": found,
        "links": links_of(found),
        "steps": current_steps(found),
        # Private tokens and keys tell no scopes: an empty list would look as if all were missing.
        "scopes": [(name, why, name in granted) for name, why in needed.items()] if granted else [],
        "missing": [scope for scope in needed if scope not in granted] if granted else [],
        "calls_left": forecast.left_today,
        "calls_forecast": describe_forecast(forecast),
        "rename": RenameForm(instance=found, auto_id="rename-%s"),
        "rate": settings.GIST_RATE if found.provider == Provider.GIST else settings.GHL_RATE,
    }


def webhook_context(found: Connection, user: Any) -> dict[str, object]:
    """Where its webhooks are to be sent, for operators only: whoever has a Gist address can send events to it."""
    # Anybody can send a refused event; only one that was taken in shows that the webhooks are set up.
    taken_in = InboxEvent.objects.filter(connection=found).exclude(state=EventState.REFUSED)
    last = taken_in.defer("body", "headers").first()
    facts: dict[str, object] = {"last_event": last, "may_see_addresses": user.holds(Right.CHANGE_RULES)}
    # `addresses` makes the secret part on first use: looking at a disconnected account must not make one.
    if facts["may_see_addresses"] and found.status != ConnectionStatus.DISCONNECTED:
        try:
            facts["addresses"] = webhook_addresses(found)
        except UndecryptableValue as problem:
            facts["no_addresses"] = str(problem)
    return facts
