"""Every operation of Gist that Gistline knows, by key."""

from typing import Any

from integration.providers.gist import audience, contacts, conversations, tags
from integration.providers.operations import Operation

OPERATIONS: dict[str, Operation[Any]] = {
    operation.key: operation
    for module in (contacts, tags, audience, conversations)
    for operation in vars(module).values()
    if isinstance(operation, Operation)
}
