"""Finding the one person a workflow is tried on: by e-mail address or by either side's id."""

from integration.connections import contacts_of, exchange_for
from integration.errors import Gone, Rejected, SetupError
from integration.models import Connection, Link, Pair, Snapshot
from integration.providers.exchange import Steps
from integration.records import Contact
from integration.workflows.notice import Person


def person(link: Link, text: str) -> Person:
    """Who is meant. Asks the two accounts only for somebody never seen. Raises SetupError, ProviderError."""
    text = text.strip()
    if not text:
        raise SetupError("say who: an e-mail address, or the person's id in Gist or GHL.")
    by = {"email": text.lower()} if "@" in text else {"external_id": text}
    known = Snapshot.objects.filter(link=link, **by).first()
    if known:
        return _person(link, known.side, known.external_id, known.label)
    for side in ("gist", "ghl"):
        if found := _asked(link.connection(side), text):
            return _person(link, side, found.id, found.label)
    raise SetupError(f"neither side has a contact “{text}”.")


def _person(link: Link, side: str, contact_id: str, label: str) -> Person:
    """With both ids where the link has paired them."""
    known = {f"{side}_id": contact_id}
    pair = Pair.objects.filter(link=link, kind="contact", **known).first()
    return Person(pair.gist_id, pair.ghl_id, label or pair.label) if pair else Person(label=label, **known)


def _asked(connection: Connection, text: str) -> Contact | None:
    with exchange_for(connection) as exchange:
        return exchange.carry_out(_search(connection, text))


def _search(connection: Connection, text: str) -> Steps[Contact | None]:
    contacts = contacts_of(connection)
    if "@" in text:
        return next(iter((yield from contacts.find(email=text))), None)
    if not text.isalnum() or (connection.provider == "gist" and not text.isdigit()):
        return None
    try:
        return (yield from contacts.read(text))
    except (Gone, Rejected):
        return None
