"""What the mapping editor shows, and where its fields and samples come from."""

from integration.mapping.versions import current_version
from tests.dashboard.browser import Form, html, words
from tests.dashboard.mapping.editor import SAVED, Editor, saved_rows


def test_it_shows_the_saved_rows_with_a_real_sample(editor):
    assert editor.rows == SAVED
    assert "Ann Lee" in editor.words
    assert "(415) 555-2671" in editor.words


def test_nothing_changed_means_nothing_to_publish(editor, link):
    assert 'type="button" disabled>Publish version 2…' in html(editor.page)
    editor.publish()
    assert current_version(link).number == 1


def test_fields_that_cannot_be_read_are_told_and_nothing_is_offered_to_save(as_operator, world, link):
    world.fault({"side": "ghl", "kind": "expired_token"})
    page = as_operator.get("mapping", "alder", read="now")
    assert "The fields could not be loaded" in words(page)
    assert "Publish version" not in words(page)


def test_a_draft_is_not_saved_while_the_fields_cannot_be_read(editor, world, link):
    type(link.ghl).objects.update(settings={})
    world.fault({"side": "ghl", "kind": "expired_token"})
    editor.press("remove:1").load()
    assert "The fields could not be loaded" in editor.words
    assert dict(Form(editor.page, "editor").fields)["gist-2"] == "name"
    assert len(saved_rows(link)) == 5


def test_the_page_stands_without_a_call_and_reads_afterwards(as_operator, world, link, empty_cache):
    page = as_operator.get("mapping", "alder")
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "The fields of both accounts were never read. Reading them now…" in words(page)
    Editor(as_operator)
    world.forget_calls()
    assert 'hx-trigger="load"' not in html(as_operator.get("mapping", "alder"))
    empty_cache()
    world.fault({"side": "ghl", "kind": "expired_token"})
    page = as_operator.get("mapping", "alder")
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "Fields as of " in words(page)
    editor = Editor(as_operator, page).load()
    assert "Fields and samples could not be read." in editor.words
    assert editor.rows == SAVED


def test_samples_are_left_out_when_only_they_cannot_be_read(as_operator, world, link):
    world.fault({"side": "ghl", "kind": "expired_token", "path": "/contacts"})
    page = as_operator.get("mapping", "alder", read="now")
    assert page.status_code == 200
    assert "Samples could not be read: " in words(page)


def test_the_provider_is_asked_once_for_many_clicks(editor, world):
    world.forget_calls()
    editor.press("up:2").press("direction:1").press("open:3")
    assert world.calls() == {"gist": 0, "ghl": 0}
    editor.browser.get("mapping", "alder", read="now")
    assert world.calls()["gist"] > 0
