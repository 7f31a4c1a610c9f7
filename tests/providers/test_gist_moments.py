"""When a Gist contact was made and changed, in every form in which a moment may come."""

import pytest

from integration.providers.gist.schemas import Contact

NOON = 1_784_894_400
MOMENTS = ("2026-07-24T12:00:00Z", "2026-07-24T14:00:00.000+02:00")


@pytest.mark.parametrize("given", [NOON, float(NOON), str(NOON), *MOMENTS])
def test_it_is_read_as_seconds(given):
    contact = Contact.model_validate({"id": 1, "created_at": given, "updated_at": given})
    assert (contact.created_at, contact.updated_at) == (NOON, NOON)
