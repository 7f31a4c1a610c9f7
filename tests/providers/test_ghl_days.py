"""Dates as GHL gives them: days, moments and milliseconds."""

import pytest

from integration.providers.ghl.fields import all_fields
from integration.providers.ghl.records import GhlContacts
from integration.providers.ghl.schemas import Contact, CustomField

FIELDS = all_fields([CustomField(id="f1", fieldKey="contact.day", dataType="DATE")])
MIDNIGHT_IN_BERLIN = 1_784_844_000_000


@pytest.mark.parametrize("name", ["dateOfBirth", "customFields.day"])
@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2026-07-24", "2026-07-24"),
        ("2026-07-24T00:00:00.000Z", "2026-07-24"),
        ("2026-07-23T22:00:00.000Z", "2026-07-24"),
        (MIDNIGHT_IN_BERLIN, "2026-07-24"),
        ("2026-07-24T00:00:00+02:00", "2026-07-24"),
        ("soon", "soon"),
    ],
)
def test_a_moment_is_the_day_that_it_is_in_the_location(name, given, day):
    values = {"dateOfBirth": given, "customFields": [{"id": "f1", "value": given}]}
    side = GhlContacts("loc", FIELDS, zone="Europe/Berlin")
    assert side.to_record(Contact.model_validate({"id": "c1", **values})).values[name] == day
