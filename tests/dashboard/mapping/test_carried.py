"""The switches of what is carried to Gist, on the page of the mapping."""

import pytest

from integration.mapping.carried import NAMES, carried_names

ADDRESS = "/links/alder/mapping/carried/"


@pytest.fixture(autouse=True)
def _carries(link):
    """As a link does that was made on the page."""
    link.mapping_versions.update(carried=list(NAMES))


@pytest.fixture
def as_operator(client, operator):
    client.force_login(operator)
    return client


def page(client):
    return client.get("/links/alder/mapping/").content.decode()


def test_each_property_has_a_switch_by_its_label(as_operator, link):
    shown = page(as_operator)
    assert shown.count('role="switch" name="carried"') == len(NAMES)
    assert "Carry Open tasks to Gist" in shown


def test_switching_one_off_makes_a_version_and_says_so(as_operator, link):
    on = [name for name in NAMES if name != "ghl_last_note"]
    answer = as_operator.post(ADDRESS, {"carried": on}, follow=True)
    assert "Version 2 is saved" in answer.content.decode()
    assert carried_names(link) == on


def test_the_versions_name_what_is_no_longer_carried(as_operator, link):
    as_operator.post(ADDRESS, {"carried": ["ghl_open_tasks"]})
    shown = as_operator.get("/links/alder/mapping/versions/").content.decode()
    assert "Newest note" in shown
    assert "no longer carried to Gist" in shown


def test_what_nobody_can_carry_is_passed_over(as_operator, link):
    as_operator.post(ADDRESS, {"carried": ["ghl_open_tasks", "email"]})
    assert carried_names(link) == ["ghl_open_tasks"]


def test_without_a_mapping_nothing_is_saved(as_operator, link):
    link.mapping_versions.all().delete()
    answer = as_operator.post(ADDRESS, {"carried": []}, follow=True)
    assert "Save a first version" in answer.content.decode()
    assert not link.mapping_versions.exists()


def test_a_link_made_before_says_that_its_workflows_carry(as_operator, link):
    link.mapping_versions.update(carried=None)
    assert "its workflows alone carry" in page(as_operator)


def test_restoring_a_version_restores_what_it_carried(as_operator, link):
    as_operator.post(ADDRESS, {"carried": []})
    as_operator.post("/links/alder/mapping/versions/1/restore/", {"read": "2"})
    assert carried_names(link) == list(NAMES)


def test_a_viewer_cannot_switch(client, viewer, link):
    client.force_login(viewer)
    assert "Save the switches" not in page(client)
    assert client.post(ADDRESS, {}).status_code == 403
