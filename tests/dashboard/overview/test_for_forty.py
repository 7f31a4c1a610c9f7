"""The overview with many links: worst first, found by words, as cards or as a table, with charts and budgets."""

import re
import time
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from integration.models import CallBudget
from tests.dashboard import things
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.one_engine


def names_on(page):
    """The links in the order in which cards or table rows show them."""
    return re.findall(r'(?:<h3 class="truncate"><a|<a class="row-link")[^>]*>([^<]+)<', html(page))


def choose(browser, name, value):
    assert browser.post("overview_look", name=name, value=value).status_code == 302


@pytest.fixture
def three(link):
    """One whose login broke, one that failed for somebody, one that rests."""
    broken, failing, resting = things.links(3)
    for made, name in ((broken, "Cedar"), (failing, "Birch"), (resting, "Alnus")):
        type(made).objects.filter(pk=made.pk).update(name=name)
    broken.ghl.set_status("reconnect", "Refused.")
    things.failure(things.finished_run(failing, failed=1, api_calls={"ghl": 9}))
    things.in_step(link, 1)
    things.finished_run(link, unchanged=1)
    return broken, failing, resting


def test_links_stand_worst_first_or_as_a_person_chose(as_viewer, three):
    assert names_on(as_viewer.get("overview")) == ["Cedar", "Birch", "Alder", "Alnus"]
    choose(as_viewer, "order", "name")
    assert names_on(as_viewer.get("overview")) == ["Alder", "Alnus", "Birch", "Cedar"]
    choose(as_viewer, "order", "busiest")
    assert names_on(as_viewer.get("overview"))[0] == "Birch"


def test_the_page_offers_every_choice_and_marks_the_one_that_stands(as_viewer, three):
    page = html(as_viewer.get("overview"))
    offered = re.findall(r'name="value" value="([^"]+)" aria-pressed="(true|false)"', page)
    assert [value for value, pressed in offered if pressed == "true"] == ["24h", "worst", "cards"]
    assert {value for value, _ in offered} == {"6h", "24h", "7d", "30d", "worst", "name", "busiest", "cards", "table"}


def test_a_choice_is_kept_with_the_person_who_made_it(as_viewer, viewer, as_owner, three):
    choose(as_viewer, "view", "table")
    assert "is-group" in html(Browser(viewer).get("overview"))
    assert "is-group" not in html(as_owner.get("overview"))


def test_the_table_says_in_groups_what_the_cards_say(as_viewer, three):
    choose(as_viewer, "view", "table")
    page = words(as_viewer.get("overview"))
    assert re.search("Need you 2 Cedar .* Resting 1 Alnus .* In step 1 Alder", page)


def test_what_is_no_choice_changes_nothing(as_viewer, three):
    choose(as_viewer, "order", "nonsense")
    choose(as_viewer, "nonsense", "name")
    assert names_on(as_viewer.get("overview"))[0] == "Cedar"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "cedar"}, ["Cedar"]),
        ({"q": "login broken"}, ["Cedar"]),
        ({"q": "health:ok"}, ["Alder"]),
        ({"mode": "sandbox"}, ["Alder"]),
        ({"health": "person"}, ["Cedar", "Birch"]),
        ({"link": "alder"}, ["Alder"]),
    ],
    ids=str,
)
def test_links_are_found_by_words_and_filters(as_viewer, three, query, expected):
    assert names_on(as_viewer.get("overview", **query)) == expected
    assert names_on(as_viewer.get("overview", part="results", **query)) == expected


def test_an_update_leaves_the_search_box_alone_and_brings_the_list(as_viewer, three):
    part = html(as_viewer.get("overview", part="live", q="cedar"))
    assert 'id="results" hx-swap-oob="true"' in part
    assert 'name="q"' not in part
    assert "Alnus" not in part


def test_with_one_link_chosen_the_figures_are_its_own(as_viewer, three):
    assert "4 links" in words(as_viewer.get("overview"))
    page = words(as_viewer.get("overview", link="alder"))
    assert "1 link, 1 pair. Nothing needs you." in page


# Charts --------------------------------------------------------------------------------------------------


def test_a_bar_leads_to_the_entries_of_the_runs_it_counts(as_viewer, link):
    run = things.finished_run(link, created=7, created_at=timezone.now() - timedelta(hours=3))
    things.entry(run, "Ann Lee")
    things.entry(things.finished_run(link), "Bo Ray")
    (address,) = re.findall(r'<a class="column" href="([^"]+)"', html(as_viewer.get("overview")))
    log = words(as_viewer.client.get(unescape(address)))
    assert "Ann Lee" in log
    assert "Bo Ray" not in log


@pytest.mark.parametrize(("window", "ago", "seen"), [("6h", 7, 0), ("24h", 7, 7), ("7d", 30, 7), ("30d", 24 * 25, 7)])
def test_a_window_shows_what_lies_within_it(as_viewer, link, window, ago, seen):
    things.finished_run(link, created=7, created_at=timezone.now() - timedelta(hours=ago))
    choose(as_viewer, "window", window)
    assert f": {seen} created, 0 updated, 0 failed in all." in words(as_viewer.get("overview"))


def test_the_chart_says_the_same_as_a_table(as_viewer, link):
    things.finished_run(link, created=7, updated=1)
    page = words(as_viewer.get("overview"))
    assert re.search(r"Written, by when its run began From Created Updated Failed [\d:]+ 7 1 0", page)


def test_the_backlog_is_what_was_not_handled_yet_at_the_time(as_viewer, link):
    now = timezone.now()
    for _ in range(3):
        received = now - timedelta(hours=5)
        things.event(link, received_at=received, handled_at=received + timedelta(hours=2), state="done")
    things.event(link, received_at=now)
    page = words(as_viewer.get("overview"))
    assert "Webhooks that waited over the last 24 hours: 1 now, most 3 at" in page


# Budgets -------------------------------------------------------------------------------------------------


def day(connection, left, most, calls=0):
    now = time.time()
    pace = [[int(now // 300), calls]] if calls else []
    document = {"day": [int(now // 86_400), left, most], "pace": pace}
    CallBudget.objects.create(account=connection.budget_key, document=document)


def test_budgets_stand_fullest_first_with_how_far_they_go(as_viewer, three):
    broken, failing, _ = three
    day(failing.ghl, 90_000, 100_000)
    day(broken.ghl, 10, 100_000, calls=9_000)
    page = words(as_viewer.get("overview"))
    assert re.search(r"Calls today .*100 %, ends at \d\d:\d\d .*10 %, 10 % by the end of the day", page)


def test_an_account_whose_provider_counts_no_day_has_no_bar(as_viewer, link):
    assert "Calls today" not in words(as_viewer.get("overview")).replace("Run calls today", "")
