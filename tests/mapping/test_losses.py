"""Custom fields kept faithfully: the table of losses and docs/fields.md are what a round trip on the twins gives."""

import os
from pathlib import Path

from integration.mapping.losses import DATA_TYPES, GIST_TYPES, LOSSES, losses_between
from integration.providers.ghl.fields import custom_field
from integration.providers.ghl.schemas import CustomField
from integration.providers.gist.fields import custom_property
from tests.mapping.round_trip import RoundTrip, field_page

PAGE = Path(__file__).parents[2] / "docs" / "fields.md"


def test_every_pair_of_types_keeps_its_values_or_says_what_is_lost(world, link):
    cells = RoundTrip(world, link).cells()
    untrue = [(one.towards, one.data_type, one.gist_type, one.trips) for one in cells if one.is_kept == bool(one.loss)]
    assert untrue == []
    page = field_page(cells)
    if os.environ.get("WRITE_FIELDS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "docs/fields.md is not what the round trip gives: make fields"


def test_every_loss_is_one_of_some_pair():
    named = {one.reason for one in LOSSES}
    page = PAGE.read_text()
    assert [reason for reason in named if reason not in page] == []
    assert all(data_type in page for data_type in DATA_TYPES)
    assert all(gist_type in page for gist_type in GIST_TYPES)


def test_a_row_of_the_editor_names_what_is_lost_on_its_ways():
    notes = ghl_field("LARGE_TEXT")
    assert losses_between(custom_property("notes"), notes, ["ghl"]) == []
    (lost,) = losses_between(custom_property("notes"), notes, ["gist", "ghl"])
    assert lost.startswith("To Gist and back: A property takes 255 characters")


def ghl_field(data_type):
    return custom_field(CustomField(id="f1", name="Notes", fieldKey="contact.notes", dataType=data_type))


def test_gist_gets_the_addresses_of_files(world, link):
    cells = RoundTrip(world, link).cells()
    (shown,) = {there for one in cells if (one.data_type, one.gist_type, one.towards) == ("FILE_UPLOAD", "text", "gist")
                for _, there, _ in one.trips}  # fmt: skip
    assert shown == "https://files.example/a.pdf"
