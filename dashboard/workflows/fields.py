"""What can be picked in the workflow editor: fields for conditions and texts, and people and calendars read live."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache

from integration.connections import exchange_for, learn_location
from integration.errors import ProviderError, SetupError
from integration.models import Connection, Link
from integration.models.fields import UndecryptableValue
from integration.providers.exchange import Steps
from integration.providers.ghl.fields import BUILT_IN as GHL_FIELDS
from integration.providers.gist.conversations import TEAMMATES
from integration.providers.gist.fields import BUILT_IN as GIST_FIELDS
from integration.records import Field
from integration.related.writing import related_of
from integration.samples import kept_fields
from integration.workflows.placeholders import CONTACT_WORDS
from integration.workflows.triggers import TRIGGERS

AS_LONG_AS_KEPT = 60 * 24 * 365
"""Minutes: suggestions may be as old as they like, what is typed counts."""
PICK_SECONDS = 300
CONTACT = ("name", "email", "phone", "tags")
MOMENTS = ("start_at", "end_at", "due_at")
PROBLEMS = (ProviderError, SetupError, UndecryptableValue)
BUILT_IN = {"gist": GIST_FIELDS, "ghl": GHL_FIELDS}


@dataclass(frozen=True)
class Suggestion:
    """A field by the name that conditions and placeholders use, with what it is called on screen."""

    name: str
    label: str

    @property
    def placeholder(self) -> str:
        return f"{{{{ {self.name} }}}}"


def suggestions(link: Link, triggers: Iterable[str]) -> list[Suggestion]:
    """Fields of the person on either side, and what these triggers tell of their event."""
    told = dict.fromkeys(name for key in triggers if key in TRIGGERS for name in TRIGGERS[key].gives)
    found = [Suggestion(f"contact.{name}", _said(name)) for name in (*CONTACT, *CONTACT_WORDS)]
    found += [Suggestion(f"event.{name}", f"{_said(name)}, as the trigger tells it") for name in told]
    for side, name in (("gist", "Gist"), ("ghl", "GHL")):
        found += [Suggestion(f"{side}.{one.key}", f"{name}: {one.label}") for one in fields_of(link, side).values()]
    return [*found, Suggestion("link.name", "The link's name")]


def _said(name: str) -> str:
    return name.replace("_", " ").capitalize()


def fields_of(link: Link, side: str) -> Mapping[str, Field]:
    """The fields of a side as last read; the built-in ones where they never were."""
    return kept_fields(link.connection(side), AS_LONG_AS_KEPT) or BUILT_IN[side]


def moments(link: Link, triggers: Iterable[str]) -> list[Suggestion]:
    """Fields that hold a day or a moment."""
    told = dict.fromkeys(name for key in triggers if key in TRIGGERS for name in TRIGGERS[key].gives)
    found = [Suggestion(f"event.{name}", f"{_said(name)}, as the trigger tells it") for name in told if name in MOMENTS]
    for side, name in (("ghl", "GHL"), ("gist", "Gist")):
        dated = (one for one in fields_of(link, side).values() if one.type in ("date", "moment"))
        found += [Suggestion(f"{side}.{one.key}", f"{name}: {one.label}") for one in dated]
    return found


def zone_of(link: Link) -> str:
    """The location's time zone, asked for once; "" where it cannot be had."""
    if "timezone" not in link.ghl.settings:
        try:
            with exchange_for(link.ghl) as exchange:
                learn_location(link.ghl, exchange)
        except PROBLEMS:
            return ""
    return str(link.ghl.settings.get("timezone") or "")


# Picked live --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pick:
    """Ids with names, as read live; `problem` says why there are none to be had."""

    options: list[tuple[str, str]] = field(default_factory=list)
    problem: str = ""


def pick(link: Link, kind: str) -> Pick:
    """Users or calendars of GHL, or teammates of Gist; kept for a while, so that a click costs no call."""
    kept = cache.get(_key(link, kind))
    if kept is None:
        try:
            kept = _read(link.gist if kind == "teammate" else link.ghl, READERS[kind](link))
        except PROBLEMS as problem:
            return Pick(problem=str(problem))
        cache.set(_key(link, kind), kept, PICK_SECONDS)
    return Pick(kept)


def known_names(link: Link) -> dict[str, str]:
    """Names of everything that was read a moment ago, by id; asks nobody."""
    kept = cache.get_many([_key(link, kind) for kind in READERS])
    return {key: name for options in kept.values() for key, name in options}


def _key(link: Link, kind: str) -> str:
    return f"workflow-pick:{link.pk}:{kind}"


def _read(connection: Connection, steps: Steps[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    with exchange_for(connection) as exchange:
        return sorted(exchange.carry_out(steps), key=lambda one: one[1].casefold())


def _users(link: Link) -> Steps[list[tuple[str, str]]]:
    users = yield from related_of(link).users()
    return [(one.id, one.name or one.email or one.id) for one in users]


def _calendars(link: Link) -> Steps[list[tuple[str, str]]]:
    calendars = yield from related_of(link).calendars()
    return [(one.id, one.name or one.id) for one in calendars]


def _teammates(link: Link) -> Steps[list[tuple[str, str]]]:
    answer: dict[str, Any] = (yield TEAMMATES()).model_dump()
    mates = [one for one in answer.get("teammates") or () if isinstance(one, dict) and one.get("id")]
    return [(str(one["id"]), str(one.get("name") or one.get("email") or one["id"])) for one in mates]


READERS = {"user": _users, "calendar": _calendars, "teammate": _teammates}
