"""Whose turn it is: when a slice gives its worker to another link, and how a run comes to its next slice."""

import time
from dataclasses import dataclass, field

from django.utils import timezone

from integration.models import Run, RunStatus
from integration.queue import enqueue, links_called_for

TURN_SECONDS = 5.0
# Phases that get on in every slice, however short. The others begin with calls that each slice makes anew.
GIVING_WAY = ("read_ghl", "read_gist", "read_opted_out", "match", "compare", "apply", "lost_rules")


@dataclass
class Turn:
    """The time that the link `pk` has had a worker; to be asked about once a second."""

    pk: int
    began: float = field(default_factory=time.monotonic)
    _waiting: set[int] = field(default_factory=set)
    """Whose webhooks waited for a worker when this was asked last."""

    def is_over(self, phase: str) -> bool:
        """Whether another link has waited since the last time; for one that came just now a worker may be free."""
        if phase not in GIVING_WAY or time.monotonic() - self.began < TURN_SECONDS:
            return False
        before, self._waiting = self._waiting, links_called_for() - {self.pk}
        return not before.isdisjoint(self._waiting)


def queue_next_slice(run_id: int) -> None:
    """Queue the run's next slice, unless it waits, rests, is over, or somebody works on it."""
    run = Run.objects.select_related("link").defer("rules", "checkpoint").get(pk=run_id)
    is_waiting = run.wait_until and run.wait_until > timezone.now()
    if run.is_active and run.status != RunStatus.PAUSED and not is_waiting and not run.link.is_leased():
        enqueue("work_on_run", run_id, _sign_of_life(run))


def is_superseded(run_id: int, seen: str) -> bool:
    """Whether somebody worked on the run since its job was queued, and queued another one: of several chains of jobs,
    as the watchdog begins one for a run that only waits for its turn, one goes on. A job that began with the run has
    seen nothing.
    """
    return bool(seen) and seen != _sign_of_life(Run.objects.only("alive_at").get(pk=run_id))


def _sign_of_life(run: Run) -> str:
    return run.alive_at.isoformat() if run.alive_at else ""
