"""What a check says, and the registry of all checks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from integration.checks.facts import LinkFacts


@dataclass(frozen=True)
class CheckResult:
    """`title` says what was found, `remedy` what to do, and `button` leads there as `(place, key, words)`.

    A place is "connection", "reconnect", "mapping", "workflow", "link", "alerts" (without a key) or "" for none.
    `misleads`: nothing fails by it, but something is not seen or not told.
    """

    check: str
    link: str
    ok: bool
    title: str
    remedy: str = ""
    button: tuple[str, str, str] = ("", "", "")
    misleads: bool = False

    def report(self) -> dict[str, Any]:
        """What `manage.py checks --json` prints as a line."""
        return {"check": self.check, "link": self.link, "ok": self.ok, "title": self.title, "remedy": self.remedy}


Judge = Callable[[LinkFacts], Iterator[CheckResult]]
JUDGES: dict[str, Judge] = {}


def check(key: str) -> Callable[[Judge], Judge]:
    """Registers a check under its stable key."""

    def register(judge: Judge) -> Judge:
        JUDGES[key] = judge
        return judge

    return register
