"""The page “Check my fields”: what is tried and what it costs first, then what came of it, beside each row too."""

import pytest
from django.utils import timezone

from integration.models import FieldCheck
from tests.dashboard.browser import words
from tests.dashboard.mapping.editor import Editor

pytestmark = pytest.mark.one_engine


def test_the_page_says_what_is_written_and_what_it_costs_before_it_is(editor):
    page = words(editor.browser.get("mapping_fields", "alder"))
    assert "Plan GHL Gistline check: é, “quoted”, 0012" in page
    assert "Automations may start." in page
    assert "About 5 Gist calls and 5 GHL calls. Check 2 fields" in page


def test_the_result_stands_on_the_page_and_beside_the_row(editor):
    browser = editor.browser
    page = browser.go(browser.post("mapping_fields_check", "alder", agreed="on", contact="made"))
    assert "2 fields were tried, 2 came back as they were written." in words(page)
    assert "Gist kept “Gistline check: é, “quoted”, 0012”." in words(page)
    assert "Kept GHL kept “Gistline check: é, “quoted”, 0012”. Tried" in Editor(browser).words


@pytest.mark.parametrize(("form", "said"), [
    ({"contact": "made"}, "Nothing was written: tick that test values may be written"),
    ({"contact": "named", "agreed": "on", "email": "nobody"}, "type the e-mail address of your test contact"),
    ({"contact": "named", "agreed": "on", "email": "no@example.test"}, "Neither side has a contact “no@example.test”."),
])  # fmt: skip
def test_nothing_is_written_without_a_tick_and_a_contact(editor, world, form, said):
    page = editor.browser.go(editor.browser.post("mapping_fields_check", "alder", **form))
    assert said in words(page)
    assert FieldCheck.objects.count() == 0


def test_a_check_that_was_cut_off_names_the_contact_to_look_for(editor, link, as_viewer):
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    FieldCheck.objects.create(link=link, contact="gistline-field-check-0123456789ab@example.com", started_at=long_ago)
    page = words(as_viewer.get("mapping_fields", "alder"))
    assert "was cut off. Look in Gist and GHL for “gistline-field-check-0123456789ab@example.com” and delete it" in page
    assert "Check 2 fields" not in page
