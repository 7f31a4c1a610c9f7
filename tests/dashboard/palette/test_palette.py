"""Find or do: what a few letters find, for whom, and the switcher between links."""

import re

import pytest

from tests.dashboard import things
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.one_engine


def groups(browser, text):
    """Titles of options under the headings of their groups."""
    page = html(browser.get("palette", part="found", q=text))
    found = {}
    for part in page.split('role="group"')[1:]:
        heading = re.search(r'role="presentation"[^>]*>([^<]+)<', part)[1]
        found[heading] = re.findall(r"<b>([^<]+)</b>", part)
    return found


@pytest.fixture
def story(link):
    things.alone(link, "ghl", 1, label="Rhea Alder", email="rhea@example.test", phone="+14155550102")
    return things.finished_run(link)


def test_a_name_finds_the_link_what_to_do_with_it_its_runs_people_and_pages(as_operator, story):
    found = groups(as_operator, "alder")
    assert found["Links"] == ["Alder"]
    assert found["Do"][:2] == ["Sync Alder now", "Make a plan for Alder"]
    assert found["Runs"] == [f"Run {story.pk:,}"]
    assert found["People"] == ["Rhea Alder"]
    assert found["Pages"][:3] == ["Mapping", "Checks", "Match"]


@pytest.mark.parametrize("text", ["rhea@example.test", "@rhea", "ea@exam", "415 555 0102", "@alder"])
def test_people_are_found_by_parts_of_what_is_known_of_them(as_viewer, story, text):
    assert groups(as_viewer, text)["People"] == ["Rhea Alder"]


@pytest.mark.parametrize(("text", "kind"), [(">alder", "Do"), ("@alder", "People"), ("#alder", "Runs")])
def test_a_sign_in_front_looks_for_one_kind_only(as_operator, story, text, kind):
    assert list(groups(as_operator, text)) == [kind]


def test_a_run_is_found_by_its_number(as_viewer, story):
    assert groups(as_viewer, f"#{story.pk}")["Runs"] == [f"Run {story.pk:,}"]


def test_pages_are_found_by_other_words_for_them(as_viewer):
    assert groups(as_viewer, "failures") == {"Pages": ["Problems"]}


def test_a_viewer_is_offered_nothing_that_they_may_not_do(as_viewer, as_operator, as_owner, story):
    assert "Do" not in groups(as_viewer, "alder")
    assert "Do" not in groups(as_viewer, "add")
    assert "Do" not in groups(as_operator, "invite")
    assert groups(as_owner, "invite")["Do"] == ["Invite somebody…"]


def test_what_belongs_to_another_link_is_not_found(viewer, story):
    (mine,) = things.links(1)
    viewer.all_links = False
    viewer.save()
    viewer.links.set([mine])
    assert groups(Browser(viewer), "alder") == {}


def test_what_writes_says_where_and_is_sent_and_not_opened(as_operator, link):
    page = html(as_operator.get("palette", part="found", q="alder"))
    assert 'data-post="/links/alder/sync/" data-field="kind" data-value="incremental"' in page
    assert "writes to sandbox" in page


def test_before_anything_is_typed_it_offers_links_and_pages(as_viewer, link):
    assert list(groups(as_viewer, "")) == ["Links", "Pages"]


def test_without_a_script_it_is_a_page_that_says_when_nothing_is_found(as_viewer):
    page = as_viewer.get("palette", q="zzz")
    assert "Nothing is called “zzz”." in words(page)


# The switcher --------------------------------------------------------------------------------------------


def test_the_switcher_narrows_the_list_that_one_is_on(as_viewer, link):
    assert 'href="/log/?link=alder"' in html(as_viewer.get("link_switcher", at="log"))
    assert 'href="/links/alder/"' in html(as_viewer.get("link_switcher", at="connections"))


def test_the_chosen_link_stays_chosen_from_list_to_list(as_viewer, link):
    page = html(as_viewer.get("log", link="alder"))
    assert 'href="/runs/?link=alder"' in page
    assert 'href="/contacts/?link=alder"' in page
    assert "?link=" not in html(as_viewer.get("connections"))
