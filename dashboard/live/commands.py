"""Commands whose request waited long enough: what came of them is kept where any web process can tell it."""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core.cache import cache
from django.utils import timezone

from dashboard.live.threads import COMMAND_SECONDS, StillUnderWay, begin_command
from integration.errors import ProviderError, SetupError
from integration.privacy.masking import is_masking, mask_sentence

PROBLEMS = (SetupError, ProviderError)
FAULT = "Gistline failed over it; the server’s log says where. Read again how it stands."
KEPT_SECONDS = 24 * 3600
# A command that has not ended by then never will: its process was stopped. The last call of it may outlast the limit.
LONGEST = timedelta(seconds=2 * COMMAND_SECONDS)


@dataclass(frozen=True)
class CommandResult:
    """What a command did, or why it did not, in a sentence. Neither while it is under way; `token` names it then."""

    done: str = ""
    problem: str = ""
    token: str = ""
    since: datetime | None = None

    @property
    def sentence(self) -> str:
        return self.done or self.problem

    @property
    def is_lost(self) -> bool:
        return not self.sentence and self.since is not None and timezone.now() - self.since > LONGEST


def run_command(command: Callable[[], str]) -> CommandResult:
    """Carry out what writes to Gist or GHL, and wait for it as long as a person does. It goes on after that."""
    tracked = _TrackedCommand(command)
    try:
        return begin_command(tracked.run)
    except StillUnderWay:
        return tracked.follow()
    except PROBLEMS as problem:
        return CommandResult(problem=str(problem))


def find_command(token: UUID) -> CommandResult | None:
    kept: dict[str, str] | None = cache.get(_cache_key(str(token)))
    if kept is None:
        return None
    since = datetime.fromisoformat(kept["since"]) if kept["since"] else None
    done, problem = kept["done"], kept["problem"]
    if is_masking():
        done, problem = mask_sentence(done), mask_sentence(problem)
    return CommandResult(done, problem, kept["token"], since)


@dataclass
class _TrackedCommand:
    """A command between its thread and its request. Only what the request waits for no longer is kept."""

    command: Callable[[], str]
    token: str = field(default_factory=lambda: str(uuid4()))
    result: CommandResult | None = None
    is_followed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> CommandResult:
        """In the thread of the command. A fault of ours is raised, and known as a result too."""
        try:
            result = CommandResult(done=self.command())
        except PROBLEMS as problem:
            result = CommandResult(problem=str(problem))
        except Exception:
            self._end(CommandResult(problem=FAULT))
            raise
        self._end(result)
        return result

    def _end(self, result: CommandResult) -> None:
        with self.lock:
            self.result = result
            if self.is_followed:
                _keep(self.token, result)

    def follow(self) -> CommandResult:
        """In the request: from now on the result is kept for whoever asks by the token."""
        with self.lock:
            self.is_followed = True
            _keep(self.token, self.result or CommandResult(token=self.token, since=timezone.now()))
        return CommandResult(token=self.token, since=timezone.now())


def _keep(token: str, result: CommandResult) -> None:
    since = result.since.isoformat() if result.since else ""
    cache.set(_cache_key(token), {**asdict(result), "since": since}, KEPT_SECONDS)


def _cache_key(token: str) -> str:
    return f"command:{token}"
