"""A GHL list of text boxes, in both forms in which its texts are known to come."""

import pytest

from integration.providers.ghl.fields import all_fields
from integration.providers.ghl.records import GhlContacts
from integration.providers.ghl.schemas import Contact, CustomField

FIELDS = all_fields([CustomField(id="f1", fieldKey="contact.boxes", dataType="TEXTBOX_LIST")])


@pytest.mark.parametrize("given", [["One", "Two"], {"box-1": "One", "box-2": "Two", "box-3": ""}])
def test_its_texts_are_read(given):
    contact = Contact.model_validate({"id": "c1", "customFields": [{"id": "f1", "value": given}]})
    assert GhlContacts("loc", FIELDS).to_record(contact).values["customFields.boxes"] == ["One", "Two"]
