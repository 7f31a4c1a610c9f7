"""`manage.py up`: web and worker in the foreground, until Ctrl-C or SIGTERM."""

import http.client
import os
import signal
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from integration import demo
from integration.errors import SetupError
from integration.management.preparation import bind, prepare_database, prepare_static_files
from integration.management.processes import Child, stop_all

STOP_SECONDS = 9.0
"""For a clean end; with the rest it is over within 10 s."""
URGENT_AFTER_SECONDS = 1.0
SLOW_START_SECONDS = 20.0


class Command(BaseCommand):
    help = "Migrates, then runs the web server and the worker in the foreground."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="seed nothing and switch the sandbox off")

    def handle(self, *args: Any, **options: Any) -> None:
        self.with_demo = settings.DEMO and not options["no_demo"]
        if options["no_demo"]:
            os.environ["DEMO"] = "false"
        self.wish = StopWish()
        try:
            self._listener = bind(settings.HOST, settings.PORT)
        except SetupError as problem:
            raise CommandError(problem.problem) from problem
        self._prepare()
        if self.wish:
            return
        children = [self._web(), self._worker()]
        try:
            for child in children:
                child.start()
            self._settle_people()
            self._watch(children)
        finally:
            self._stop(children)

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    # Before ---------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        if prepare_database():
            self.say("Database: migrated.")
        if prepare_static_files():
            self.say("Static files: gathered.")

    def _settle_people(self) -> None:
        """Done while the children are starting, because importing the jobs takes as long as they do."""
        if demo.ensure_admin():
            self.say(f"Owner {settings.ADMIN_EMAIL} created.")
        self.demo_login = self.with_demo and demo.ensure_demo()
        from integration.jobs import SCHEDULES
        from integration.queue import install_schedules

        install_schedules(SCHEDULES)

    def _web(self) -> Child:
        listener = self._listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", "--bind", f"fd://{listener}"]
        command += ["--worker-class", "gthread", "--workers", "1", "--threads", "16", "--timeout", "120"]
        command += ["--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket"]
        command += ["--chdir", str(settings.BASE_DIR)]
        return Child("Web", command, self.say, inherits=(listener,))

    def _worker(self) -> Child:
        return Child("Worker", [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"], self.say)

    # Running --------------------------------------------------------------------------------------------

    def _watch(self, children: list[Child]) -> None:
        ready, warned, started = False, False, time.monotonic()
        while not self.wish:
            for child in children:
                child.watch()
            if not ready and is_ready():
                ready = True
                connections.close_all()
                self._say_ready()
            if not ready and not warned and time.monotonic() - started > SLOW_START_SECONDS:
                warned = True
                self.say("Not ready yet: the web server or the worker does not answer; its messages stand above.")
            time.sleep(0.2 if ready else 0.05)

    def _say_ready(self) -> None:
        self.say(f"ready http://{settings.HOST}:{settings.PORT}")
        if self.demo_login:
            self.say(f"Sign in at {settings.PUBLIC_URL} with {demo.DEMO_EMAIL} and the password {demo.DEMO_PASSWORD}")

    def _stop(self, children: list[Child]) -> None:
        killed = stop_all(children, STOP_SECONDS, hurry=lambda: self.wish.is_urgent)
        self._listener.close()
        self.say(f"Stopped; {' and '.join(killed)} had to be killed." if killed else "Stopped.")


class StopWish:
    """Truthy after SIGTERM or SIGINT; `is_urgent` when it was said again a while later."""

    def __init__(self) -> None:
        self.first_at, self.is_urgent = 0.0, False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def __bool__(self) -> bool:
        return self.first_at > 0

    def _note(self, number: int, frame: FrameType | None) -> None:
        """One wish may arrive twice: from the terminal, and handed on by make."""
        self.first_at = self.first_at or time.monotonic()
        self.is_urgent = time.monotonic() - self.first_at > URGENT_AFTER_SECONDS


def is_ready() -> bool:
    """Whether the web process answers and a worker is alive."""
    from integration.queue import health

    return web_answers() and health().workers > 0


def web_answers() -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104 -- compared, not bound
    asked = http.client.HTTPConnection(host, settings.PORT, timeout=2)
    try:
        asked.request("GET", "/healthz", headers={"Host": urlsplit(settings.PUBLIC_URL).netloc})
        return asked.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
