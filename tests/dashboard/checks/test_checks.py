"""The page of a link's checks: what fails first, each with its button, and reading the accounts again."""

from django.urls import reverse

from integration.models import ConnectionStatus
from tests.dashboard.browser import html, words


def test_a_failing_check_stands_with_its_button(as_operator, world, link):
    link.ghl.set_status(ConnectionStatus.RECONNECT, "GHL refused the login.")
    page = as_operator.get("checks", link.key)
    assert "GHL refused the login. Reconnect it" in words(page)
    assert reverse("connection_reconnect", args=[link.ghl.key]) in html(page)


def test_a_viewer_sees_what_fails_and_no_button(as_viewer, world, link):
    page = as_viewer.get("checks", link.key)
    assert "GHL has sent no webhook yet" in words(page)
    assert "Set them up" not in html(page)
    assert "Check everything again" not in html(page)


def test_checking_again_reads_both_accounts(as_operator, world, link):
    world.forget_calls()
    as_operator.post("checks_again", link.key)
    assert all(world.calls().values())
    assert "were read. The checks go by them." in words(as_operator.get("checks", link.key))


def test_an_account_that_does_not_answer_is_said(as_operator, world, link):
    world.fault({"side": "ghl", "kind": "expired_token"})
    as_operator.post("checks_again", link.key)
    assert "could not be read" in words(as_operator.get("checks", link.key))


def test_the_page_asks_nobody_and_costs_the_same(as_viewer, world, link, django_assert_num_queries):
    as_viewer.get("checks", link.key)
    world.forget_calls()
    with django_assert_num_queries(QUERIES):
        as_viewer.get("checks", link.key)
    assert world.calls() == {"gist": 0, "ghl": 0}


QUERIES = 13
