"""Versions of a mapping: listed, compared, restored."""

import pytest

from integration.mapping.rows import as_input
from integration.mapping.versions import current_version, save_version
from tests.dashboard.browser import html, words
from tests.dashboard.mapping.editor import Editor, saved_rows


@pytest.fixture
def second(link, owner):
    rows = [{"gist": "email", "ghl": "email", "owner": "gist"}, {"gist": "name", "ghl": "name"}]
    return save_version(link, rows, user=owner)


def test_versions_are_listed_and_the_newest_compared_with_the_one_before(as_viewer, second):
    page = words(as_viewer.get("mapping_versions", "alder"))
    assert "Version 2 In use" in page
    assert "From version 1 to version 2:" in page
    assert "E-mail owner Link's rule, now Gist" in page
    assert "Phone removed" in page


def test_any_two_versions_can_be_compared(as_viewer, second):
    page = words(as_viewer.get("mapping_versions", "alder", **{"from": 2, "to": 1}))
    assert "Phone added" in page
    assert "E-mail owner Gist, now Link's rule" in page


@pytest.mark.parametrize("number", ["0", "99", "x", "²", "9" * 30])
def test_a_version_that_does_not_exist_is_not_compared(as_viewer, second, number):
    page = as_viewer.get("mapping_versions", "alder", **{"from": number, "to": number})
    assert "From version 1 to version 2:" in words(page)


def test_restoring_saves_the_old_version_anew(as_operator, operator, link, second):
    old = [as_input(row) for row in link.mapping_versions.get(number=1).rows.all()]
    page = as_operator.go(as_operator.post("mapping_restore", "alder", 1, read=2))
    restored = current_version(link)
    assert (restored.number, restored.name, restored.created_by) == (3, "Restored from version 1", operator)
    assert saved_rows(link) == old
    assert "Version 1 is back, as version 3." in words(page)


def test_a_version_of_another_link_cannot_be_restored(as_operator, second):
    assert as_operator.post("mapping_restore", "elsewhere", 1).status_code == 404
    assert as_operator.post("mapping_restore", "alder", 9).status_code == 404


def test_viewers_read_the_mapping_and_are_offered_no_change(as_viewer, world, second):
    editor = Editor(as_viewer)
    assert "email" in editor.words
    assert "Publish version" not in editor.words
    assert "Remove" not in editor.words
    assert "Restore" not in words(as_viewer.get("mapping_versions", "alder"))


def test_the_opt_out_stands_above_the_rows_and_is_no_row(editor):
    assert "E-mail opt-out: always carried, opt-outs win." in editor.words
    assert "unsubscribed_from_emails" not in editor.rows


def test_a_saved_row_of_both_sides_consent_is_kept_and_explained(editor, link, as_operator):
    rows = [*saved_rows(link), {"gist": "unsubscribed_from_emails", "ghl": "dnd"}]
    save_version(link, rows)
    page = Editor(as_operator)
    assert "an opt-out is always carried, and only a person lifts one" in page.words
    assert 'type="button" disabled>Publish version 3…' in html(page.page)
