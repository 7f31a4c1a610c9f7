"""`manage.py doctor`: is everything that Gistline stands on in order? One line each, with what to do when not."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import DatabaseError

from integration.connections import verify
from integration.errors import ProviderError, SetupError
from integration.management.commands.rotate_keys import encrypted_columns, stored
from integration.management.preparation import pending_migrations
from integration.management.reporting import ReportingCommand
from integration.models import Connection, ConnectionStatus
from integration.models.fields import UndecryptableValue, key_ring
from integration.queue import health
from integration.webhooks.signatures import problem_with

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Finding:
    """One line: `detail` says what is so, and what to do when it is not `ok`."""

    name: str
    ok: bool
    detail: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'} {self.name}: {self.detail}"


class Command(ReportingCommand):
    help = "Checks database, broker, workers, keys, public address and connections; exit code 1 if any fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--offline", action="store_true", help="tell of connections what is known, ask nobody")

    def run(self, **options: Any) -> None:
        findings = list(examine(live=not options["offline"]))
        failed = [finding for finding in findings if not finding.ok]
        rows = [{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings]
        self.report([str(finding) for finding in findings], {"ok": not failed, "checks": rows})
        if failed:
            self.fail(f"{len(failed)} of {len(findings)} checks failed.")


def examine(live: bool) -> Iterator[Finding]:
    database = _database()
    yield database
    yield _public_url()
    if database.ok:
        yield _finding("broker", _broker)
        yield _finding("workers", _workers)
        yield _keys()
        yield _finding("webhook keys", _webhook_keys)
        for connection in Connection.objects.defer("credentials"):
            yield _connection(connection, live)


def _database() -> Finding:
    try:
        pending = pending_migrations()
    except DatabaseError as problem:
        return Finding("database", False, f"cannot be asked ({_one_line(problem)}). Check DATABASE_URL.")
    if pending:
        return Finding("database", False, f"{pending} migrations are missing. Run `manage.py migrate`, or start `up`.")
    return Finding("database", True, "answers; all migrations are applied")


def _finding(name: str, check: Callable[[], Finding]) -> Finding:
    """A check whose service may be out of reach; each client library has errors of its own for that."""
    try:
        return check()
    except Exception as problem:
        return Finding(name, False, f"cannot be asked ({_one_line(problem)}). Check REDIS_URL and DATABASE_URL.")


def _broker() -> Finding:
    kind = "Redis" if settings.REDIS_URL else "the database"
    if health().broker:
        return Finding("broker", True, f"{kind} takes jobs")
    return Finding("broker", False, f"{kind} takes no jobs. Check REDIS_URL, and that Redis runs.")


def _workers() -> Finding:
    alive = health().workers
    if alive:
        return Finding("workers", True, f"{alive} alive")
    return Finding("workers", False, "none is alive. Start `manage.py up`, or `manage.py qcluster` beside the web.")


def _keys() -> Finding:
    readable, unreadable = 0, 0
    for model, name in encrypted_columns():
        for token in stored(model, name).values_list("stored", flat=True).iterator():
            if _is_readable(token):
                readable += 1
            else:
                unreadable += 1
    if unreadable:
        detail = f"{unreadable} secrets cannot be read. Put the key they were saved with back into ENCRYPTION_KEYS."
        return Finding("keys", False, detail)
    return Finding("keys", True, f"{readable} stored secrets can be read")


def _webhook_keys() -> Finding:
    try:
        problem_with(b"", {"x-ghl-signature": "AA=="})
    except SetupError as problem:
        return Finding("webhook keys", False, str(problem))
    return Finding("webhook keys", True, settings.GHL_WEBHOOK_PUBLIC_KEYS or "the ones GHL publishes")


def _is_readable(token: str) -> bool:
    try:
        key_ring().decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def _public_url() -> Finding:
    url = settings.PUBLIC_URL
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        detail = f"“{url}” is no address. Set PUBLIC_URL to scheme and host, as https://gistline.example.com."
        return Finding("public url", False, detail)
    if parts.hostname in LOOPBACK:
        return Finding("public url", True, f"{url} is for this machine only; Gist and GHL cannot send webhooks to it")
    if parts.scheme == "http":
        return Finding("public url", False, f"{url} sends logins unencrypted. Put HTTPS before it and set PUBLIC_URL.")
    return Finding("public url", True, url)


def _connection(connection: Connection, live: bool) -> Finding:
    """As last known, or as it is now when `live`."""
    name = f"connection {connection.key}"
    if connection.sandbox and not settings.DEMO:
        return Finding(name, False, "speaks to the sandbox, which is off. Set DEMO=true, or remove it.")
    try:
        if live:
            verify(connection)
    except (ProviderError, SetupError, UndecryptableValue) as problem:
        return Finding(name, False, str(problem))
    if live and (broken := [step for step in connection.check_steps if step["ok"] is False]):
        return Finding(name, False, f"{broken[0]['title']}: {broken[0]['detail']}")
    if connection.status in (ConnectionStatus.OK, ConnectionStatus.NEW):
        return Finding(name, True, connection.get_status_display())
    return Finding(name, False, f"{connection.get_status_display()}. {connection.status_reason or 'Reconnect it.'}")


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()) or type(problem).__name__
