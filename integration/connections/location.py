"""Facts about a GHL location that rules and workflows need: time zone, country, whether duplicates are allowed."""

from typing import Any

from integration.errors import Gone, MissingScope, RateLimited, Rejected, Retryable
from integration.models import Connection
from integration.providers.exchange import Exchange
from integration.providers.ghl import locations
from integration.providers.ghl.countries import find_country_code


def learn_location(connection: Connection, exchange: Exchange, *, again: bool = False) -> None:
    """Read the location's facts where they never were, as after a setup file, or `again`. Nobody waits for them:
    without the scope they stay unknown, and what fails for now is asked again the next time.
    """
    if "timezone" in connection.settings and not again:
        return
    try:
        remember_location(connection, exchange.send(locations.GET(location_id=connection.account_id)).location)
    except (MissingScope, Rejected, Gone):
        # Kept as unknown, so that a login without the scope is not asked again by every run.
        connection.settings = {"timezone": "", **connection.settings}
    # Before Retryable, which it is a kind of: at a limit the caller waits, as with any other call.
    except RateLimited:
        raise
    except Retryable:
        return
    connection.save(update_fields=["account_name", "settings", "company_id"])


def remember_location(connection: Connection, location: Any) -> None:
    """Keep the facts of the location that rules need: time zone, country, duplicates allowed."""
    facts = location.model_dump(by_alias=True)
    connection.account_name = facts.get("name") or connection.account_name
    connection.company_id = facts.get("companyId") or connection.company_id
    connection.settings |= {
        "timezone": facts.get("timezone") or "",
        "country": find_country_code(str(facts.get("country") or "")),
        "allow_duplicates": (facts.get("settings") or {}).get("allowDuplicateContact"),
    }
