"""When a slice gives its worker to another link: webhooks must not wait until those that take long are done."""

import time
from dataclasses import dataclass, field

from integration.queue import links_called_for

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
