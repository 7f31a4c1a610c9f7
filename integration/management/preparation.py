"""What must be there before web and worker start: tables, static files, a port. Quick when nothing is to do."""

import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor

from integration.errors import SetupError
from integration.redis_server import redis_client

# Any number that nobody else locks in this database.
_PREPARING = 4_718_201


def wait_for_services(seconds: float, announce: Callable[[str], None], is_over: Callable[[], bool]) -> None:
    """Wait for a database and a Redis that are still starting, as beside us in one compose file.

    Raises what the last try raised once `seconds` are over; returns at once when `is_over` says so.
    """
    services = {"the database": connection.ensure_connection} if connection.vendor != "sqlite" else {}
    if settings.REDIS_URL:
        services["Redis"] = lambda: redis_client().ping()
    deadline = time.monotonic() + seconds
    for name, ask in services.items():
        _wait_for(name, ask, deadline, announce, is_over)


def _wait_for(
    name: str, ask: Callable[[], Any], deadline: float, announce: Callable[[str], None], is_over: Callable[[], bool]
) -> None:
    announced = False
    while not is_over():
        try:
            ask()
            return
        except Exception as problem:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            if not announced:
                announced = True
                cause = " ".join(str(problem).split())
                announce(f"Waiting for {name}, {left:.0f} s at most: {cause}")
            time.sleep(min(1.0, left))


def pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def prepare_database(announce: Callable[[int], None]) -> bool:
    """Migrate when something is pending, of which `announce` is told the number before. True when it was."""
    pending = pending_migrations()
    if pending:
        announce(pending)
        with one_host_at_a_time():
            call_command("migrate", verbosity=0, interactive=False)
    elif not settings.REDIS_URL and not _has_cache_table():
        # The database was migrated while Redis served the cache.
        call_command("createcachetable", database=DEFAULT_DB_ALIAS, verbosity=0)
    return bool(pending)


@contextmanager
def one_host_at_a_time() -> Iterator[None]:
    """Hosts that start at once on one PostgreSQL prepare it one after the other; the later ones find nothing to do."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])


def _has_cache_table() -> bool:
    return settings.CACHES["default"]["LOCATION"] in connection.introspection.table_names()


def prepare_static_files() -> bool:
    """Collect static files when any changed since the last time. True when they were."""
    stamp = Path(settings.DATA_DIR) / "static.stamp"
    state = _static_state()
    if stamp.exists() and stamp.read_text() == state and Path(settings.STATIC_ROOT).is_dir():
        return False
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(state)
    return True


def _static_state() -> str:
    """A digest over name, size and time of every file that would be collected, and of how they are stored."""
    rows = [settings.STORAGES["staticfiles"]["BACKEND"], str(settings.STATIC_ROOT)]
    for finder in get_finders():
        for path, storage in finder.list(None):
            # Size and time tell a changed file without reading it: this runs at every start.
            facts = Path(storage.path(path)).stat()
            rows.append(f"{path} {facts.st_size} {facts.st_mtime_ns}")
    return hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest()


def bind_listener(host: str, port: int) -> socket.socket:
    """The socket the web process will listen on, ours before anything is started. Raises SetupError when taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        # Else the port cannot be used for a while after a stop, until the last connections have timed out.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as problem:
        raise SetupError(
            f"The address {host}:{port} cannot be used ({problem.strerror or problem}). Stop what uses it, "
            "or set HOST and PORT to another.",
            "PORT",
        ) from problem
    return listener
