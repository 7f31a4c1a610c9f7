"""Settings → Data: what is stored of somebody is shown before it is erased, and erased only when typed once more."""

import pytest

from integration.models import ErasedDigest, Erasure, Snapshot
from tests.dashboard.browser import html, words

pytestmark = pytest.mark.django_db
ANN = "ann@example.test"


def send(browser, link, **form):
    return browser.post("data", **{"link": link.key, "by": "email", "person": ANN, **form})


def test_what_goes_and_what_stays_is_shown_first(as_owner, ann):
    page = send(as_owner, ann.link, do="find")
    assert "Goes, for good Changes: values before and after" in words(page)
    assert "Pairs 1" in words(page)
    assert "Erase Ann Lee" in words(page)
    assert Snapshot.objects.filter(email=ANN).exists()


def test_the_typed_address_erases(as_owner, ann, owner):
    page = as_owner.go(send(as_owner, ann.link, do="erase", confirm=ANN))
    assert "The person is erased." in words(page)
    assert ANN not in html(page)
    assert not Snapshot.objects.exists()
    assert Erasure.objects.get().erased_by == owner


def test_another_text_erases_nothing(as_owner, ann):
    assert "Nothing was erased" in words(send(as_owner, ann.link, do="erase", confirm="ann"))
    assert Snapshot.objects.filter(email=ANN).exists()


def test_somebody_unknown_is_said_in_words(as_owner, link):
    page = send(as_owner, link, do="find")
    assert (page.status_code, "nothing here is about ann@example.test" in words(page)) == (422, True)


def test_who_was_erased_can_be_allowed_again(as_owner, ann):
    send(as_owner, ann.link, do="erase", confirm=ANN)
    as_owner.post("erasure_allow", Erasure.objects.get().pk)
    assert not ErasedDigest.objects.exists()
    assert "allowed again" in words(as_owner.get("data"))
