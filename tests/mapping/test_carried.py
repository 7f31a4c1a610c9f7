"""What a link carries to Gist: on for a new link, part of the mapping's versions and of the setup file."""

import pytest

from integration.errors import SetupError
from integration.mapping.carried import NAMES, carried_names
from integration.mapping.rows import as_input
from integration.mapping.versions import current_rows, save_version
from integration.models import Link
from integration.setup_file.exporting import export_document
from tests.setup_example import apply

pytestmark = pytest.mark.django_db


def test_a_new_link_of_a_setup_file_carries_everything_unless_it_says_otherwise(acme):
    apply(acme)
    assert carried_names(Link.objects.get(key="acme")) == list(NAMES)


def test_a_link_that_was_made_before_goes_on_as_it_was(link):
    link.mapping_versions.update(carried=None)
    save_version(link, [{"gist": "email", "ghl": "email"}])
    assert carried_names(link) is None


def test_what_is_carried_is_a_version_of_its_own(link):
    rows = [as_input(row) for row in current_rows(link)]
    assert save_version(link, rows, carried=["gistline_url", "ghl_open_tasks"]).number == 2
    assert save_version(link, rows, carried=["ghl_open_tasks", "gistline_url"]).number == 2
    assert carried_names(link) == ["ghl_open_tasks", "gistline_url"]


def test_saved_rows_keep_what_is_carried(link):
    save_version(link, [as_input(row) for row in current_rows(link)], carried=["ghl_last_note"])
    save_version(link, [{"gist": "email", "ghl": "email"}])
    assert carried_names(link) == ["ghl_last_note"]


def test_the_setup_file_says_what_is_carried_and_exports_it_again(acme):
    (entry,) = acme["links"]
    apply({**acme, "links": [entry | {"carried": ["ghl_open_tasks"]}]})
    assert carried_names(Link.objects.get()) == ["ghl_open_tasks"]
    (exported,) = export_document()["links"]
    assert exported["carried"] == ["ghl_open_tasks"]
    assert apply({**acme, "links": [exported]}) == []


def test_a_file_without_the_key_keeps_what_stands(acme):
    (entry,) = acme["links"]
    apply({**acme, "links": [entry | {"carried": []}]})
    apply(acme)
    assert carried_names(Link.objects.get()) == []


def test_a_property_that_cannot_be_carried_is_refused_with_its_place(acme):
    (entry,) = acme["links"]
    with pytest.raises(SetupError, match=r"links\[0\]\.carried\[0\]"):
        apply({**acme, "links": [entry | {"carried": ["ghl_tasks"]}]})
