"""The chapters of the guide, in their order, and whether each is done: a tick stands only where something shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.guide.facts import GuideFacts


@dataclass(frozen=True)
class Chapter:
    """`key` is its address, `lead` the line under its title, `is_done` asks the facts."""

    key: str
    title: str
    minutes: int
    lead: str
    is_done: Callable[[GuideFacts], bool]

    @property
    def template(self) -> str:
        return f"guide/{self.key}.html"


CHAPTERS = {
    one.key: one
    for one in (
        Chapter(
            "app", "Create the GHL app", 8,
            "Once for your agency. Every location then connects with one button. For a single location a private "
            "token is enough: go on to the next chapter.",
            lambda facts: facts.has_app and facts.came_back_here and not facts.missing_scopes,
        ),
        Chapter(
            "location", "Connect a location", 2,
            "Sign in at GoHighLevel and choose the location; Gistline never sees the password.",
            lambda facts: facts.ghl_works,
        ),
        Chapter(
            "gist-key", "Find the Gist key", 1,
            "Gist lets Gistline in by one key for the whole workspace.",
            lambda facts: facts.gist_works,
        ),
        Chapter(
            "webhooks", "Gist’s webhooks", 6,
            "With them a change arrives within about a second; without them nothing is lost, but it waits for the "
            "schedule.",
            lambda facts: facts.hears_gist,
        ),
        Chapter(
            "sandbox", "Rehearse in the sandbox", 10,
            "Try everything on made-up people before a client’s account is touched.",
            lambda facts: facts.has_rehearsed,
        ),
        Chapter(
            "live", "Go live in stages", 15,
            "A new link only watches. It writes once you have read what it would write.",
            lambda facts: facts.is_live,
        ),
    )
}  # fmt: skip


def first_open(facts: GuideFacts) -> Chapter:
    """The first chapter that is not done, the last one where all are."""
    return next((one for one in CHAPTERS.values() if not one.is_done(facts)), list(CHAPTERS.values())[-1])
