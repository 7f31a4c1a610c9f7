"""What a person may do and which links they see, and that one owner who can sign in is always left."""

from collections.abc import Iterable
from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.account.utils import url_str_to_user_pk
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from dashboard.models import Right, Role, User
from integration import audit
from integration.demo import acting_owners
from integration.errors import SetupError
from integration.models import Link

LAST_OWNER = "{} is the last owner who can sign in. Make somebody else an owner first; until then nothing changes."
NO_OWNER_NOW = "you are no owner any more: somebody changed your role meanwhile. Nothing was changed."


@transaction.atomic
def change_access(
    person: User, role: str, links: Iterable[Link] | None, by: User | None = None, rights: Iterable[str] | None = None,
    *, sees_personal_data: bool | None = None,
) -> None:  # fmt: skip
    """Give the role, of links these, None for all, and the rights, None for those that the role begins with where it
    is another one than before; of these `sees_personal_data` is given or taken apart. Raises SetupError for the last
    owner.

    Also for a `by` who is no owner any more; None for a command: whoever can run one owns the machine.
    """
    _protect_last_owner(person, keeps=role == Role.OWNER, by=by)
    before = access_of(person)
    if rights is None and role != person.role:
        rights = usual_rights(role)
    person.role, person.all_links = role, links is None
    for right in Right if rights is not None else ():
        setattr(person, right, right in (rights or ()))
    if sees_personal_data is not None:
        person.sees_personal_data = sees_personal_data
    person.save(update_fields=["role", "all_links", *Right])
    person.links.set(links or [])
    # Of somebody who is only being invited the invitation says it.
    if has_account(person) and (after := access_of(person)) != before:
        audit.record("person_changed", person.email, before=before, after=after)


def usual_rights(role: str) -> list[Right]:
    """What somebody who is given the role begins with: a viewer looks on without seeing who they are."""
    return [] if role == Role.VIEWER else list(Right)


def has_account(person: User) -> bool:
    """Whether they ever accepted an invitation; whoever signs in by the company has no password."""
    return person.has_usable_password() or EmailAddress.objects.filter(user=person, verified=True).exists()


def access_of(person: User) -> dict[str, str]:
    """Role, links and rights as the audit trail keeps them."""
    links = "all" if person.all_links else ", ".join(person.links.values_list("key", flat=True))
    rights = ", ".join(str(right.label).lower() for right in person.rights)
    return {"role": person.role, "links": links, "rights": rights}


@transaction.atomic
def deactivate(person: User, by: User | None = None) -> None:
    """Nobody signs in with the account any more, and its sessions end with their next request. Raises SetupError."""
    _protect_last_owner(person, keeps=False, by=by)
    person.is_active = False
    person.save(update_fields=["is_active"])
    end_sessions(person)
    audit.record("person_deactivate", person.email)


@transaction.atomic
def activate(person: User, by: User | None = None) -> None:
    """Take a deactivation back: password and second factor are as they were. Raises SetupError."""
    _protect_last_owner(person, keeps=True, by=by)
    person.is_active = True
    person.save(update_fields=["is_active"])
    audit.record("person_activate", person.email)


@transaction.atomic
def reset_factors(person: User, by: User | None = None) -> None:
    """Take app, passkeys and recovery codes from somebody who lost them, and end their sessions. Raises SetupError.

    Whoever has a password signs in with it alone from then on, until they set up a second factor again.
    """
    _protect_last_owner(person, keeps=True, by=by)
    Authenticator.objects.filter(user=person).delete()
    end_sessions(person)
    audit.record("person_reset_factors", person.email)


def end_sessions(person: User, but: str | None = None) -> int:
    """Sign the person out everywhere, also where a sign-in waits for its second step, except in the session with the
    key `but`. How many sessions ended.
    """
    keys = [one.session_key for one in Session.objects.iterator() if person.pk in _people_of(one)]
    return Session.objects.filter(session_key__in=[key for key in keys if key != but]).delete()[0]


def _people_of(session: Session) -> set[int]:
    """Whoever is signed in there, or has given the password."""
    content = session.get_decoded()
    signed_in: Any = content.get(SESSION_KEY)
    waiting: Any = content.get(LOGIN_SESSION_KEY)
    found = {int(signed_in)} if str(signed_in or "").isdecimal() else set()
    if waiting and waiting.get("user_pk"):
        found.add(url_str_to_user_pk(waiting["user_pk"]))
    return found


def _protect_last_owner(person: User, *, keeps: bool, by: User | None) -> None:
    # Locked in one order: of two owners who demote each other at once, the second waits here and then finds one owner.
    owners = list(acting_owners().select_for_update().order_by("pk").values_list("pk", flat=True))
    if by is not None and by.pk not in owners:
        raise SetupError(NO_OWNER_NOW)
    if not keeps and owners == [person.pk]:
        raise SetupError(LAST_OWNER.format(person))
