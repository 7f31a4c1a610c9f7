"""Views that people keep of a list: their own, an owner's for everybody, and what becomes of the filters in them."""

import re

import pytest

from dashboard.models import SavedView
from integration.privacy.erase import erase
from tests.dashboard import things
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.one_engine


def views_on(page):
    """Names and addresses of the views that a list offers."""
    nav = html(page).partition('aria-label="Saved views"')[2].partition("</nav>")[0]
    return {name: address for address, name in re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)<', nav)}


def keep(browser, name="Mine", place="log", filters="outcome=failed&link=alder", **form):
    return browser.go(browser.post("saved_view_new", name=name, place=place, filter=filters, **form))


def test_a_list_is_kept_with_its_filters_and_found_again(as_viewer, link):
    keep(as_viewer)
    offered = views_on(as_viewer.get("log"))
    assert offered["Mine"] == "/log/?outcome=failed&amp;link=alder"
    assert "Mine" not in views_on(as_viewer.get("runs"))


def test_it_is_marked_while_the_list_is_as_it_was_kept(as_viewer, link):
    keep(as_viewer)
    marked = '<a href="/log/?outcome=failed&amp;link=alder" aria-current="page">'
    assert marked in html(as_viewer.get("log", outcome="failed", link="alder"))
    assert marked not in html(as_viewer.get("log"))


def test_only_an_owner_s_view_is_everybody_s_and_only_when_they_say_so(as_owner, as_operator, as_viewer, link):
    keep(as_owner, "Team", shared="1")
    keep(as_owner, "Owner's")
    keep(as_operator, "Operator's", shared="1")
    assert set(views_on(as_viewer.get("log"))) == {"All", "Team"}


def test_a_shared_view_of_a_link_is_not_shown_to_who_does_not_see_it(as_owner, viewer, link):
    keep(as_owner, "Alder failures", shared="1")
    viewer.all_links = False
    viewer.save()
    viewer.links.set(things.links(1))
    assert "Alder failures" not in html(Browser(viewer).get("log"))


def test_one_takes_away_one_s_own_and_nobody_else_s(as_viewer, as_operator, as_owner, link):
    keep(as_viewer)
    view = SavedView.objects.get()
    as_operator.post("saved_view_remove", view.pk)
    as_owner.post("saved_view_remove", view.pk)
    assert SavedView.objects.exists()
    as_viewer.post("saved_view_remove", view.pk)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "Give the view a name."),
        ({"place": "people"}, "Give the view a name."),
        ({"name": "Twice"}, "There is a view “Twice” of yours already."),
    ],
)
def test_what_cannot_be_kept_is_said(as_viewer, link, given, said):
    keep(as_viewer, "Twice")
    assert said in words(keep(as_viewer, **given))
    assert SavedView.objects.count() == 1


def test_the_page_of_a_list_is_not_kept(as_viewer, link):
    keep(as_viewer, filters="before=12&outcome=failed&live=off")
    assert SavedView.objects.get().filters == {"outcome": "failed"}


def test_whoever_is_erased_goes_out_of_views_that_look_for_them(as_viewer, ann):
    keep(as_viewer, filters="q=ann@example.test")
    erase(ann.link, patience=0, email="ann@example.test")
    assert SavedView.objects.get().filters == {"q": "(erased)"}
