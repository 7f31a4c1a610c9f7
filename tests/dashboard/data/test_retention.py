"""Settings → Data: for how long each kind is kept, and the space that it takes."""

import pytest

from integration.models import AuditEntry
from integration.retention.prune import days_of
from tests.dashboard.browser import html, words

pytestmark = pytest.mark.django_db


def test_each_kind_stands_there_with_its_rows_and_what_is_chosen(as_owner, ann):
    page = words(as_owner.get("data"))
    assert "Log entries and changes" in page
    assert "What still has to be mended stays" in page
    assert "Audit trail for good" in page
    assert "a line that was deleted would look like one that somebody took out" in page
    assert '<option value="365" selected>1 year</option>' in html(as_owner.get("data"))


def test_a_choice_is_saved_said_and_on_record(as_owner):
    page = as_owner.go(as_owner.post("retention_save", log="90"))
    assert "Saved. Log entries and changes: 1 year → 90 days." in words(page)
    assert (days_of("log"), days_of("webhooks")) == (90, 30)
    assert AuditEntry.objects.get(what="retention_save").after == {
        "changed": ["Log entries and changes: 1 year → 90 days"]
    }


def test_for_good_is_a_choice_where_it_is_one(as_owner):
    as_owner.post("retention_save", log="")
    as_owner.post("retention_save", files="")
    assert (days_of("log"), days_of("files")) == (None, 30)


@pytest.mark.parametrize("days", ["0", "-1", "7", "x", "1e9"])
def test_another_time_changes_nothing(as_owner, days):
    page = as_owner.go(as_owner.post("retention_save", log=days))
    assert "Nothing was changed" in words(page)
    assert days_of("log") == 365


def test_the_page_costs_as_many_queries_however_much_is_kept(as_owner, ann, django_assert_max_num_queries):
    as_owner.get("data")
    with django_assert_max_num_queries(22):
        as_owner.get("data")
