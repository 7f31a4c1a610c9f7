"""What people can be alerted about: one registry, read by the matrix, the watch and the words of messages."""

from dataclasses import dataclass

NEEDED, WRONG, GOOD = "A person is needed now", "Going wrong", "Good to know"


@dataclass(frozen=True)
class Event:
    """`since` says from when on it alerts; `usual`: a new channel has it."""

    code: str
    title: str
    about: str
    since: str
    group: str
    usual: bool = True

    @property
    def urgent(self) -> bool:
        """Whether it comes in quiet hours, too."""
        return self.group == NEEDED


_ALL = (
    Event("login", "A login ended", "everything of that account waits", "at once", NEEDED),
    Event("paused", "Something was paused by itself", "almost everything failed, or a run is over its cap", "at once",
          NEEDED),
    Event("silence", "Webhooks have gone quiet", "while the API works; measured against each account’s own rhythm",
          "within twice the usual gap", NEEDED),
    Event("problem_new", "A new problem", "once per cause", "5 records, or 5 min", WRONG),
    Event("problem_back", "A problem came back", "after success and a quiet day; not where it comes and goes anyway",
          "5 records, or 5 min", WRONG),
    Event("problem_rise", "A problem grows far above its own rhythm", "chronic noise stays silent",
          "3 times its busiest usual hour", WRONG),
    Event("run_long", "A run takes much longer than usual", "against the link’s own runs of that kind",
          "3 times as long", WRONG),
    Event("recovery", "Well again", "after each of the above, once", "at once; a problem after 10 min", GOOD),
    Event("questions", "Somebody must decide", "conflicts and matches, at most once a day", "the first question", GOOD),
    Event("digest", "Day in numbers", "written, failed, open problems, questions", "once a day", GOOD, usual=False),
)  # fmt: skip

EVENTS = {event.code: event for event in _ALL}
WITHOUT_RECOVERY = ("questions", "digest")
"""Events whose end is nobody's news."""


def usual_events() -> list[str]:
    """What a new channel begins with."""
    return [event.code for event in _ALL if event.usual]
