"""The contact page."""

import pytest

from tests.dashboard.browser import html, words
from tests.people.conftest import Ann, ann  # noqa: F401


def test_page(as_operator, ann):
    ann.task()
    ann.note()
    page = as_operator.get("contact", "alder", "ghl", ann.ghl_id)
    print(words(page))
    assert page.status_code == 200
    task = ann.tasks()[0]["id"]
    r = as_operator.client.post(f"/contacts/alder/gist/{ann.who.gist_id}/task/{task}/", {"do": "tick"}, headers={"HX-Request": "true"})
    print(html(r))
    print(words(as_operator.get("contacts", q="ann@example.test", ask=1)))
    print(words(as_operator.get("contact_book", "alder", "ghl", ann.ghl_id)))
    print(words(as_operator.get("contact_edit", "alder", "ghl", ann.ghl_id, "task", task)))
    assert 0
