"""Every operation of GHL that Gistline knows, by key."""

from typing import Any

from integration.providers.ghl import businesses, calendars, contacts, locations, oauth, users
from integration.providers.operations import Operation

OPERATIONS: dict[str, Operation[Any]] = {
    operation.key: operation
    for module in (contacts, locations, calendars, users, businesses, oauth)
    for operation in vars(module).values()
    if isinstance(operation, Operation)
}
