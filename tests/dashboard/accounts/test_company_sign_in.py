"""Sign-in by the company's OpenID provider: whom it lets in, and that nothing else does."""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user
from django.utils import timezone
from requests.adapters import HTTPAdapter

from dashboard.models import Invitation, User
from dashboard.people import invitations
from dashboard.people.roles import deactivate
from integration.models import AuditEntry
from tests.dashboard.accounts.openid import CLIENT, ISSUER, OTHER_KEY, SECRET, Body, Provider
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.django_db
LEE = "lee@harbourpine.example"


@pytest.fixture
def company(settings, monkeypatch, empty_cache):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = ISSUER, CLIENT, SECRET
    settings.OIDC_NAME, settings.PUBLIC_URL = "Harbour Pine", "https://gistline.example.com"
    provider = Provider({"email": LEE, "email_verified": True, "name": "Lee Moran"})
    monkeypatch.setattr(HTTPAdapter, "send", lambda *args, **kwargs: provider.send(*args, **kwargs))
    empty_cache()
    return provider


@pytest.fixture
def lee(db):
    return User.objects.create_user(LEE, "a-long-password", role="operator")


class Visitor(Browser):
    def leave(self, **query):
        """To the provider, by the button of the sign-in page."""
        return self.get("company_sign_in", **query)["Location"]

    def come_back(self, query):
        return self.client.get(f"/accounts/company/callback/?{query}")

    def sign_in(self, company, **query):
        self.answer = self.come_back(company.visit(self.leave(**query)))
        return self

    @property
    def user(self):
        return get_user(self.client)

    @property
    def reads(self):
        return words(self.go(self.answer))


def refusal(company):
    """What somebody who was not let in reads."""
    visitor = Visitor().sign_in(company)
    assert not visitor.user.is_authenticated
    assert visitor.answer["Location"] == "/accounts/login/"
    return visitor.reads


# Who gets in ---------------------------------------------------------------------------------------------


def test_without_an_issuer_nothing_of_it_is_there(as_nobody):
    assert "company_sign_in" not in html(as_nobody.get("account_login"))
    assert "/accounts/company/" not in html(as_nobody.get("account_login"))
    assert as_nobody.get("company_sign_in").status_code == as_nobody.get("company_callback").status_code == 404


def test_somebody_with_an_account_is_signed_in_and_led_to_where_they_wanted_to_go(company, lee):
    assert "Sign in with Harbour Pine" in words(Visitor().get("account_login"))
    visitor = Visitor().sign_in(company, next="/runs/")
    assert (visitor.user, visitor.answer["Location"]) == (lee, "/runs/")
    assert company.asked | {"state": "", "nonce": "", "code_challenge": ""} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": "https://gistline.example.com/accounts/company/callback/",
        "scope": "openid email profile",
        "code_challenge_method": "S256",
        "state": "",
        "nonce": "",
        "code_challenge": "",
    }
    assert len({company.asked[name] for name in ("state", "nonce", "code_challenge")}) == 3
    assert (AuditEntry.objects.latest("pk").what, AuditEntry.objects.latest("pk").actor) == (
        "signed_in_by_company",
        LEE,
    )


def test_the_case_of_an_address_makes_nobody_a_stranger(company, lee):
    company.claims["email"] = "LEE@HarbourPine.example"
    assert Visitor().sign_in(company).user == lee


def test_who_is_invited_accepts_by_it(company, owner):
    invitations.invite(LEE, "operator", None, owner)
    visitor = Visitor().sign_in(company)
    assert (visitor.user.email, str(visitor.user), visitor.user.role) == (LEE, "Lee Moran", "operator")
    assert not Invitation.objects.exists()
    assert visitor.user.emailaddress_set.get().verified
    assert AuditEntry.objects.filter(what="invitation_accepted", actor=LEE).exists()
    # Deactivated and invited again, they are no stranger who goes with a withdrawn invitation.
    deactivate(visitor.user, owner)
    invitations.invite(LEE, "viewer", None, owner)
    invitations.revoke(Invitation.objects.get())
    assert User.objects.filter(email=LEE, is_active=False).exists()


def test_who_is_invited_is_offered_it_on_the_page_of_the_invitation(company, owner):
    path = urlsplit(invitations.invite(LEE, "viewer", None, owner).address).path
    assert "Sign in with Harbour Pine" in words(Visitor().client.get(path))


def test_strangers_the_deactivated_and_late_guests_are_told_so(company, owner, lee):
    deactivate(lee, owner)
    assert f"The account of {LEE} is deactivated. Ask an owner" in refusal(company)
    invitations.invite(LEE, "viewer", None, owner)
    Invitation.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert "Your invitation has ended." in refusal(company)
    company.claims["email"] = "mo@harbourpine.example"
    assert "There is no account for mo@harbourpine.example." in refusal(company)
    assert set(User.objects.values_list("email", "is_active")) == {(owner.email, True), (LEE, False)}


def test_an_address_that_only_looks_alike_is_somebody_else(company, django_user_model):
    django_user_model.objects.create_user("kim@harbourpine.example", "a-long-password")
    # The sign for kelvin, whose small letter is a k.
    company.claims["email"] = "\u212aim@harbourpine.example"
    assert "There is no account" in refusal(company)


def test_an_account_whose_address_only_looks_alike_is_somebody_else_s(company, django_user_model):
    # A letter whose capital is the I of others: PostgreSQL, unlike SQLite, takes both for one.
    django_user_model.objects.create_user("lee@mıll.example", "a-long-password")
    company.claims["email"] = "lee@mill.example"
    assert "There is no account" in refusal(company)


def test_an_address_that_the_provider_does_not_verify_opens_nothing(company, owner):
    # Beside the token it says as little.
    company.person = {"sub": "4711", "email": owner.email}
    for verified in (False, None, "false", "no", 1, [True], {"a": 1}):
        company.claims |= {"email": owner.email, "email_verified": verified}
        assert f"Harbour Pine does not say that {owner.email} is verified" in refusal(company), verified


def test_what_the_token_leaves_out_is_asked_for_beside_it(company, lee, owner):
    company.claims = {"email": owner.email}
    company.person = {"sub": "4711", "email": LEE, "email_verified": "true"}
    assert Visitor().sign_in(company).user == lee
    company.person["sub"] = "another"
    assert "does not answer as it should" in refusal(company)


def test_the_demo_owner_stays_out_while_the_demo_is_off(company, settings, django_user_model):
    settings.DEMO = False
    company.claims["email"] = django_user_model.objects.create_user("demo@gistline.example", "another-long-one").email
    assert "There is no account" in refusal(company)


# Second factors --------------------------------------------------------------------------------------------


def test_it_is_no_second_factor(company, lee):
    TOTP.activate(lee, generate_totp_secret())
    visitor = Visitor().sign_in(company)
    assert visitor.answer["Location"] == "/accounts/2fa/authenticate/"
    assert not visitor.user.is_authenticated


def test_where_a_second_factor_is_required_it_is_set_up_first(company, lee, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    visitor = Visitor().sign_in(company)
    assert visitor.get("overview")["Location"] == "/accounts/2fa/"


def test_a_session_left_open_is_not_enough_to_change_how_they_sign_in(company, owner):
    invitations.invite(LEE, "operator", None, owner)
    visitor = Visitor().sign_in(company)
    # The company may have asked nobody: this browser was signed in there.
    assert visitor.get("mfa_activate_totp")["Location"].startswith("/accounts/company/?next=")
    visitor.sign_in(company, next="/accounts/2fa/totp/activate/")
    assert visitor.get("mfa_activate_totp").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        for name in ("mfa_activate_totp", "mfa_add_webauthn", "account_set_password", "account_email"):
            assert visitor.get(name)["Location"].startswith("/accounts/company/?next=")
        # A new address would get the mail that sets a password.
        form = {"email": "thief@evil.example", "action_add": ""}
        assert visitor.post("account_email", **form)["Location"].startswith("/accounts/company/?next=")
        # The company is to ask, whoever is signed in there.
        assert "prompt=login" in visitor.leave(next="/accounts/password/set/")
        visitor.sign_in(company, next="/accounts/password/set/")
        assert "Choose a password" in visitor.reads


@pytest.mark.parametrize("when", [None, 1_600_000_000])
def test_being_asked_again_is_believed_by_the_time_that_the_company_signed_alone(company, owner, when):
    """`prompt` and `max_age` stand in an address that whoever has the browser can change."""
    invitations.invite(LEE, "operator", None, owner)
    visitor = Visitor().sign_in(company)
    company.claims["auth_time"] = when
    assert "does not answer as it should" in visitor.sign_in(company, next="/accounts/password/set/").reads
    assert visitor.get("account_set_password")["Location"].startswith("/accounts/company/?next=")


# Attackers and broken providers ------------------------------------------------------------------------------


def after(visitor, query):
    """What is read by whoever comes back with this."""
    return words(visitor.go(visitor.come_back(query)))


def test_an_answer_counts_once_in_the_browser_that_asked_and_for_ten_minutes(company, lee):
    visitor = Visitor()
    query = company.visit(visitor.leave())
    assert "used already" in after(Visitor(), query)
    assert "used already" in after(visitor, "code=the-code&state=")
    # That one ended the attempt.
    assert "used already" in after(visitor, query)
    query = company.visit(visitor.leave())
    assert visitor.come_back(query)["Location"] == "/"
    assert "used already" in after(Visitor(), query)
    late = Visitor()
    query = company.visit(late.leave())
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert "too old" in after(late, query)
    assert not late.user.is_authenticated
    assert len(company.redeemed) == 1


def test_what_the_provider_refuses_is_a_sentence_that_repeats_nothing_of_the_address(company, lee):
    visitor = Visitor()
    for error in ("access_denied", "<b>pay here</b>"):
        company.visit(visitor.leave())
        answer = visitor.come_back(f"error={error}&error_description=pay+here&state={company.asked['state']}")
        assert "was cancelled there, or refused" in words(visitor.go(answer))
        assert "pay here" not in words(visitor.go(answer))


FORGED = {
    "another issuer's": {"iss": "https://evil.example"},
    "for another program": {"aud": "another-client"},
    "for several, of which another asked": {"aud": [CLIENT, "other"], "azp": "other"},
    "too old": {"iat": 1_700_000_000, "exp": 1_700_000_300},
    "of another sign-in": {"nonce": "another"},
    "without a nonce": {"nonce": None},
    "without an end": {"exp": None},
    "without a person": {"sub": None},
}


def test_a_token_that_is_not_meant_for_us_opens_nothing(company, lee):
    for kind, claims in FORGED.items():
        company.claims = {"email": LEE, "email_verified": True, **claims}
        assert "does not answer as it should" in refusal(company), kind


def test_a_token_that_the_provider_did_not_sign_opens_nothing(company, lee):
    for key in (OTHER_KEY, SECRET, None):
        company.key = key
        assert "does not answer as it should" in refusal(company)
    company.key, company.headers = OTHER_KEY, {"kid": "second"}
    assert "does not answer as it should" in refusal(company)


BROKEN = {
    "down": requests.ConnectionError("refused"),
    "slow": requests.ReadTimeout("slow"),
    "500": 500,
    "a redirect": 302,
    "no JSON": "<html>",
    "a list": [],
    "null": None,
    "an empty object": {},
    "numbers": {"issuer": 1, "id_token": 1, "access_token": 1, "keys": 1, "sub": 1},
    "an error": {"error": "invalid_grant"},
}


def test_whatever_a_broken_provider_says_is_a_sentence_and_a_line_in_the_log(company, lee, caplog, empty_cache):
    company.claims = {}
    for path in ("/.well-known/openid-configuration", "/token", "/keys", "/userinfo"):
        # No more than thirty are begun in a minute.
        empty_cache()
        for kind, said in BROKEN.items():
            company.answers = {path: said}
            visitor = Visitor()
            answer = visitor.get("company_sign_in")
            if answer["Location"] != "/accounts/login/":
                answer = visitor.come_back(company.visit(answer["Location"]))
            assert not visitor.user.is_authenticated, (path, kind)
            assert "does not answer as it should" in words(visitor.go(answer)), (path, kind)
    said = [one.getMessage() for one in caplog.records if one.name == "dashboard.accounts.views_company"]
    assert len(said) == 4 * len(BROKEN)
    assert not any(secret in line for line in said for secret in (SECRET, "the-code", "the-access-token", LEE))
    assert caplog.records[0].levelno >= logging.WARNING


class Endless(Body):
    """Says more each time it is read, which takes `seconds`."""

    def __init__(self, piece, seconds, clock):
        super().__init__()
        self.piece, self.seconds, self.clock, self.taken = piece, seconds, clock, 0

    def read1(self, size=-1, decode_content=False):
        self.taken += 1
        assert self.taken < 100
        self.clock.shift(self.seconds)
        return self.piece


@pytest.mark.parametrize(("piece", "seconds"), [(b"x" * 65_536, 0), (b" ", 4)])
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys", "/userinfo"])
def test_an_answer_without_end_is_given_up(company, lee, path, piece, seconds):
    """Read whole it would fill the memory, in drops hold a thread of the web server."""
    company.claims = {}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        company.answers = {path: Endless(piece, seconds, clock)}
        visitor = Visitor()
        answer = visitor.get("company_sign_in")
        if answer["Location"] != "/accounts/login/":
            answer = visitor.come_back(company.visit(answer["Location"]))
        assert "does not answer as it should" in words(visitor.go(answer))


def test_settings_of_another_issuer_or_without_https_are_not_used(company, lee):
    for wrong in ({"issuer": "https://evil.example"}, {"token_endpoint": "http://id.harbourpine.example/token"}):
        company.settings = wrong
        visitor = Visitor()
        assert "does not answer as it should" in words(visitor.go(visitor.get("company_sign_in")))


def test_the_secret_goes_in_the_body_where_that_is_taken_and_in_a_header_elsewhere(company, lee):
    Visitor().sign_in(company)
    company.settings = {"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]}
    Visitor().sign_in(company)
    assert [form.get("client_secret") for form in company.redeemed] == [None, SECRET]


def test_nobody_is_led_to_a_foreign_page_afterwards(company, lee):
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        visitor = Visitor().sign_in(company, next=foreign)
        assert (visitor.user, visitor.answer["Location"]) == (lee, "/")


def test_a_session_from_before_is_not_the_one_after(company, lee):
    visitor = Visitor()
    query = company.visit(visitor.leave())
    before = visitor.client.session.session_key
    visitor.come_back(query)
    assert visitor.client.session.session_key != before


def test_whoever_was_signed_in_before_is_no_more(company, lee, owner):
    visitor = Visitor(owner).sign_in(company)
    assert visitor.user == lee
    assert "company_sign_in" not in visitor.client.session


def test_it_is_begun_only_so_often(company):
    visitor = Visitor()
    codes = [visitor.get("company_sign_in").status_code for _ in range(31)]
    assert codes == [302] * 30 + [429]


def test_half_of_its_settings_are_refused_at_the_start(monkeypatch):
    from dashboard.environment import SettingError, read_issuer, read_with

    monkeypatch.setenv("OIDC_ISSUER", "http://id.harbourpine.example")
    with pytest.raises(SettingError, match="no https address"):
        read_issuer("OIDC_ISSUER")
    monkeypatch.setenv("OIDC_ISSUER", ISSUER)
    assert read_issuer("OIDC_ISSUER") == ISSUER
    with pytest.raises(SettingError, match="OIDC_ISSUER is set and OIDC_CLIENT_SECRET is not"):
        read_with("OIDC_CLIENT_SECRET", "OIDC_ISSUER")
