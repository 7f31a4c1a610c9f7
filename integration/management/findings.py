"""Is everything that Gistline stands on in order? What `manage.py doctor` and the page of its health say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError

from integration import audit
from integration.backup.interrupted import interrupted_restore
from integration.demo import HOW_TO_CREATE_AN_OWNER, has_owner
from integration.encryption.rotate import count_by_key
from integration.errors import ProviderError, SetupError
from integration.management.exposure import refused_settings
from integration.management.preparation import pending_migrations
from integration.management.private_files import open_to_others
from integration.management.reporting import one_line
from integration.models import Connection, ConnectionStatus
from integration.models.connection import SANDBOX_OFF
from integration.models.fields import UndecryptableValue
from integration.providers.ghl.webhooks import problem_with
from integration.queue import check_queue


@dataclass(frozen=True)
class Finding:
    """One line: `detail` says what is so, and what to do when it is not `ok`."""

    name: str
    ok: bool
    detail: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'} {self.name}: {self.detail}"


def run_checks(live: bool) -> Iterator[Finding]:
    database = _check_database()
    yield database
    yield _check_public_url()
    yield from _check_exposure()
    yield _check_proxies()
    yield _check_mail()
    yield _check_files()
    if sentence := interrupted_restore():
        yield Finding("restore", False, sentence)
    # Everything below asks the database.
    if database.ok:
        yield _guard_check("broker", _check_broker)
        yield _guard_check("workers", _check_workers)
        yield _check_keys()
        yield _check_owner()
        yield _check_audit()
        yield _guard_check("webhook keys", _check_webhook_keys)
        # Credentials that cannot be decrypted raise when they are read, and would hide the other connections.
        for connection in Connection.objects.defer("credentials"):
            yield _check_connection(connection, live)


def _check_database() -> Finding:
    try:
        pending = pending_migrations()
    except DatabaseError as problem:
        return Finding("database", False, f"cannot be asked ({one_line(problem)}). Check DATABASE_URL.")
    if pending:
        return Finding("database", False, f"{pending} migrations are missing. Run `manage.py migrate`, or start `up`.")
    return Finding("database", True, "answers; all migrations are applied")


def _guard_check(name: str, check: Callable[[], Finding]) -> Finding:
    """A check whose service may be out of reach; each client library has errors of its own for that."""
    try:
        return check()
    except Exception as problem:
        return Finding(name, False, f"cannot be asked ({one_line(problem)}). Check REDIS_URL and DATABASE_URL.")


def _check_broker() -> Finding:
    kind = "Redis" if settings.REDIS_URL else "the database"
    if check_queue().broker:
        return Finding("broker", True, f"{kind} takes jobs")
    return Finding("broker", False, f"{kind} takes no jobs. Check REDIS_URL, and that Redis runs.")


def _check_workers() -> Finding:
    alive = check_queue().workers
    if alive:
        return Finding("workers", True, f"{alive} alive")
    return Finding("workers", False, "none is alive. Start `manage.py up`, or `manage.py qcluster` beside the web.")


def _check_keys() -> Finding:
    counts = count_by_key()
    if counts.unreadable:
        number = counts.unreadable
        detail = f"{number} secrets cannot be read. Put the key they were saved with back into ENCRYPTION_KEYS."
        return Finding("keys", False, detail)
    if counts.clear:
        return Finding("keys", False, f"{counts.clear} secrets stand in the clear. Run `manage.py rotate_keys`.")
    return Finding("keys", True, f"{counts.all} stored secrets can be read")


def _check_files() -> Finding:
    if found := open_to_others():
        names = ", ".join(map(str, found))
        detail = f"others on this machine can read {names}. Start `up` once more, or take those rights away (chmod)."
        return Finding("files", False, detail)
    return Finding("files", True, f"{settings.DATA_DIR} is closed to others on this machine")


def _check_webhook_keys() -> Finding:
    try:
        # Any signature will do, since the keys are read before it is checked.
        problem_with(b"", {"x-ghl-signature": "AA=="})
    except SetupError as problem:
        return Finding("webhook keys", False, str(problem))
    return Finding("webhook keys", True, settings.GHL_WEBHOOK_PUBLIC_KEYS or "the ones GHL publishes")


def _check_public_url() -> Finding:
    url = settings.PUBLIC_URL
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname or address.path or address.query:
        detail = f"“{url}” is no address. Set PUBLIC_URL to scheme and host, as https://gistline.example.com."
        return Finding("public url", False, detail)
    if settings.IS_LOCAL:
        return Finding("public url", True, f"{url} is for this machine only; Gist and GHL cannot send webhooks to it")
    if address.scheme == "http":
        return Finding("public url", False, f"{url} sends logins unencrypted. Put HTTPS before it and set PUBLIC_URL.")
    return Finding("public url", True, url)


def _check_exposure() -> Iterator[Finding]:
    refused = dict(refused_settings())
    yield from (Finding(name.lower(), False, sentence) for name, sentence in refused.items())
    if "DEMO" not in refused:
        yield Finding("demo", True, "on, with a password that everybody knows" if settings.DEMO else "off")


def _check_proxies() -> Finding:
    """The web server speaks plain http, so that a proxy stands before it wherever browsers use https."""
    proxies = ", ".join(map(str, settings.TRUSTED_PROXIES))
    if settings.PUBLIC_URL.startswith("https://") and not proxies:
        detail = (
            "TRUSTED_PROXIES names none, so that all people are one address, and wrong passwords of one stop all. "
            "Set it to the address of the proxy before Gistline, as 127.0.0.1 for one on this machine."
        )
        return Finding("proxies", False, detail)
    return Finding("proxies", True, f"{proxies} say who the client is" if proxies else "none")


def _check_mail() -> Finding:
    if settings.SENDS_EMAIL:
        return Finding("mail", True, "a mail server is set")
    return Finding(
        "mail", True, "no mail server is set (EMAIL_URL): no links to reset passwords, no mails about logins"
    )


def _check_owner() -> Finding:
    if has_owner():
        return Finding("owner", True, "there is one")
    if settings.DEMO:
        return Finding("owner", True, "`up` creates the demo's")
    return Finding("owner", False, f"There is none, so nobody can set anything up. {HOW_TO_CREATE_AN_OWNER}")


def _check_audit() -> Finding:
    verdict = audit.verify()
    if verdict.broken_at:
        detail = (
            f"line {verdict.broken_at.pk} was changed, or lines before it are missing, or the key of the trail was "
            "lost with ENCRYPTION_KEYS. Compare with a backup."
        )
        return Finding("audit trail", False, detail)
    return Finding("audit trail", True, f"{verdict.count} lines, the last one {verdict.last[:12]}…")


def _check_connection(connection: Connection, live: bool) -> Finding:
    """As last known, or as it is now when `live`."""
    name = f"connection {connection.key}"
    if connection.sandbox and not settings.DEMO:
        return Finding(name, False, SANDBOX_OFF)
    try:
        if live:
            # What speaks to providers takes long to import: not before somebody is asked.
            from integration.connections.check import verify_connection

            verify_connection(connection)
    except (ProviderError, SetupError, UndecryptableValue) as problem:
        return Finding(name, False, str(problem))
    if live and (broken := [step for step in connection.check_steps if step["ok"] is False]):
        return Finding(name, False, f"{broken[0]['title']}: {broken[0]['detail']}")
    if connection.status in (ConnectionStatus.OK, ConnectionStatus.NEW):
        return Finding(name, True, connection.get_status_display())
    return Finding(name, False, f"{connection.get_status_display()}. {connection.status_reason or 'Reconnect it.'}")
