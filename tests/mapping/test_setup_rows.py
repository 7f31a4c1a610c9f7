"""Mapping rows in a setup file: published at once, and exported as they stand."""

import pytest

from integration.mapping.drafts import Place, draft_now, save_draft
from integration.mapping.versions import current_version
from integration.models import Link
from integration.setup_file.exporting import export_document
from tests.setup_example import apply, refusal

pytestmark = pytest.mark.django_db


def test_how_a_row_writes_is_carried_both_ways(acme):
    acme["links"][0]["mappings"][3]["write_mode"] = "append"
    apply(acme)
    link = Link.objects.get(key="acme")
    exported = export_document([link])["links"][0]["mappings"]
    assert [row.get("write_mode") for row in exported] == [None, None, None, "append", None]


def test_an_unknown_way_to_write_is_refused_with_its_place(acme):
    acme["links"][0]["mappings"][3]["write_mode"] = "sometimes"
    assert refusal(acme).where == "links[0].mappings[3].write_mode"


def test_applying_publishes_at_once_and_leaves_the_draft_of_a_person_alone(acme):
    apply(acme)
    link = Link.objects.get(key="acme")
    save_draft(link, [{"gist": "email", "ghl": "email"}], 1, Place(0))
    del acme["links"][0]["mappings"][1]
    apply(acme)
    assert (current_version(link).number, current_version(link).name) == (2, "Setup file")
    assert (draft_now(link).read, len(draft_now(link).rows)) == (1, 1)
