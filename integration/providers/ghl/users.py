"""People of a location, to assign tasks to (docs/ghl-api.md#users)."""

from functools import partial

from integration.providers.ghl import schemas as s
from integration.providers.operations import Operation

_read = partial(Operation, version="2021-07-28", scope="users.readonly", source="docs/ghl-api.md#users")

SEARCH = _read(
    "ghl.users.search", "Search users", "GET", "/users/search", s.UserList,
    query=("companyId", "locationId", "query", "skip", "limit"),
)  # fmt: skip
BY_LOCATION = _read(
    "ghl.users.by_location", "List a location's users", "GET", "/users/", s.UserList, query=("locationId",)
)
GET = _read("ghl.users.get", "Read a user", "GET", "/users/{user_id}", s.User)
