"""Fixtures every test may use. No test leaves this machine; the twins answer in the process of the test."""

import os
import shutil
import uuid
import zlib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from requests.adapters import HTTPAdapter

from integration.mapping.rows import RowInput
from integration.mapping.versions import save_version
from integration.models import Connection, Link, Run
from tests import inprocess
from tests.dashboard import things
from tests.person import Ann
from tests.sandboxes import Sandboxes
from tests.setup_example import ACME
from tests.world import World, sync

pytest_plugins = ["tests.distribution", "tests.operation_values", "tests.tables"]

CI = os.environ.get("CI", "").lower() == "true"

ONCE = (
    *(f"tests/dashboard/{room}/" for room in ("accounts", "catalogue", "glossary", "guide", "mapping", "workflows")),
    *("tests/test_settings.py", "tests/test_private_files.py", "tests/test_commands.py"),
)
"""Forms, which are plain queries by key and many ways to type, and what is about this machine: on SQLite alone."""
IN_TURN = tuple(
    f"tests/{room}/"
    for room in ("alerts", "backup", "dashboard", "people", "plans", "privacy", "problems", "sync", "workflows")
)
"""What makes no difference between engines but by its queries, of which every other test has most."""

MAPPING: list[RowInput] = [
    {"gist": "email", "ghl": "email"},
    {"gist": "name", "ghl": "name"},
    {"gist": "phone", "ghl": "phone", "steps": [{"name": "phone_e164"}]},
    {"gist": "tags", "ghl": "tags"},
    {"gist": "custom_properties.plan", "ghl": "customFields.plan"},
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips what this machine cannot run, with the line that would enable it; with CI=true that is an error."""
    if os.environ.get("DATABASE_URL"):
        _mark_one_engine(items)
        _skip(items, "one_engine", "the same on every database: the run on SQLite has it")
    elif os.environ.get("IN_TURN"):
        _leave_to_second_engine(items)
    if shutil.which("chromium") or CI:
        return
    _skip(items, "browser", "no Chromium: apt-get install chromium")


def _mark_one_engine(items: list[pytest.Item]) -> None:
    """On the second engine: what asks the database; of the rooms in turn every other test, and one variant of each."""
    seen = set[str]()
    for item in items:
        test = item.nodeid.partition("[")[0]
        again = test in seen and "processes" not in item.keywords
        seen.add(test)
        if again or item.nodeid.startswith(ONCE) or not _asks_the_database(item) or _turn_of(item) == "first":
            item.add_marker(pytest.mark.one_engine)


def _leave_to_second_engine(items: list[pytest.Item]) -> None:
    """With IN_TURN=1, where a run on the second engine follows (.ci/run): what stands in its turn runs there alone.

    Of a test with variants the second engine takes only one, so that all of them run here, too.
    """
    for item in items:
        if _turn_of(item) == "second" and "[" not in item.nodeid and not {"one_engine", "bench"} & {*item.keywords}:
            item.add_marker(pytest.mark.skip(reason="in turn: the run on PostgreSQL has it"))


def _turn_of(item: pytest.Item) -> str:
    """On which engine a test of the rooms in turn runs, "" for those that run on both."""
    if not item.nodeid.startswith(IN_TURN) or "processes" in item.keywords or item.nodeid.startswith(ONCE):
        return ""
    if not _asks_the_database(item):
        return ""
    return ("first", "second")[zlib.crc32(item.nodeid.partition("[")[0].encode()) % 2]


def _asks_the_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return bool(
        {"db", "transactional_db"} & {*fixtures} or {"django_db", "processes", "browser", "bench"} & {*item.keywords}
    )


def _skip(items: list[pytest.Item], marker: str, reason: str) -> None:
    for item in items:
        if marker in item.keywords:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _own_twin(request, settings, tmp_path: Path, monkeypatch) -> None:
    """Each test has a twin of its own, reached without a socket unless it starts real processes."""
    if {"browser", "processes", "bench"} & set(request.keywords):
        return
    if settings.REDIS_URL:
        # Unlike the database, Redis is not rolled back: what one test counts must not meet the next.
        start_new_cache(settings)
    settings.DATA_DIR = tmp_path
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    settings.GHL_RATE = settings.GIST_RATE = "1000000/1"
    settings.HTTP_TIMEOUT_SECONDS = 5
    # The hasher of production is slow on purpose; the tests with real processes sign in with it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(HTTPAdapter, "send", inprocess.send)
    # A call that failed is tried again at once: six tries with their pauses take half a minute.
    monkeypatch.setattr("integration.providers.exchange.FIRST_PAUSE", 0.0)
    # Tests set the time, which the clock of Redis or PostgreSQL knows nothing of.
    monkeypatch.setattr("integration.providers.budgets.document.clock_offset", lambda: 0.0)
    # A thread of its own would not see what the test has written and not committed.
    monkeypatch.setattr("dashboard.live.threads.submit", inprocess.submit)


def start_new_cache(settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}}


@pytest.fixture
def empty_cache(settings) -> Callable[[], None]:
    """For the middle of a test. `cache.clear()` would empty the Redis that the other test processes count in."""
    return lambda: start_new_cache(settings)


@pytest.fixture(scope="session")
def sandboxes(tmp_path_factory) -> Sandboxes:
    return Sandboxes(tmp_path_factory.mktemp("sandboxes"))


@pytest.fixture
def world(sandboxes: Sandboxes, settings, monkeypatch) -> World:
    from integration.twin import worlds
    from integration.twin.hooks import keys

    sandboxes.copy("empty", settings.DATA_DIR)
    # An RSA key takes a tenth of a second to make and to check; tests/twin/test_twin_webhooks_ghl.py has it made.
    monkeypatch.setattr(keys, "keys_folder", lambda store: sandboxes.keys)
    return World(
        location=worlds.LOCATION_IDS["alder"],
        workspace=worlds.WORKSPACE_IDS["alder"],
        api_key=worlds.API_KEYS["alder"],
        private_token=worlds.PRIVATE_TOKENS["alder"],
    )


@pytest.fixture
def gist(db, world: World) -> Connection:
    return Connection.objects.create(
        key="alder-gist",
        name="Alder Gist",
        provider="gist",
        sandbox=True,
        credentials={"access_token": world.api_key},
        status="ok",
    )


@pytest.fixture
def ghl(db, world: World) -> Connection:
    return Connection.objects.create(
        key="alder-ghl",
        name="Alder GHL",
        provider="ghl",
        sandbox=True,
        account_id=world.location,
        credentials={"private_token": world.private_token},
        status="ok",
    )


@pytest.fixture
def link(gist: Connection, ghl: Connection) -> Link:
    """Two-way, with e-mail, name, phone, tags and one custom field mapped."""
    made = Link.objects.create(key="alder", name="Alder", gist=gist, ghl=ghl)
    save_version(made, MAPPING)
    return made


@pytest.fixture
def acme() -> dict[str, Any]:
    """The example of a setup file, to be changed at will."""
    return deepcopy(ACME)


@pytest.fixture
def ann(world: World, link: Link) -> Ann:
    """Ann Lee, made in Gist and synced."""
    world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["vip"])
    sync(link)
    return Ann(world, link, link.pairs.get().ghl_id)


@pytest.fixture
def failed_run(ann: Ann) -> Run:
    """One that failed for somebody, with its problem."""
    run = things.finished_run(ann.link, status="partial", failed=1)
    things.problem(things.failure(run, ghl_id="abc"))
    return run


def _person(role: str):
    @pytest.fixture(name=role)
    def person(db, django_user_model):
        return django_user_model.objects.create_user(f"{role}@gistline.example", "a-long-password", role=role)

    return person


owner, operator, viewer = _person("owner"), _person("operator"), _person("viewer")
