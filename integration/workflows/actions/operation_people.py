"""What an operation needs of the person it is for, filled in where the operator leaves it blank."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integration.errors import NotSent
from integration.providers.exchange import Steps
from integration.providers.operations import Json
from integration.records import is_blank
from integration.workflows.actions.base import Context

Fill = Callable[[Context], Steps[Json]]


@dataclass(frozen=True)
class PersonFill:
    """`fill` gives members of the body, or of the query, unless one of `names` stands there already.

    `reads` says that it reads the contact first.
    """

    names: tuple[str, ...]
    fill: Fill
    reads: bool = False


def fill_person(key: str, context: Context, given: Mapping[str, object]) -> Steps[Json]:
    """`given` with what the operation `key` needs of the person. Raises NotSent where the person has none of it."""
    known = PERSON.get(key)
    if known is None or any(not is_blank(given.get(name)) for name in known.names):  # type: ignore[arg-type]
        return dict(given)
    return {**given, **(yield from known.fill(context))}


def _ghl_contact(context: Context) -> Steps[Json]:
    yield from ()
    return {"contactId": context.ghl_id}


def _gist_contact(name: str) -> Fill:
    def fill(context: Context) -> Steps[Json]:
        yield from ()
        return {name: gist_number(context.gist_id)}

    return fill


def _sender(context: Context) -> Steps[Json]:
    yield from ()
    return {"from": {"id": gist_number(context.gist_id)}}


def gist_addressee(context: Context) -> Steps[Json]:
    """How Gist is told whom an event or a campaign is about: by address or outside id (docs/gist-api.md#events)."""
    contact = yield from context.read_contact("gist")
    if contact.email:
        return {"email": contact.email}
    user_id = contact.values.get("user_id")
    if is_blank(user_id):
        raise NotSent("This person has neither an e-mail address nor a user id in Gist: Gist asks for one.")
    return {"user_id": user_id}


def _address(context: Context) -> Steps[Json]:
    contact = yield from context.read_contact("gist")
    if not contact.email:
        raise NotSent("This person has no e-mail address in Gist: a form asks for one.")
    return {"email": contact.email}


def gist_number(text: str) -> int | str:
    """An id as Gist's bodies hold it (docs/gist-api.md#contacts)."""
    return int(text) if text.isdecimal() else text


_WHOM = ("email", "user_id", "id")
PERSON: Mapping[str, PersonFill] = {
    "ghl.appointments.create": PersonFill(("contactId",), _ghl_contact),
    "gist.contacts.save": PersonFill(_WHOM, _gist_contact("id")),
    "gist.contacts.delete_by": PersonFill(_WHOM[:2], gist_addressee, reads=True),
    "gist.events.track": PersonFill(_WHOM[:2], gist_addressee, reads=True),
    "gist.subscription_types.set": PersonFill(("contact_id", "contact", *_WHOM), _gist_contact("contact_id")),
    "gist.campaigns.set": PersonFill(_WHOM[:2], gist_addressee, reads=True),
    "gist.forms.subscribe": PersonFill(("email",), _address, reads=True),
    "gist.conversations.create": PersonFill(("from",), _sender),
}
