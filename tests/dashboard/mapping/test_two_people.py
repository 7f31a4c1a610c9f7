"""Two people, or two tabs, at one mapping: nobody's work is written over unseen."""

import pytest

from integration.mapping.versions import current_version, save_version
from tests.dashboard.browser import words
from tests.dashboard.mapping.editor import SAVED, Editor, fields_saved, saved_rows

OTHERS = [{"gist": "email", "ghl": "email"}, {"gist": "name", "ghl": "name"}, {"gist": "tags", "ghl": "tags"}]


# Two tabs at one draft -----------------------------------------------------------------------------------


@pytest.fixture
def tabs(editor):
    """Two open pages of one draft; in the first one the phone was removed meanwhile."""
    second = Editor(editor.browser)
    editor.press("remove:3")
    return editor, second


def test_a_change_is_kept_by_itself_and_is_there_in_another_browser(editor, as_owner):
    editor.press("remove:2")
    assert Editor(as_owner).rows == ["email", "phone", "tags", "custom_properties.plan"]


def test_a_page_that_is_behind_keeps_what_was_done_in_it_and_overwrites_nothing(tabs, as_owner):
    second = tabs[1].press("remove:2")
    assert "Your last change is not kept. operator@gistline.example changed this draft" in second.words
    assert "Phone removed" in second.words
    assert second.rows == ["email", "phone", "tags", "custom_properties.plan"]
    assert Editor(as_owner).rows == ["email", "name", "tags", "custom_properties.plan"]


def test_both_changes_are_merged(tabs, as_owner):
    second = tabs[1].press("remove:2", **{"owner-1": "gist"})
    second.press(merge_button(second))
    assert second.rows == ["email", "tags", "custom_properties.plan"]
    assert Editor(as_owner).rows == second.rows
    assert Editor(as_owner).value("owner-1") == "gist"


def test_theirs_can_be_taken(tabs):
    second = tabs[1].press("remove:2").press("theirs")
    assert second.rows == ["email", "name", "tags", "custom_properties.plan"]
    assert "Your last change is not kept." not in second.words


def test_mine_can_be_kept_instead(tabs, as_owner):
    second = tabs[1].press("remove:2")
    second.press(merge_button(second).replace("merge", "mine"))
    assert Editor(as_owner).rows == ["email", "phone", "tags", "custom_properties.plan"]


def test_settling_names_the_revision_that_was_shown(tabs):
    first, second = tabs
    button = merge_button(second.press("remove:2"))
    first.press("remove:1")
    assert "Your last change is not kept." in second.press(button).words


def test_a_page_is_not_behind_its_own_requests(editor):
    sent = editor.form()
    editor.press("remove:2")
    editor.browser.post("mapping", "alder", **sent | {"do": "remove:3"})
    assert Editor(editor.browser).rows == ["email", "name", "tags", "custom_properties.plan"]


def test_the_last_change_is_taken_back(editor, as_owner):
    editor.press("remove:2").press("remove:3").press("back")
    assert editor.rows == ["email", "phone", "tags", "custom_properties.plan"]
    assert Editor(as_owner).press("back").rows == SAVED


def test_a_page_that_was_open_when_the_draft_was_published_is_behind(editor, as_owner):
    second = Editor(as_owner)
    editor.press("remove:3").publish()
    assert "operator@gistline.example published version 2" in second.press("remove:2").words


def test_what_was_looked_at_before_publishing_is_what_is_published(editor, as_owner, link):
    editor.press("remove:2")
    form = {"name": "Mine", "read": 1, "revision": 1}
    Editor(as_owner).press("remove:1")
    page = editor.browser.go(editor.browser.post("mapping_publish", "alder", **form))
    assert "Not published. The draft was changed meanwhile." in words(page)
    assert current_version(link).number == 1


def merge_button(editor):
    return editor.button("merge")


# A version published meanwhile ---------------------------------------------------------------------------


@pytest.fixture
def overtaken(editor, link, owner):
    """The setup file, or a restored version, takes the phone out while the draft takes out the name."""
    editor.press("remove:2")
    save_version(link, [row for row in saved_rows(link) if row["gist"] != "phone"], user=owner)
    return editor.press()


def test_a_newer_version_is_told_before_anybody_publishes(overtaken, link):
    assert "There is a newer version. owner@gistline.example published version 2" in overtaken.words
    assert "Phone removed" in overtaken.words
    assert "Not published. Version 2 was saved" in words(overtaken.browser.go(overtaken.publish().page))
    assert current_version(link).number == 2


def test_a_draft_is_merged_with_the_newer_version(overtaken, link):
    overtaken.press("merge-version:2").publish()
    assert fields_saved(link) == ["email", "tags", "custom_properties.plan"]


def test_a_draft_can_be_published_over_a_newer_version_that_was_shown(overtaken, link):
    overtaken.press("mine-version:2").publish()
    assert fields_saved(link) == ["email", "phone", "tags", "custom_properties.plan"]
    assert current_version(link).number == 3


def test_a_draft_without_changes_follows_the_published_version(editor, link, owner):
    save_version(link, OTHERS, user=owner)
    assert Editor(editor.browser).rows == ["email", "name", "tags"]


def test_a_version_is_not_restored_over_one_that_the_list_did_not_show(as_operator, link, owner):
    save_version(link, OTHERS, user=owner)
    save_version(link, [{"gist": "email", "ghl": "email"}], user=owner)
    page = as_operator.go(as_operator.post("mapping_restore", "alder", 1, read=2))
    assert "Version 3 was saved since version 2 was opened. Nothing was changed." in words(page)
    assert current_version(link).number == 3


def test_the_draft_comes_back_with_the_fields(editor, world, link):
    editor.press("remove:2")
    type(link.ghl).objects.update(settings={})
    world.fault({"side": "ghl", "kind": "expired_token"})
    assert "Your draft is kept" in editor.press("open:3").load().words
    world.fault()
    assert editor.press("refresh").rows == ["email", "phone", "tags", "custom_properties.plan"]


def test_reading_the_fields_again_keeps_the_draft(editor, world):
    editor.press("remove:2")
    world.forget_calls()
    assert editor.press("refresh").rows == ["email", "phone", "tags", "custom_properties.plan"]
    assert world.calls()["ghl"] > 0
