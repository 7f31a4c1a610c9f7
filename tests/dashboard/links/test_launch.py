"""From a new link, which only watches, to one that writes."""

import pytest

from integration.mapping.versions import save_version
from integration.models import Link, Run
from tests.dashboard.browser import html, words
from tests.world import finish, sync


@pytest.fixture
def watching(world, link):
    """Ann is only in Gist; everybody was read once, and nothing was written."""
    Link.objects.update(mode="watch")
    link.refresh_from_db()
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    sync(link)
    return link


def test_a_link_made_on_the_page_only_watches(as_operator, gist, ghl):
    as_operator.post("link_new", name="Alder", gist=gist.pk, ghl=ghl.pk, direction="two_way")
    assert Link.objects.get().mode == "watch"
    page = words(as_operator.get("link", "alder"))
    assert "From here to live" in page
    assert "The link only watches: it writes nothing." in page


def test_the_first_sync_says_what_it_will_do_before_it_does_it(as_operator, world, watching):
    page = words(as_operator.get("link", "alder"))
    assert "The first sync will do this: 1 created, 0 updated" in page
    assert "It writes 0 records in Gist and 1 in GHL" in page
    assert "Go live: create 1, update 0" in page
    assert world.everyone("ghl") == []


@pytest.mark.parametrize("mode", ["live", "new_only"])
def test_going_live_starts_the_first_sync_that_writes(as_operator, world, watching, mode):
    page = as_operator.go(as_operator.post("link_launch", "alder", mode=mode))
    assert "The first sync is under way." in words(page)
    finish(Run.objects.first())
    assert (Link.objects.get().mode, len(world.everyone("ghl"))) == (mode, 1)


def test_nothing_goes_live_unseen(as_operator, world, link):
    Link.objects.update(mode="watch")
    page = as_operator.go(as_operator.post("link_launch", "alder", mode="live"))
    assert "make a dry run first" in words(page)
    assert (Link.objects.get().mode, Run.objects.count()) == ("watch", 0)


@pytest.mark.parametrize("change", ["rules", "mapping"])
def test_a_dry_run_of_other_rules_does_not_count(as_operator, watching, change):
    if change == "rules":
        Link.objects.update(create_on="gist")
    else:
        save_version(watching, [{"gist": "email", "ghl": "email"}])
    assert "Make another dry run before the link goes live." in words(as_operator.get("link", "alder"))
    page = as_operator.go(as_operator.post("link_launch", "alder", mode="live"))
    assert "changed since the last dry run" in words(page)
    assert Link.objects.get().mode == "watch"


def test_a_link_with_a_broken_login_goes_on_watching(as_operator, watching):
    watching.gist.set_status("disconnected")
    as_operator.post("link_launch", "alder", mode="live")
    assert Link.objects.get().mode == "watch"


def test_a_link_that_is_live_shows_no_way_there(as_viewer, link):
    assert "From here to live" not in words(as_viewer.get("link", "alder"))


def test_a_viewer_sees_the_way_and_no_button(as_viewer, watching):
    page = as_viewer.get("link", "alder")
    assert "From here to live" in words(page)
    assert 'id="launch"' not in html(page)
