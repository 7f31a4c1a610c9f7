"""Each address takes the methods that the table of permissions knows for it, and no other."""

import pytest
from django.test import RequestFactory

from dashboard.wsgi import application
from integration.models import Connection
from tests.dashboard.accounts.test_open_pages import account_pages
from tests.dashboard.accounts.test_open_pages import address_of as account_address
from tests.dashboard.addresses import address_of
from tests.dashboard.rights_table import NAMES, ROWS
from tests.dashboard.taken_back import taken_back

TAKEN = {(name, method) for name, method, *statuses in ROWS if set(statuses) - {"login", "403", "405"}}
# Only ever refused in the table, because it asks for what the table's link does not have.
TAKEN |= {(name, "POST") for name in ("webhook_gist", "webhook_ghl", "account_login")}
TAKEN |= {(name, "POST") for name in ("account_reset_password", "account_email", "mfa_authenticate")}
TAKEN |= {(name, "POST") for name in ("mfa_login_webauthn", "mfa_reauthenticate_webauthn")}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def test_an_address_refuses_every_method_that_it_does_not_take(world, standing, as_owner):
    refused = {}
    for name in NAMES:
        with taken_back():
            where = address_of(name, standing)
            refused[name] = {one for one in METHODS if as_owner.client.generic(one, where).status_code == 405}
    assert refused == {name: {one for one in METHODS if (name, one) not in TAKEN} for name in NAMES}


def test_head_is_answered_where_get_is_without_a_body(world, standing, as_owner):
    wrong = []
    for name in NAMES:
        with taken_back():
            where = address_of(name, standing)
            answer, page = as_owner.client.head(where), as_owner.client.get(where)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        wrong += [name] if (answer.status_code, body) != (page.status_code, b"") else []
    assert wrong == []


def test_a_refused_method_names_those_that_are_taken(as_owner, gist):
    assert as_owner.client.put("/links/new/")["Allow"] == "GET, HEAD, POST"
    assert as_owner.client.delete(f"/connections/{gist.key}/")["Allow"] == "GET, HEAD"
    assert as_owner.client.get(f"/connections/{gist.key}/delete/")["Allow"] == "POST"
    assert Connection.objects.count() == 1


def test_account_pages_take_no_other_method_either(as_owner):
    pages = [one for one in account_pages() if "key" not in one and "confirm" not in one]
    taken = [
        (name, method)
        for name in pages
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS")
        if as_owner.client.generic(method, account_address(name)).status_code != 405
    ]
    assert (taken, len(pages) > 15) == ([], True)


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "body"), [("/healthz", b"ok"), ("/accounts/login/", None), ("/nowhere/", None)])
def test_a_server_is_given_no_body_to_send_after_head(path, body):
    """Django's test client takes bodies off by itself; servers do not."""
    sent: dict[str, dict[str, str]] = {}

    def ask(method):
        environ = RequestFactory().generic(method, path).environ
        pieces = application(environ, lambda status, headers: sent.update({method: dict(headers)}))
        return b"".join(pieces)

    whole = ask("GET")
    assert whole == body or b"<!doctype html>" in whole
    assert ask("HEAD") == b""
    assert sent["HEAD"].get("Content-Length") == sent["GET"].get("Content-Length") == str(len(whole))
