"""The pages that allauth brings: which of them are open to whoever is not signed in."""

import pytest
from allauth.urls import urlpatterns as allauth_urls
from django.urls import NoReverseMatch, reverse

pytestmark = pytest.mark.one_engine

OPEN_ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "mfa_authenticate",
    "mfa_login_webauthn",
}


def account_pages():
    """Names of the pages that allauth brings."""
    patterns = list(allauth_urls)
    for pattern in patterns:
        patterns += getattr(pattern, "url_patterns", [])
    return sorted({pattern.name for pattern in patterns if getattr(pattern, "name", None)})


def address_of(name):
    """Of a passkey, where the page is about one."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return reverse(name, args=[1])


@pytest.mark.parametrize("name", [name for name in account_pages() if name not in OPEN_ACCOUNT_PAGES])
def test_account_pages_need_a_login_but_for_those_that_lead_to_one(as_nobody, name):
    answer = as_nobody.client.get(address_of(name))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))
