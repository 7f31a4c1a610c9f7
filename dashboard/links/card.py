"""One link with everything its card shows."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from dashboard.ages import ago
from dashboard.links.counts import Counts
from integration.models import Link, Run
from integration.sync.parity import Parity


@dataclass(frozen=True)
class Health:
    """`tone` picks badge and wire; `title` is the badge, `sentence` explains it, `href` leads to what it names.
    `person`: somebody must act.
    """

    tone: str
    title: str
    sentence: str
    person: bool = False
    href: str = ""


@dataclass
class Card:
    """`today` counts people of runs that began since midnight and wrote, `calls` the calls of all runs since then.

    `last` is the newest finished run, `last_read` the newest that was to read both sides, `completed` the newest that
    did so to its end. `half` is the newest plan, undo or import, where it ended before its end and nobody read
    everyone since. `version` is the key of the newest mapping. `ended_at` is when any run ended last. `questions` and
    open `problems` wait for a person; `waiting` counts records that events said to read again, `undecided` those read
    and not decided. `counts` may be some seconds old; all else is of now.
    """

    link: Link
    health: Health = Health("idle", "", "")
    counts: Counts = field(default_factory=lambda: Counts(timezone.now(), Parity()))
    active: Run | None = None
    last: Run | None = None
    last_read: Run | None = None
    completed: Run | None = None
    half: Run | None = None
    version: int | None = None
    ended_at: datetime | None = None
    failures: int = 0
    problems: int = 0
    questions: int = 0
    waiting: int = 0
    undecided: int = 0
    today: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def fresh_at(self) -> datetime | None:
        """What changed before that was read: when the last complete reading of both sides began."""
        return (self.completed.started_at if self.completed else None) or self.link.full_run_at

    @property
    def parity(self) -> Parity:
        return self.counts.parity

    @property
    def records(self) -> dict[str, int]:
        """Known per side."""
        return {"gist": self.parity.known_gist, "ghl": self.parity.known_ghl}

    @property
    def counted_ago(self) -> str:
        """`12 s ago`; "" for now."""
        return ago(self.counts.at) if self.counts.is_kept else ""

    @property
    def pairs(self) -> int:
        """People who are together."""
        return self.parity.together

    @property
    def written_today(self) -> int:
        return sum(self.today.get(name, 0) for name in ("created", "updated"))
