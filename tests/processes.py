"""Gistline as an operator starts it: real processes, a real port, a database of its own."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.tables import SQLITE, copy_migrated_file, given_server, on_server, template_database

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database(folder: Path, migrated: bool = True) -> Iterator[str]:
    """The address of a database without rows, of the kind the suite runs on; an empty one unless `migrated`.

    "" stands for SQLite, where the file is made when the server starts.
    """
    if not (given := given_server()):
        yield ""
        return
    base, _, own = given.rpartition("/")
    # Holds the name of the suite's own database, so that .ci/run finds what an interrupted run leaves behind.
    name = f"{own}_up_{os.getpid()}_{free_port()}"
    on_server(base, f'CREATE DATABASE "{name}" TEMPLATE "{template_database(given) if migrated else "template1"}"')
    try:
        yield f"{base}/{name}"
    finally:
        on_server(base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def locked(up: "Up", *tables: str) -> Iterator[None]:
    """Somebody else holds these tables, or, on SQLite, may alone write to the database."""
    if up.database_url:
        import psycopg

        with psycopg.connect(up.database_url) as other:
            other.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
            yield
        return
    with closing(sqlite3.connect(up.folder / SQLITE, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def kill(process: subprocess.Popen[str]) -> None:
    """End `manage.py up` or a web server with all it started, at once, when its test is over and waits for nothing."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.wait(20)
    for child in children:
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(int(child)) == int(child):
                os.killpg(int(child), signal.SIGKILL)
            else:
                os.kill(int(child), signal.SIGKILL)


@dataclass
class Up:
    """`manage.py up`, running. Unless `migrated`, it makes the tables itself, and takes seconds more for it.

    `with_demo_link`: it sets up the link of the demo, as on anybody's first start.
    """

    folder: Path
    database_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    migrated: bool = True
    with_demo_link: bool = False
    process: subprocess.Popen[str] | None = None
    _shell: "Shell | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "REDIS_URL")}
        own = {"DATA_DIR": str(self.folder), "PORT": str(self.port), "GHL_RATE": "100000/1", "GIST_RATE": "100000/1"}
        return {**kept, **own, **({"DATABASE_URL": self.database_url} if self.database_url else {}), **self.settings}

    @property
    def log(self) -> Path:
        return self.folder / "up.log"

    def start(self, seconds: float = 60) -> "Up":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lay_database()
        if not self.with_demo_link:
            (self.folder / "demo.stamp").touch()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.env, stdout=log, stderr=log, text=True
            )
        self.wait_for(lambda: "ready http://" in self.log.read_text(), seconds, "up says it is ready")
        return self

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def _lay_database(self) -> None:
        if self.migrated and not self.database_url and not (self.folder / SQLITE).exists():
            copy_migrated_file(self.folder)

    def close_shell(self) -> None:
        """The next `ask` opens another."""
        if self._shell:
            self._shell.close()
            self._shell = None

    def end(self) -> None:
        """What a fixture does when its test is over."""
        self.close_shell()
        if self.process and self.process.poll() is None:
            kill(self.process)

    def wait_for(self, holds: Any, seconds: float, what: str) -> Any:
        """What `holds` answers once that is true."""
        deadline = time.monotonic() + seconds
        while not (answer := holds()):
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{self.log.read_text()[-3000:]}"
            assert self.process is None or self.process.poll() is None, f"up ended\n{self.log.read_text()[-3000:]}"
            time.sleep(0.1)
        return answer

    def manage(self, *args: str, check: bool = True) -> str:
        """A management command beside the running server; its standard output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *args], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=3000
        )
        assert not check or done.returncode == 0, f"{args}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def report(self, *args: str) -> dict[str, Any]:
        """The last line of a command that reports, as JSON."""
        found: dict[str, Any] = json.loads(self.manage(*args, "--json", check=False).strip().splitlines()[-1])
        return found

    def control(self, method: str, name: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {(self.folder / 'sandbox_control_key').read_text()}"}
        answer = requests.request(method, f"{self.url}/sandbox/control/{name}/", json=body, headers=headers, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def ask(self, expression: str) -> Any:
        """What a Python expression over the models gives in the server's database."""
        self._shell = self._shell or Shell(self)
        return self._shell.ask(expression)


LEASE = "Link.objects.get().lease_owner"


def writer_of(lease: str) -> int:
    """The process id in a lease, 0 when nobody holds it."""
    found = re.search(r":(\d+):\d+$", lease)
    return int(found[1]) if found else 0


class Shell:
    """A Python shell over the models beside the running server, kept open: many questions at the cost of one start."""

    ANSWER = """
        import json, sys
        from integration.models import *
        for line in sys.stdin:
            print(json.dumps(eval(line), default=str), flush=True)
    """

    def __init__(self, up: Up):
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", textwrap.dedent(self.ANSWER)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, env=up.env, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> "Shell":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.process.communicate(timeout=20)

    def ask(self, expression: str) -> Any:
        """As Up.ask."""
        assert self.process.stdin
        assert self.process.stdout
        print(expression, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def a_writer(up: Up, shell: Up | Shell, but: int = 0) -> int:
    """The process id of the worker that holds the link; waits until there is one, and another than `but`."""
    seen: list[int] = []

    def holds() -> bool:
        seen.append(writer_of(shell.ask(LEASE)))
        return seen[-1] not in (0, but)

    up.wait_for(holds, 300, "a worker writes")
    return seen[-1]


class Web(Up):
    """The web server alone: without workers, `sync --wait` does the work in its own process."""

    def start(self, seconds: float = 60) -> "Web":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lay_database()
        self.manage("collectstatic", "-v0", "--no-input")
        with self.log.open("w") as log, socket.create_server(("127.0.0.1", self.port)) as listener:
            command = [sys.executable, "-m", "dashboard.web_server", str(listener.fileno()), "16"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=log, stderr=log, text=True, pass_fds=[listener.fileno()]
            )
        self.wait_for(self._answers, seconds, "the web server answers")
        return self

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


SETUP = {
    "version": 1,
    "connections": [
        {"key": "g", "provider": "gist", "name": "G", "access_token": "gist-demo-alder", "sandbox": True},
        {
            "key": "h",
            "provider": "ghl",
            "name": "H",
            "location_id": "A1derDenta1Group0001",
            "private_token": "pit-sandbox-alder",
            "sandbox": True,
        },
    ],
    "links": [
        {
            "key": "alder",
            "gist": "g",
            "ghl": "h",
            "direction": "two_way",
            "mappings": [
                {"gist": "email", "ghl": "email"},
                {"gist": "name", "ghl": "name"},
                {"gist": "phone", "ghl": "phone", "transform": "phone_e164"},
                {"gist": "tags", "ghl": "tags"},
            ],
        }
    ],
}


ACCOUNTS = {"gist": "48211", "ghl": "A1derDenta1Group0001"}


def prepare(up: Up, gist: int = 0, ghl: int = 0) -> None:
    """An empty sandbox without limits, with so many people on each side (the first ones are the same), and one link."""
    clear(up)
    for side, count in (("gist", gist), ("ghl", ghl)):
        if count:
            fill(up, side, range(count))
    apply(up, SETUP)


def clear(up: Up) -> None:
    """An empty sandbox without limits."""
    up.control("POST", "reset", {"world": "empty"})
    up.control("POST", "limits", {"ghl": None, "gist": None})


def fill(up: Up, side: str, numbers: range, edition: int = 0) -> None:
    """People with tags; those of another edition share their e-mail addresses with the first one and nothing else."""
    body = {"side": side, "account": ACCOUNTS[side], "start": numbers.start, "count": len(numbers), "edition": edition}
    up.control("POST", "fill", {**body, "with_tags": True})


def apply(up: Up, setup: dict[str, Any]) -> None:
    path = up.folder / "setup.json"
    path.write_text(json.dumps(setup))
    up.manage("apply", str(path))


def contacts(up: Up, side: str) -> list[dict[str, Any]]:
    """Everyone as the twin stores them."""
    found: list[dict[str, Any]] = up.control("GET", f"contacts/{side}/{ACCOUNTS[side]}")["contacts"]
    return found


Facts = tuple[str, str, set[str]]


def people(up: Up) -> dict[str, dict[str, Facts]]:
    """What the mapping is about, by side and e-mail address: name, phone, tags."""
    return {
        "gist": {one["email"]: (one["name"], one["phone"], tags(one)) for one in contacts(up, "gist")},
        "ghl": {
            one["email"]: (f"{one['firstName']} {one['lastName']}", one["phone"], tags(one))
            for one in contacts(up, "ghl")
        },
    }


def tags(contact: dict[str, Any]) -> set[str]:
    return {tag["name"] if isinstance(tag, dict) else tag for tag in contact["tags"]}


def writes(up: Up, side: str) -> int:
    """Calls of this side's API that changed something."""
    counted = up.control("GET", "calls")[side]["by_operation"]
    return sum(
        n for name, n in counted.items() if name.split()[0] in ("POST", "PUT", "DELETE") and "search" not in name
    )


def emails(up: Up, side: str) -> list[str]:
    return sorted(one["email"].lower() for one in contacts(up, side))
