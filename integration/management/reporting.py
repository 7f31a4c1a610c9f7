"""What all commands share: `--json`, and errors as sentences with exit code 1."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from integration import audit
from integration.errors import ProviderError, SetupError
from integration.models import Connection, Link
from integration.models.fields import UndecryptableValue


class ReportingCommand(BaseCommand):
    """A command that reports. Subclasses implement `run` and call `report` once."""

    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    changes = False
    """Whether it changes anything; what only reads leaves no line in the audit trail."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json = bool(options["json"])
        try:
            with audit.acting(audit.system_user(), audit.COMMAND):
                self.run(**options)
                self._record(options)
        except (SetupError, ProviderError, UndecryptableValue) as problem:
            sentence = problem.problem if isinstance(problem, SetupError) else str(problem)
            self.fail(str(problem), error=sentence, where=getattr(problem, "where", ""))
        except (OperationalError, ProgrammingError) as problem:
            sentence = (
                f"The database does not answer as it should ({one_line(problem)}). `manage.py doctor` says what to do."
            )
            self.fail(sentence, error=sentence, where="DATABASE_URL")

    def run(self, **options: Any) -> None:
        raise NotImplementedError

    def _record(self, options: dict[str, Any]) -> None:
        """A line in the audit trail for a command that `changes` something, unless it recorded more itself."""
        if self.changes and not audit.current().is_recorded:
            name = type(self).__module__.rpartition(".")[2]
            audit.record(f"command:{name}", link=str(options.get("link") or "")[:80])

    def report(self, lines: Sequence[str], data: Any) -> None:
        """Print `lines` for people, or `data` for machines."""
        for line in [json.dumps(data, ensure_ascii=False, default=str)] if self.as_json else lines:
            self.stdout.write(line)
        self.stdout.flush()

    def fail(self, sentence: str, **data: Any) -> None:
        """End with exit code 1 and the sentence; machines get `data` besides."""
        if self.as_json and data:
            self.report([], data)
        raise CommandError(sentence)


def one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()) or type(problem).__name__


def find_link(key: str) -> Link:
    """The link with this key. Raises SetupError naming those there are."""
    link = Link.objects.select_related("gist", "ghl").filter(key=key).first()
    if link is None:
        raise SetupError(f"There is no link “{key}”. {_list_keys(Link.objects.values_list('key', flat=True))}", "LINK")
    return link


def find_connection(key: str) -> Connection:
    """The connection with this key. Raises SetupError naming those there are."""
    connection = Connection.objects.filter(key=key).first()
    if connection is None:
        keys = Connection.objects.values_list("key", flat=True)
        raise SetupError(f"There is no connection “{key}”. {_list_keys(keys)}", "CONNECTION")
    return connection


def _list_keys(keys: Any) -> str:
    names = ", ".join(sorted(keys))
    return f"There is: {names}." if names else "There is none yet; `manage.py apply FILE` makes some."
