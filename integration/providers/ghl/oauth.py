"""Scopes and the agency's operations (docs/ghl-api.md#token). Codes and refreshes: integration/oauth/app.py."""

from integration.providers.ghl import schemas as s
from integration.providers.operations import Operation

# Scope to what Gistline needs it for (docs/ghl-api.md#scopes).
NEEDED_SCOPES: dict[str, str] = {
    "contacts.readonly": "read contacts, their tasks and notes",
    "contacts.write": "write contacts, tags, tasks and notes",
    "locations.readonly": "read the location's name, country and time zone",
    "locations/customFields.readonly": "read custom fields",
    "locations/tags.readonly": "read the location's tags",
    "locations/tasks.readonly": "search tasks",
    "calendars.readonly": "read calendars and free slots",
    "calendars/events.readonly": "read appointments",
    "calendars/events.write": "book, move and cancel appointments",
    "users.readonly": "list people to assign tasks to",
    "oauth.readonly": "list the locations of an agency",
    "oauth.write": "sign in to a location of an agency",
}

LOCATION_TOKEN = Operation(
    "ghl.oauth.location_token", "Get a location's token", "POST", "/oauth/locationToken", s.Token,
    "docs/ghl-api.md#token", scope="oauth.write", version="2021-07-28", form=True,
)  # fmt: skip
INSTALLED_LOCATIONS = Operation(
    "ghl.oauth.installed_locations", "List locations with the app", "GET", "/oauth/installedLocations",
    s.InstalledLocations, "docs/ghl-api.md#token", scope="oauth.readonly", version="2021-07-28",
    query=("companyId", "appId", "skip", "limit", "query", "isInstalled", "locationId"),
)  # fmt: skip
