"""Making and revoking API keys. The key itself is shown once; only its digest is kept."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from dashboard.models import ApiKey, User
from integration import audit
from integration.models import Link

BEGINS = "gl_"
# Of the 43 letters behind `gl_` four are shown: people tell keys apart by them, and 232 bits stay secret.
SHOWN = len(BEGINS) + 4


@transaction.atomic
def make_key(
    name: str,
    scope: str,
    links: Iterable[Link] | None,
    days: int,
    by: User | None = None,
    *,
    sees_personal_data: bool = False,
) -> tuple[ApiKey, str]:
    """A new key and its text, `gl_` and 43 letters, which cannot be read again. `links`: None for all."""
    text = f"{BEGINS}{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name,
        prefix=text[:SHOWN],
        digest=digest_of(text),
        scope=scope,
        all_links=links is None,
        sees_personal_data=sees_personal_data,
        made_by=by,
        ends_at=timezone.now() + timedelta(days=days),
    )
    key.links.set(links or [])
    audit.record("key_new", name, after={**describe_key(key), "ends": key.ends_at.date().isoformat()})
    return key, text


@transaction.atomic
def revoke(key: ApiKey) -> bool:
    """It opens nothing any more. False when it was revoked before."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return False
    audit.record("key_revoke", key.name, before=describe_key(key))
    return True


def digest_of(text: str) -> str:
    """Of a key as it was sent, whatever that is. Without salt and rounds: nobody guesses 256 random bits."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def describe_key(key: ApiKey) -> dict[str, str]:
    """A key as the audit trail keeps it."""
    links = "all" if key.all_links else ", ".join(key.links.values_list("key", flat=True))
    values = "masked" if key.is_masked else "seen"
    return {"begins with": key.prefix, "scope": key.scope, "links": links, "personal data": values}
