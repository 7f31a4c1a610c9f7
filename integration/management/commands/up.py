"""`manage.py up`: web and worker in the foreground, until Ctrl-C or SIGTERM."""

import http.client
import logging
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
from integration.backup.interrupted import interrupted_restore
from integration.errors import SetupError
from integration.management.exposure import refused_settings
from integration.management.preparation import (
    bind_listener,
    one_host_at_a_time,
    prepare_database,
    prepare_static_files,
    wait_for_services,
)
from integration.management.private_files import close_to_others
from integration.management.processes import Child, stop_all

logger = logging.getLogger(__name__)

# For a clean end; with the rest it is over within 10 s.
STOP_SECONDS = 9.0
URGENT_AFTER_SECONDS = 1.0
SLOW_START_SECONDS = 20.0
# The sandbox answers in the web server itself: as many calls as the live reads of all pages can make at once.
SANDBOX_THREADS = 48


class Command(BaseCommand):
    help = "Migrates, then runs the web server and the worker in the foreground."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="seed nothing and switch the sandbox off")

    def handle(self, *args: Any, **options: Any) -> None:
        self.with_demo = settings.DEMO and not options["no_demo"]
        if options["no_demo"]:
            # The children read the settings anew; the environment is what they inherit.
            os.environ["DEMO"] = "false"
        _refuse_exposed_settings(options["no_demo"])
        if sentence := interrupted_restore():
            raise CommandError(f"Not started: {sentence}")
        self.wish = StopWish()
        try:
            # Before the database is touched: a second `up` on the same port must fail without having changed
            # anything.
            self._listener = bind_listener(settings.HOST, settings.PORT)
        except SetupError as problem:
            raise CommandError(problem.problem) from problem
        wait_for_services(settings.STARTUP_WAIT_SECONDS, self.print_line, lambda: bool(self.wish))
        # Asked to stop while waiting.
        if self.wish:
            return
        self._prepare_files()
        # Asked to stop while migrating: nothing is started any more.
        if self.wish:
            return
        self.print_line("Starting web server and worker…")
        children = [self._web_process(), self._worker_process()]
        try:
            for child in children:
                child.start()
            self._create_people()
            self._watch_children(children)
        finally:
            self._stop_children(children)

    def print_line(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    # Before ---------------------------------------------------------------------------------------------

    def _prepare_files(self) -> None:
        close_to_others()
        if prepare_database(self._announce_migration):
            self.print_line("Database: migrated.")
        if not self.with_demo:
            demo.switch_off_demo()
        if prepare_static_files():
            self.print_line("Static files: gathered.")

    def _announce_migration(self, number: int) -> None:
        self.print_line(f"Database: {number} {'step' if number == 1 else 'steps'} to migrate, which may take a while.")

    def _create_people(self) -> None:
        """Done while the children are starting, because importing the jobs takes as long as they do."""
        from integration.jobs import SCHEDULES
        from integration.queue import install_schedules

        with one_host_at_a_time():
            if demo.ensure_admin():
                self.print_line(f"Owner {settings.ADMIN_EMAIL} created.")
            self.demo_login = self.with_demo and demo.switch_on_demo()
            self.has_owner = demo.has_owner()
            install_schedules(SCHEDULES)

    def _web_process(self) -> Child:
        listener = self._listener.fileno()
        threads = settings.WEB_THREADS + (SANDBOX_THREADS if self.with_demo else 0)
        command = [sys.executable, "-m", "dashboard.web_server", str(listener), str(threads)]
        return Child("Web", command, self.print_line, inherits=(listener,), folder=settings.BASE_DIR)

    def _worker_process(self) -> Child:
        return Child("Worker", [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"], self.print_line)

    # Running --------------------------------------------------------------------------------------------

    def _watch_children(self, children: list[Child]) -> None:
        ready, warned, started = False, False, time.monotonic()
        while not self.wish:
            for child in children:
                child.watch()
            if not ready and is_ready():
                ready = True
                self._set_up_demo_link()
                # From here on this process only watches its children and needs no database.
                connections.close_all()
                self._print_ready()
            if not ready and not warned and time.monotonic() - started > SLOW_START_SECONDS:
                warned = True
                self.print_line(
                    "Not ready yet: the web server or the worker does not answer; its messages stand above."
                )
            time.sleep(0.2 if ready else 0.05)

    def _set_up_demo_link(self) -> None:
        """On the first start with the demo, once the web server answers: the sandbox is part of it."""
        if not self.demo_login or not demo.is_first_start():
            return
        # Only the first start needs what the sync is made of.
        from integration.management.demo_link import set_up_demo_link

        try:
            run = set_up_demo_link()
        except Exception as problem:
            # A demo that cannot be set up must not keep anybody from what else there is.
            logger.exception("the demo could not be set up")
            self.print_line(f"Demo: could not be set up ({type(problem).__name__}); connect the sandbox by hand.")
        else:
            self.print_line(f"Demo: {run.link.name} is linked; run {run.pk} syncs its people now.")

    def _print_ready(self) -> None:
        self.print_line(f"ready http://{settings.HOST}:{settings.PORT}")
        if self.demo_login:
            self.print_line(
                f"Sign in at {settings.PUBLIC_URL} with {demo.DEMO_EMAIL} and the password {demo.DEMO_PASSWORD}"
            )
        elif not self.has_owner:
            self.print_line(f"There is no owner yet. {demo.HOW_TO_CREATE_AN_OWNER}")

    def _stop_children(self, children: list[Child]) -> None:
        killed = stop_all(children, STOP_SECONDS, hurry=lambda: self.wish.is_urgent)
        self._listener.close()
        if killed:
            _hand_over()
        self.print_line(f"Stopped; {' and '.join(killed)} had to be killed." if killed else "Stopped.")


def _refuse_exposed_settings(no_demo: bool) -> None:
    """Before anything else: what is refused must not have changed anything. Raises CommandError."""
    sentences = [sentence for name, sentence in refused_settings() if not (no_demo and name == "DEMO")]
    if sentences:
        raise CommandError("\n".join(sentences))


def _hand_over() -> None:
    """Free what killed workers held, and have the workers of other hosts go on with it."""
    from integration.runs.recover import recover_lost_runs

    try:
        recover_lost_runs()
    except Exception as problem:
        # Leases run out by themselves, and the watchdog looks every minute.
        logger.warning("what was under way could not be handed over: %s", type(problem).__name__)


class StopWish:
    """Truthy after SIGTERM or SIGINT; `is_urgent` once another came more than URGENT_AFTER_SECONDS later."""

    def __init__(self) -> None:
        self.first_at, self.is_urgent = 0.0, False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_signal)

    def __bool__(self) -> bool:
        return self.first_at > 0

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        """One Ctrl-C may arrive twice, from the terminal and handed on by make: a second one at once is the same."""
        self.first_at = self.first_at or time.monotonic()
        self.is_urgent = time.monotonic() - self.first_at > URGENT_AFTER_SECONDS


def is_ready() -> bool:
    """Whether the web process answers and a worker is alive."""
    from integration.queue import check_queue

    return web_answers() and check_queue().workers > 0


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
