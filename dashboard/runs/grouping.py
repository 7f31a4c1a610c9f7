"""Runs about one contact each, kept together: whoever works through a list makes dozens, and they hide the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from urllib.parse import urlencode

from django.utils import timezone

from integration.models import COUNTS, Link, Run, RunKind, RunStatus

# Fewer stand for themselves.
FEWEST = 3


@dataclass(frozen=True)
class RunGroup:
    """Neighbours in the list, newest first, all about single contacts of one link."""

    members: list[Run]

    @property
    def link(self) -> Link:
        return self.members[0].link

    @property
    def newest(self) -> Run:
        return self.members[0]

    @property
    def oldest(self) -> Run:
        return self.members[-1]

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(name, sum(getattr(run, name) for run in self.members)) for name in COUNTS]

    @property
    def calls(self) -> dict[str, int]:
        return {side: sum(run.api_calls.get(side, 0) for run in self.members) for side in ("gist", "ghl")}

    @property
    def failed(self) -> int:
        """Runs that came to no end."""
        return sum(run.status in (RunStatus.FAILED, RunStatus.CANCELLED) for run in self.members)

    @property
    def failed_words(self) -> str:
        return f"{self.failed:,} came to no end"

    @property
    def query(self) -> str:
        """What finds these runs one by one."""
        since, until = self.oldest.created_at, self.newest.created_at + timedelta(seconds=1)
        moments = {"since": timezone.localtime(since).isoformat(), "until": timezone.localtime(until).isoformat()}
        return urlencode({"kind": RunKind.SINGLE.value, "link": self.link.key, **moments})


def group_singles(runs: Iterable[Run]) -> list[Run | RunGroup]:
    """The rows of a list, with a group in place of three or more such neighbours."""
    rows: list[Run | RunGroup] = []
    for is_single, neighbours in groupby(runs, key=_key_of_group):
        found = list(neighbours)
        rows += [RunGroup(found)] if is_single and len(found) >= FEWEST else found
    return rows


def _key_of_group(run: Run) -> int:
    """The link of a run about one contact that has ended, 0 for any other run."""
    return run.link_id if run.kind == RunKind.SINGLE and run.is_finished else 0
