"""Scopes beyond those every link needs: named by the workflow that needs them, and asked for on signing in again."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from integration.catalogue.scopes import scopes_in_use, scopes_to_ask_for
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.workflows import versions
from tests.dashboard.browser import Browser, words

TAG = "locations/tags.write"


@pytest.fixture
def labels(link):
    does = [{"do": "ghl.tags.create", "values": {"name": "warm"}}]
    return versions.create_workflow(
        link, "contact_opened", definition={"triggers": [{"on": "gist.tag_added"}], "actions": does}, enabled=True
    )


def test_a_workflow_that_is_on_needs_the_scope_of_its_action(link, labels):
    assert scopes_in_use(link.ghl) == {TAG: [labels.name]}
    assert scopes_to_ask_for(link.ghl) == [*NEEDED_SCOPES, TAG]


def test_one_that_is_off_needs_none(link, labels):
    type(labels).objects.update(enabled=False)
    assert scopes_in_use(link.ghl) == {}


def test_the_connection_names_what_is_missing_and_for_what(owner, world, link, labels):
    link.ghl.scopes = " ".join(NEEDED_SCOPES)
    link.ghl.save()
    page = words(Browser(owner).get("connection", link.ghl.key))
    assert f"{TAG} To carry out “{labels.name}” Missing" in page


def test_signing_in_again_asks_for_it(owner, world, link, labels):
    where = Browser(owner).client.get(reverse("oauth_start"), {"reconnect": link.ghl.key})["Location"]
    assert TAG in parse_qs(urlsplit(where).query)["scope"][0].split()
