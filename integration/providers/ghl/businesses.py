"""Companies of a location (docs/ghl-api.md#businesses)."""

from functools import partial

from integration.providers.ghl import schemas as s
from integration.providers.operations import Operation

_op = partial(Operation, version="2021-07-28", source="docs/ghl-api.md#businesses")
_read, _write = partial(_op, scope="businesses.readonly"), partial(_op, scope="businesses.write")
ONE = "/businesses/{business_id}"

LIST = _read(
    "ghl.businesses.list", "List businesses", "GET", "/businesses/", s.BusinessList,
    query=("locationId", "limit", "skip"),
)  # fmt: skip
GET = _read("ghl.businesses.get", "Read a business", "GET", ONE, s.BusinessAnswer)
CREATE = _write(
    "ghl.businesses.create", "Create a business", "POST", "/businesses/", s.SavedBusiness, body=s.NewBusiness,
    repeatable=False,
)  # fmt: skip
UPDATE = _write("ghl.businesses.update", "Update a business", "PUT", ONE, s.SavedBusiness, body=s.BusinessBody)
DELETE = _write("ghl.businesses.delete", "Delete a business", "DELETE", ONE, s.AnyAnswer)
