"""Connect links: an address by which a client lets us into one GHL location, without an account here."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration import audit
from integration.errors import SetupError
from integration.models import Connection, ConnectLink, ConnectLinkState, Provider
from integration.oauth.app import OAuthApp, TokenAnswer
from integration.oauth.connect import save_ghl

# What the page says of an address that opens nothing any more.
CLOSED = {
    ConnectLinkState.USED: "This address was used already: it works once. What it connected stays connected.",
    ConnectLinkState.WITHDRAWN: "This address was withdrawn by whoever sent it.",
    ConnectLinkState.ENDED: "This address has ended. Ask whoever sent it for a new one.",
}


def make_connect_link(
    client: str, asker: str, *, hours: int, sandbox: bool = False, user: Any = None
) -> tuple[ConnectLink, str]:
    """The link and the secret part of its address, which is stored nowhere."""
    token, now = secrets.token_urlsafe(32), timezone.now()
    made = ConnectLink.objects.create(
        client=client, asker=asker, sandbox=sandbox, digest=digest_of(token), made_by=user, made_at=now,
        ends_at=now + timedelta(hours=hours),
    )  # fmt: skip
    audit.record("connect_link_new", client, after={"ends_at": made.ends_at.isoformat(), "asker": asker})
    return made, token


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def find_connect_link(token: str) -> ConnectLink | None:
    """Whatever its state."""
    return ConnectLink.objects.filter(digest=digest_of(token)).first()


def note_opened(link: ConnectLink) -> None:
    ConnectLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=timezone.now())


def withdraw(link: ConnectLink) -> bool:
    """False where it was used, withdrawn or over before."""
    with transaction.atomic():
        locked = ConnectLink.objects.select_for_update().get(pk=link.pk)
        if not locked.is_open:
            return False
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at"])
        audit.record("connect_link_revoke", locked.client)
    return True


def use_connect_link(pk: int, app: OAuthApp, answer: TokenAnswer, came_back_to: str) -> Connection:
    """Store the login as one connection and close the link; both or neither. Raises SetupError.

    Neither is a whole agency connected by it, nor a login replaced that works: whoever has the address is trusted with
    one location, and not with what stands here already.
    """
    if not answer.location_id:
        raise SetupError(
            "You allowed it for a whole agency. Nothing was connected: start again and choose one location."
        )
    with transaction.atomic():
        # Locked: of two who come back at once with the same address, one connects.
        link = ConnectLink.objects.select_for_update().filter(pk=pk).first()
        if link is None or not link.is_open:
            raise SetupError(CLOSED[link.state if link else ConnectLinkState.ENDED])
        _refuse_known(answer, link.sandbox)
        connection = save_ghl(app, answer, came_back_to=came_back_to)
        link.used_at, link.connection = timezone.now(), connection
        link.save(update_fields=["used_at", "connection"])
        facts = {"client": link.client, "location": answer.location_id}
        audit.record("connect_link_used", connection.name, after=facts)
    return connection


def _refuse_known(answer: TokenAnswer, sandbox: bool) -> None:
    known = Connection.objects.filter(provider=Provider.GHL, account_id=answer.location_id, sandbox=sandbox).first()
    if known and not known.needs_person:
        raise SetupError("This location is connected already, and its login works. Nothing was changed.")
