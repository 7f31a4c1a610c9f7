"""Settings → API keys: made, shown once, listed, revoked; every step on record."""

import re

import pytest

from dashboard.keys.issue import make_key
from dashboard.models import ApiKey
from integration.models import AuditEntry
from tests.dashboard.browser import html, words

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
KEY = re.compile(r"gl_[\w-]{43}")


def make(browser, **form):
    return browser.post("key_new", **{"name": "Grafana", "may": "read", "scope": "all", "days": "90", **form})


def test_a_key_is_shown_once_and_kept_as_a_digest_alone(as_owner):
    page = make(as_owner)
    (text,) = set(KEY.findall(html(page)))
    assert "This is the only time it is shown" in words(page)
    key = ApiKey.objects.get()
    assert (key.prefix, key.scope, text in str(ApiKey.objects.values())) == (text[:7], "read", False)
    assert not KEY.search(html(as_owner.get("keys")))


def test_the_list_says_what_a_key_may_and_that_nobody_used_it_yet(as_owner, owner, link):
    make_key("Night export", "act", [link], 30, owner)
    page = words(as_owner.get("keys"))
    assert "by owner@gistline.example" in page
    assert "read and act personal values masked 1: Alder never" in page


def test_making_and_revoking_are_on_record_without_the_key(as_owner, link):
    make(as_owner, scope="some", links=link.key, may="act")
    as_owner.post("key_revoke", ApiKey.objects.get().pk)
    made, revoked = AuditEntry.objects.filter(what__startswith="key_").order_by("pk")
    assert (made.what, made.actor, made.subject) == ("key_new", "owner@gistline.example", "Grafana")
    assert (made.after["scope"], made.after["links"], revoked.what) == ("act", "alder", "key_revoke")
    assert not KEY.search(f"{made.after}{revoked.before}")


def test_a_revoked_key_stays_listed_as_one_that_opens_nothing(as_owner):
    key, _ = make_key("Grafana", "read", None, 30)
    page = as_owner.go(as_owner.post("key_revoke", key.pk))
    assert "“Grafana” is revoked" in words(page)
    assert "Open nothing any more 1" in words(page)
    assert "was revoked already" in words(as_owner.go(as_owner.post("key_revoke", key.pk)))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"scope": "some"}, "Tick at least one link, or choose all."),
        ({"days": "100000"}, "Select a valid choice"),
        ({"may": "everything"}, "Select a valid choice"),
    ],
)
def test_a_key_that_cannot_be_made_says_why(as_owner, form, sentence):
    page = make(as_owner, **form)
    assert (page.status_code, sentence in words(page), ApiKey.objects.count()) == (422, True, 0)


def test_the_page_costs_as_many_queries_for_one_key_as_for_many(as_owner, link, django_assert_num_queries):
    as_owner.get("keys")
    for number in range(20):
        make_key(f"Key {number}", "read", [link], 30)
    with django_assert_num_queries(7):
        as_owner.get("keys")
