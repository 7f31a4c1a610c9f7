"""Roles, deactivation and sessions; and that an owner who can sign in is always left."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user

from dashboard.keys.issue import make_key
from dashboard.models import User
from dashboard.people.invitations import invite
from dashboard.people.roles import change_access, deactivate
from integration.errors import SetupError
from integration.models import AuditEntry
from integration.oauth.connect_links import make_connect_link, withdraw
from tests.command_output import Output
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def second_owner(django_user_model):
    return django_user_model.objects.create_user("tom@gistline.example", "a-long-password", role="owner")


def test_a_role_holds_from_the_next_page_on(as_owner, as_viewer, viewer):
    assert as_viewer.get("connection_new_gist").status_code == 403
    as_owner.post("person", viewer.pk, role="operator", scope="all", rights=["may_change_rules"])
    assert as_viewer.get("connection_new_gist").status_code == 200


def test_deactivation_ends_sessions_at_once(as_owner, as_viewer, viewer):
    assert as_viewer.get("overview").status_code == 200
    as_owner.post("person_deactivate", viewer.pk)
    assert as_viewer.get("overview")["Location"].startswith("/accounts/login/")
    as_owner.post("person_activate", viewer.pk)
    assert not get_user(as_viewer.client).is_authenticated
    assert get_user(Browser(User.objects.get(pk=viewer.pk)).client).is_authenticated


@pytest.mark.parametrize("way", ["deactivated", "demoted"])
def test_what_an_owner_made_that_still_lets_somebody_in_is_said_when_they_go(as_owner, second_owner, way):
    """They know the keys and addresses; whether others need them, nobody can tell but who is left."""
    make_key("Grafana", "read", None, 30, second_owner)
    make_connect_link("Alder", "Us", hours=72, user=second_owner)
    withdraw(make_connect_link("Birch", "Us", hours=72, user=second_owner)[0])
    invite("lee@gistline.example", "owner", None, second_owner)
    if way == "deactivated":
        page = words(as_owner.go(as_owner.post("person_deactivate", second_owner.pk)))
    else:
        page = words(as_owner.go(as_owner.post("person", second_owner.pk, role="viewer", scope="all")))
    assert "made what still lets somebody in: 1 API key, 1 connect link, 1 invitation." in page


def test_nothing_is_said_of_somebody_who_made_nothing(as_owner, second_owner):
    assert "lets somebody in" not in words(as_owner.go(as_owner.post("person_deactivate", second_owner.pk)))


def test_signing_somebody_out_ends_their_sessions_only(as_owner, as_viewer, as_operator, viewer):
    as_owner.post("person_sign_out", viewer.pk)
    assert as_viewer.get("overview").status_code == 302
    assert as_operator.get("overview").status_code == 200


def test_signing_oneself_out_everywhere_keeps_this_session(as_owner, owner):
    elsewhere = Browser(owner)
    as_owner.post("person_sign_out", owner.pk)
    assert (as_owner.get("overview").status_code, elsewhere.get("overview").status_code) == (200, 302)


@pytest.mark.parametrize("name", ["person", "person_deactivate"])
def test_the_last_owner_stays_owner(as_owner, owner, name):
    page = as_owner.go(as_owner.post(name, owner.pk, role="viewer", scope="all"))
    assert "last owner who can sign in" in words(page)
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)


def test_an_owner_who_has_not_accepted_yet_does_not_count(as_owner, owner):
    as_owner.post("person_invite", email="new@gistline.example", role="owner", scope="all")
    with pytest.raises(SetupError, match="last owner"):
        deactivate(owner)


def test_of_two_owners_who_demote_each_other_one_stays(owner, second_owner):
    change_access(second_owner, "viewer", None, by=owner)
    with pytest.raises(SetupError, match="no owner any more"):
        change_access(owner, "viewer", None, by=second_owner)
    assert User.objects.filter(role="owner").get() == owner


def test_the_form_grants_links_and_shows_them_ticked(as_owner, viewer, link):
    as_owner.post("person", viewer.pk, role="viewer", scope="some", links=["alder"])
    viewer.refresh_from_db()
    assert (viewer.all_links, list(viewer.links.all())) == (False, [link])
    assert 'value="alder" id="access-links_0" checked' in html(as_owner.get("person", viewer.pk))


def test_only_some_links_needs_a_link(as_owner, viewer):
    page = as_owner.post("person", viewer.pk, role="viewer", scope="some")
    assert (page.status_code, "Tick at least one link" in words(page)) == (422, True)


def test_an_owner_takes_the_second_factor_from_somebody_who_lost_it(as_owner, viewer):
    TOTP.activate(viewer, generate_totp_secret())
    Authenticator.objects.create(user=viewer, type="webauthn", data={"name": "Blue key", "credential": {}})
    theirs = Browser(viewer)
    assert "Reset the second factor" in words(as_owner.get("people"))
    assert "no second factor any more" in words(as_owner.go(as_owner.post("person_reset_factors", viewer.pk)))
    assert not Authenticator.objects.exists()
    assert theirs.get("overview").status_code == 302
    assert AuditEntry.objects.filter(what="person_reset_factors", subject=viewer.email).count() == 1
    assert "Reset the second factor" not in words(as_owner.get("people"))


def test_the_last_owner_does_so_on_the_machine(owner):
    TOTP.activate(owner, generate_totp_secret())
    assert "no second factor any more" in Output("reset_second_factor", owner.email).lines[0]
    assert not Authenticator.objects.exists()
    assert "nobody" in Output("reset_second_factor", "nobody@gistline.example").failure.lower()
