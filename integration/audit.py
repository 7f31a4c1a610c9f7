"""Writing the audit trail: who did what, from where; and checking that no line of it was changed or taken out.

Each line's digest is made of its content and of the digest before it, with a key that the database alone does not give
away: changing, inserting or deleting a line breaks the chain there. Taken off the end, lines leave no gap: `doctor`
prints how many there are and the last digest, to be kept elsewhere.

An own table and not django-auditlog, which follows rows of models: here most of what counts is no row (a sign-in, an
export), the rows that change are millions of the sync's, and its lines can be edited.
"""

import getpass
import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from integration.models import AuditEntry, InstallationKey
from integration.models.fields import UndecryptableValue

BROWSER, COMMAND, API, SYSTEM = "browser", "command", "api", "system"
FIRST = "0" * 64
READ_AT_ONCE = 2_000


@dataclass
class Acting:
    """Who acts now, and from where. `is_recorded`: something was recorded for it already."""

    actor: str = "Gistline"
    origin: str = SYSTEM
    address: str = ""
    is_recorded: bool = False


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(actor: str, origin: str, address: str = "") -> Iterator[Acting]:
    """What is recorded meanwhile was done by `actor`."""
    now = Acting(actor[:254], origin, address[:80])
    token = _acting.set(now)
    try:
        yield now
    finally:
        _acting.reset(token)


def current() -> Acting:
    return _acting.get() or Acting()


def system_user() -> str:
    """Who runs a command on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run as a number without a name.
        return "unknown"


@transaction.atomic
def record(what: str, subject: str = "", *, link: str = "", before: Any = None, after: Any = None) -> AuditEntry:
    """Add a line. `before` and `after` hold what changed as JSON; never a secret, nor anything of a synced person."""
    key, now = _locked_key(), current()
    entry = AuditEntry(
        actor=now.actor,
        what=what,
        subject=subject[:254],
        link=link,
        before=before,
        after=after,
        origin=now.origin,
        address=now.address,
    )
    last = AuditEntry.objects.order_by("-pk").values_list("digest", flat=True).first()
    entry.digest = _digest(key, last or FIRST, entry)
    entry.save(force_insert=True)
    now.is_recorded = True
    return entry


def _locked_key() -> str:
    """The key that seals, held until the end of the transaction: two lines with one predecessor would look like a
    broken chain, and so would one under a key that another process replaced meanwhile.

    Where it cannot be read, a new one: nobody could sign in to mend that while no line can be added. The lines before
    cannot be checked until ENCRYPTION_KEYS has its key again, which `verify` says.
    """
    for _ in range(2):
        row = InstallationKey.objects.select_for_update().filter(purpose="audit").first()
        if row is None:
            # The first line ever; of two processes one makes the key, and both read it.
            InstallationKey.objects.get_or_create(purpose="audit", defaults={"key": secrets.token_hex(32)})
            continue
        try:
            return str(row.key)
        except UndecryptableValue:
            return InstallationKey.replace("audit")
    return InstallationKey.make("audit")


def _digest(key: str, before: str, entry: AuditEntry) -> str:
    names = ("actor", "what", "subject", "link", "before", "after", "origin", "address")
    content = [before, entry.at.isoformat(), *(getattr(entry, name) for name in names)]
    return hmac.digest(key.encode(), json.dumps(content, sort_keys=True).encode(), "sha256").hex()


@dataclass(frozen=True)
class Verdict:
    """`broken_at` is the first line that does not follow from the one before, None where all do."""

    count: int
    last: str
    broken_at: AuditEntry | None = None


def verify() -> Verdict:
    """Read the whole trail and check every line."""
    keys, before, count = InstallationKey.readable("audit"), FIRST, 0
    for entry in AuditEntry.objects.order_by("pk").iterator(READ_AT_ONCE):
        count += 1
        fits = [hmac.compare_digest(entry.digest, _digest(key, before, entry)) for key in keys]
        if not any(fits):
            return Verdict(count, before, entry)
        # A key that was replaced seals no later line.
        keys, before = keys[fits.index(True) :], entry.digest
    return Verdict(count, before)
