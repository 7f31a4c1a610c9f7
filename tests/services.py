"""A PostgreSQL and a Redis of a test's own, which it may stop, kill and start again."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import redis

from tests.processes import free_port


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, which Debian keeps out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def need_programs() -> None:
    """Skips, or with CI=true fails, where this machine has no programs of the servers."""
    missing = [name for name, there in (("PostgreSQL", postgres_programs()), ("Redis", redis_program())) if not there]
    if not missing:
        return
    sentence = f"no programs of {' and '.join(missing)} here: apt-get install postgresql redis-server"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def redis_program() -> str | None:
    return shutil.which("redis-server")


@dataclass
class Postgres:
    """A cluster of its own; `url` is that of its database `gistline`."""

    port: int = field(default_factory=free_port)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="restarts-")))

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/gistline"

    def create(self) -> "Postgres":
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        # What is on disk outlives a killed server without fsync, too; it would not outlive the machine.
        self._program("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self.start()
        with psycopg.connect(self.url.replace("gistline", "postgres"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE gistline")
        return self

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._program("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def crash(self) -> None:
        """All connections break, and nothing is written down: the next start recovers from the log."""
        self._program("pg_ctl", "-m", "immediate", "-w", "stop")

    def end(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _program(self, name: str, *arguments: str) -> None:
        programs = postgres_programs()
        assert programs
        # PostgreSQL refuses to run as root.
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*user, str(programs / name), "-D", str(self.folder), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@dataclass
class Redis:
    """A server of its own that writes nothing down: killed and started again, it is empty."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "Redis":
        program = redis_program()
        assert program
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.05)
        return self

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.kill()

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=1, retry=None) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
