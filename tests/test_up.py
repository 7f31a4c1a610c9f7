"""`manage.py up` with real processes: what it prints, what it keeps alive, how it ends."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.processes import kill
from tests.tables import copy_migrated_file

# That it runs on PostgreSQL is shown by the tests with workers: tests/test_processes.py and others.
pytestmark = [pytest.mark.processes, pytest.mark.one_engine]

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
FROM_PROXY = {"Host": "gistline.example.com", "X-Forwarded-Proto": "https"}


class Up:
    """One `manage.py up` with a data folder and a port of its own."""

    def __init__(
        self, data_dir: Path, *arguments: str, port: int = 0, with_demo_link: bool = False, **env: str
    ) -> None:
        if not with_demo_link:
            data_dir.mkdir(parents=True, exist_ok=True)
            (data_dir / "demo.stamp").touch()
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {"DATA_DIR": str(data_dir), "PORT": str(self.port), "PUBLIC_URL": self.url, "HOST": "127.0.0.1", **env}
        own |= {"DATABASE_URL": "", "REDIS_URL": "", "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        command = [sys.executable, str(ROOT / "manage.py"), "up", *arguments]
        self.process = subprocess.Popen(
            command, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as printed:
            for line in printed:
                self.lines.put(line.rstrip())
        self.lines.put(None)

    def wait_for(self, start: str) -> str:
        """The next line that starts so."""
        seen: list[str] = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                line = self.lines.get(timeout=0.1)
            except queue.Empty:
                continue
            if line is None:
                raise AssertionError(f"“{start}” was not printed before the end ({self.process.wait(5)}), but: {seen}")
            if line.startswith(start):
                return line
            seen.append(line)
        raise AssertionError(f"“{start}” was not printed in {PATIENCE:g} s, but: {seen}")

    def children(self) -> dict[str, int]:
        """Process ids of the web server and the worker."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                words = (stat.parent / "cmdline").read_text()
            except OSError:
                continue
            if parent == self.process.pid:
                found["Worker" if "qcluster" in words else "Web"] = int(stat.parent.name)
        return found

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def start_one(*arguments: str, migrated: bool = False, **options: object) -> Up:
        if migrated:
            copy_migrated_file(tmp_path / "data")
        started.append(Up(tmp_path / "data", *arguments, **options))
        return started[-1]

    yield start_one
    for up in started:
        if up.process.poll() is None:
            kill(up.process)


def sign_in(url: str, email: str, password: str, browser: requests.Session | None = None) -> requests.Response:
    with browser or requests.Session() as own:
        own.get(f"{url}/accounts/login/", timeout=10)
        form = {"login": email, "password": password, "csrfmiddlewaretoken": own.cookies["csrftoken"]}
        return own.post(f"{url}/accounts/login/", form, headers={"Referer": url}, timeout=10)


def test_up_seeds_the_demo_serves_it_and_ends_cleanly(start):
    up = start(migrated=True)
    assert up.wait_for("ready") == f"ready {up.url}"
    assert "demo@gistline.example" in up.wait_for("Sign in at")
    assert requests.get(f"{up.url}/healthz", timeout=10).text == "ok"
    assert requests.get(f"{up.url}/sandbox/gist/contacts", timeout=10).status_code == 401
    assert sign_in(up.url, "demo@gistline.example", "demo-gistline").url == f"{up.url}/"
    children = up.children()
    assert up.stop() == 0
    assert set(children) == {"Web", "Worker"}
    assert all(is_gone(pid) for pid in children.values())


def seen_by_the_demo(url: str, path: str) -> str:
    with requests.Session() as browser:
        sign_in(url, "demo@gistline.example", "demo-gistline", browser)
        return browser.get(url + path, timeout=10).text


def test_the_first_start_ends_with_a_living_demo_that_is_not_made_twice(start):
    up = start(migrated=True, with_demo_link=True)
    assert up.wait_for("Demo:") == "Demo: alder-dental is linked; run 1 syncs its people now."
    assert "alder-dental" in seen_by_the_demo(up.url, "/")
    assert eventually(lambda: "Lena Fox" in seen_by_the_demo(up.url, "/log/?outcome=failed"))
    assert "Nadia Haddad" in seen_by_the_demo(up.url, "/problems/person/")
    up.stop()
    again = start(port=up.port, with_demo_link=True)
    again.wait_for("Sign in at")
    assert again.stop() == 0


def test_on_a_public_address_nothing_of_the_demo_is_there(start):
    up = start(PUBLIC_URL="https://gistline.example.com", migrated=True)
    assert "Set ADMIN_EMAIL and ADMIN_PASSWORD" in up.wait_for("There is no owner yet.")
    page = requests.get(f"{up.url}/accounts/login/", headers=FROM_PROXY, timeout=10)
    assert (page.status_code, "demo-gistline" in page.text) == (200, False)
    assert requests.get(f"{up.url}/sandbox/gist/contacts", timeout=10, allow_redirects=False).status_code == 404
    assert up.stop() == 0
    assert "demo-gistline" not in " ".join(filter(None, up.lines.queue))


@pytest.mark.parametrize("name", ["DEMO", "DEBUG"])
def test_what_is_for_this_machine_is_refused_before_anything_is_touched(start, tmp_path, name):
    up = start(PUBLIC_URL="https://gistline.example.com", **{name: "true"})
    assert f"Set {name}=false, or leave it out." in up.wait_for(f"CommandError: {name}=true is for this machine only")
    assert up.process.wait(PATIENCE) == 1
    assert not list((tmp_path / "data").glob("*.sqlite3"))


def test_switched_off_the_demo_leaves_no_login_behind(start):
    first = start(migrated=True)
    first.wait_for("ready")
    with requests.Session() as browser:
        sign_in(first.url, "demo@gistline.example", "demo-gistline", browser)
        assert browser.get(f"{first.url}/links/", allow_redirects=False, timeout=10).status_code == 200
        first.stop()
        second = start("--no-demo", port=first.port)
        second.wait_for("ready")
        answer = browser.get(f"{second.url}/links/", allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=/links/")
    assert "do not belong together" in sign_in(second.url, "demo@gistline.example", "demo-gistline").text
    second.stop()
    third = start(port=first.port)
    assert "demo-gistline" in third.wait_for("Sign in at")
    assert sign_in(third.url, "demo@gistline.example", "demo-gistline").url == f"{third.url}/"


def test_without_the_demo_there_is_the_owner_of_the_environment_and_no_sandbox(start):
    owner = {"ADMIN_EMAIL": "Owner@example.com", "ADMIN_PASSWORD": "correct-horse-battery"}
    up = start("--no-demo", migrated=True, **owner)
    up.wait_for("ready")
    assert requests.get(f"{up.url}/sandbox/gist/contacts", timeout=10, allow_redirects=False).status_code == 404
    assert sign_in(up.url, "owner@example.com", "correct-horse-battery").url == f"{up.url}/"


@pytest.mark.parametrize("name", ["Web", "Worker"])
def test_a_child_that_dies_is_started_again(start, name):
    up = start(migrated=True)
    up.wait_for("ready")
    killed = up.children()[name]
    os.kill(killed, signal.SIGKILL)
    assert up.wait_for(name) == f"{name} stopped (SIGKILL); it starts again in 0.5 s"
    assert eventually(lambda: up.children().get(name, killed) != killed)
    assert requests.get(f"{up.url}/healthz", timeout=20).text == "ok"


def test_nothing_lives_on_when_up_is_killed(start):
    up = start(migrated=True)
    up.wait_for("ready")
    children = up.children()
    up.process.kill()
    assert eventually(lambda: all(is_gone(pid) for pid in children.values()))


def test_a_port_in_use_is_a_sentence(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        up = start(port=taken.getsockname()[1])
        said = up.wait_for("CommandError: The address 127.0.0.1")
        assert "set HOST and PORT to another" in said
        assert up.process.wait(PATIENCE) == 1


def test_the_second_start_migrates_and_gathers_nothing(start):
    first = start()
    first.wait_for("Database: migrated.")
    first.wait_for("Static files: gathered.")
    first.wait_for("ready")
    first.stop()
    second = start()
    second.wait_for("ready")
    assert second.stop() == 0
