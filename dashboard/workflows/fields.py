"""What can be picked in the workflow editor: fields for conditions and texts, and people and calendars read live."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache

from integration.connections.fields import known_fields
from integration.connections.location import learn_location
from integration.connections.session import exchange_for
from integration.errors import ProviderError, SetupError
from integration.models import Connection, Link
from integration.models.fields import UndecryptableValue
from integration.providers.exchange import Steps
from integration.providers.ghl.locations import WORKFLOWS
from integration.providers.gist.audience import CAMPAIGNS
from integration.providers.gist.conversations import TEAMMATES
from integration.records import Field
from integration.related.write import related_of
from integration.workflows.placeholders import CONTACT_WORDS
from integration.workflows.triggers import TRIGGERS

# Seconds after which choices are read anew, and for which they are shown meanwhile.
OPTIONS_SECONDS, OPTIONS_KEPT_SECONDS = 300, 24 * 3600
CONTACT = ("name", "email", "phone", "tags")
MOMENTS = ("start_at", "end_at", "due_at")
ZONE = "zone"
PROBLEMS = (ProviderError, SetupError, UndecryptableValue)


@dataclass(frozen=True)
class Suggestion:
    """A field by the name that conditions and placeholders use, with what it is called on screen."""

    name: str
    label: str

    @property
    def placeholder(self) -> str:
        return f"{{{{ {self.name} }}}}"


def suggest_fields(link: Link, triggers: Iterable[str]) -> list[Suggestion]:
    """Fields of the person on either side, and what these triggers know of their event."""
    found = [Suggestion(f"contact.{name}", _label_of_name(name)) for name in (*CONTACT, *CONTACT_WORDS)]
    found += _event_suggestions(triggers)
    for side, name in (("gist", "Gist"), ("ghl", "GHL")):
        found += [
            Suggestion(f"{side}.{one.key}", f"{name}: {one.label}") for one in known_fields_of(link, side).values()
        ]
    return [*found, Suggestion("link.name", "The link's name")]


def _event_suggestions(triggers: Iterable[str]) -> list[Suggestion]:
    names = dict.fromkeys(name for key in triggers if key in TRIGGERS for name in TRIGGERS[key].gives)
    return [Suggestion(f"event.{name}", f"{_label_of_name(name)}, as the trigger tells it") for name in names]


def _label_of_name(name: str) -> str:
    return name.replace("_", " ").capitalize()


def known_fields_of(link: Link, side: str) -> Mapping[str, Field]:
    return known_fields(link.connection(side))


def suggest_moments(link: Link, triggers: Iterable[str]) -> list[Suggestion]:
    """Fields that hold a day or a moment."""
    found = [one for one in _event_suggestions(triggers) if one.name.removeprefix("event.") in MOMENTS]
    for side, name in (("ghl", "GHL"), ("gist", "Gist")):
        dated = (one for one in known_fields_of(link, side).values() if one.type in ("date", "moment"))
        found += [Suggestion(f"{side}.{one.key}", f"{name}: {one.label}") for one in dated]
    return found


def zone_of(link: Link) -> str:
    """The location's time zone, "" where it is not known."""
    return str(link.ghl.settings.get("timezone") or "")


def learn_zone(link: Link) -> None:
    """Ask for the location's time zone, once. Where it cannot be had it stays unknown."""
    with suppress(*PROBLEMS), exchange_for(link.ghl) as exchange:
        learn_location(link.ghl, exchange)


# Picked live --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Options:
    """Ids with names, as read last; `problem` says why there are none to be had. `is_fresh`: they need no reading."""

    options: list[tuple[str, str]] = field(default_factory=list)
    problem: str = ""
    is_fresh: bool = True


def known_options(link: Link, kind: str) -> Options:
    """Users or calendars of GHL, or teammates or campaigns of Gist, as they were read last; nobody is asked."""
    read_at, options = cache.get(_cache_key(link, kind)) or (0.0, [])
    return Options(options, is_fresh=time.time() - read_at < OPTIONS_SECONDS)


def read_options(link: Link, kind: str) -> Options:
    """The same, read now and kept for a while, so that a click costs no call."""
    try:
        options = _read_sorted(link.gist if kind in OF_GIST else link.ghl, READERS[kind](link))
    except PROBLEMS as problem:
        # A failure is not kept: opening the action again asks again.
        return Options(problem=str(problem))
    cache.set(_cache_key(link, kind), (time.time(), options), OPTIONS_KEPT_SECONDS)
    return Options(options)


def known_names(link: Link) -> dict[str, str]:
    """Names of everything that was read lately, by id; asks nobody."""
    # Lists and comparisons show names where they happen to be known; an id is good enough elsewhere.
    kept = cache.get_many([_cache_key(link, kind) for kind in READERS])
    return {key: name for _, options in kept.values() for key, name in options}


def _cache_key(link: Link, kind: str) -> str:
    return f"workflow-choice:{link.pk}:{kind}"


def _read_sorted(connection: Connection, steps: Steps[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    with exchange_for(connection) as exchange:
        return sorted(exchange.carry_out(steps), key=lambda one: one[1].casefold())


def _read_users(link: Link) -> Steps[list[tuple[str, str]]]:
    users = yield from related_of(link).list_users()
    return [(one.id, one.name or one.email or one.id) for one in users]


def _read_calendars(link: Link) -> Steps[list[tuple[str, str]]]:
    calendars = yield from related_of(link).list_calendars()
    return [(one.id, one.name or one.id) for one in calendars]


def _read_teammates(link: Link) -> Steps[list[tuple[str, str]]]:
    answer: dict[str, Any] = (yield TEAMMATES()).model_dump()
    mates = [one for one in answer.get("teammates") or () if isinstance(one, dict) and one.get("id")]
    return [(str(one["id"]), str(one.get("name") or one.get("email") or one["id"])) for one in mates]


def _read_campaigns(link: Link) -> Steps[list[tuple[str, str]]]:
    """Those of the first page, which is as many as a list to pick from can show."""
    answer: dict[str, Any] = (yield CAMPAIGNS(query={"per_page": 100})).model_dump()
    campaigns = [one for one in answer.get("campaigns") or () if isinstance(one, dict) and one.get("id")]
    return [(str(one["id"]), str(one.get("name") or one["id"])) for one in campaigns]


def _read_automations(link: Link) -> Steps[list[tuple[str, str]]]:
    answer = yield WORKFLOWS(query={"locationId": link.ghl.account_id})
    return [(one.id, one.name or one.id) for one in answer.workflows]


OF_GIST = ("teammate", "campaign")
READERS = {
    "user": _read_users,
    "calendar": _read_calendars,
    "teammate": _read_teammates,
    "campaign": _read_campaigns,
    "automation": _read_automations,
}
