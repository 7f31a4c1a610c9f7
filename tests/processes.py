"""Gistline as an operator starts it: real processes, a real port, a database of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import environ
import requests

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """The address of an empty database, of the kind the suite runs on."""
    given = environ.Env().str("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield ""
        return
    import psycopg

    name = f"gistline_up_{os.getpid()}_{free_port()}"
    base, _, _ = given.rpartition("/")
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{base}/{name}"
    finally:
        with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@dataclass
class Up:
    """`manage.py up`, running."""

    folder: Path
    database_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

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

    def wait_for(self, holds: Any, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{self.log.read_text()[-3000:]}"
            assert self.process is None or self.process.poll() is None, f"up ended\n{self.log.read_text()[-3000:]}"
            time.sleep(0.1)

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
        answer = requests.request(method, f"{self.url}/sandbox/control/{name}/", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def ask(self, expression: str) -> Any:
        """What a Python expression over the models gives in the server's database."""
        code = f"import json; from integration.models import *; print(json.dumps({expression}, default=str))"
        return json.loads(self.manage("shell", "-v0", "-c", code).strip().splitlines()[-1])


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
        self.manage("migrate", "-v0")
        self.manage("collectstatic", "-v0", "--no-input")
        address = f"127.0.0.1:{self.port}"
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "dashboard.wsgi",
            "-b",
            address,
            "-k",
            "gthread",
            "--threads",
            "16",
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, text=True)
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
