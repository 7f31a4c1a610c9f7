"""A person's word that somebody may be written to again: the only way by which an opt-out from e-mail is lifted."""

from typing import Any

from django.db import transaction

from integration.connections.session import contacts_of
from integration.errors import NotSent
from integration.models import LogEntry, Provider, Snapshot
from integration.people.commands import Journal, carry_out
from integration.people.find import KnownPerson
from integration.providers.exchange import Steps
from integration.records import CONSENT_FIELDS, EMAIL_CONSENT, OPTED_IN, Contact, is_opted_out
from integration.related.write_result import WriteResult
from integration.sync.apply import update_contact
from integration.sync.consent import remember_lifted
from integration.sync.opt_ins import SAID_BY_A_PERSON
from integration.sync.plan import updates_of

LABEL = "E-mail consent"


def allow_emails(person: KnownPerson, user: Any) -> LogEntry:
    """Lift the opt-out on every side that has one; GHL's calls and messages stay as they are.

    Raises NotSent, ProviderError. The entry of the log names who said so.
    """

    def steps(journal: Journal) -> Steps[WriteResult]:
        lifted: list[str] = []
        # GHL first: it keeps some refusals for good, and then Gist must not be opted in either.
        for side in (side for side in ("ghl", "gist") if person.ids.get(side)):
            contacts = contacts_of(person.link.connection(side))
            contact: Contact = yield from contacts.read(person.ids[side])
            if not is_opted_out(contact.side, contact.values):
                continue
            wanted = {EMAIL_CONSENT[contact.side]: OPTED_IN[contact.side]}
            changes = updates_of(contact, wanted, SAID_BY_A_PERSON)
            journal += changes
            yield from update_contact(contacts, changes, contact)
            lifted.append(Provider(side).label)
        if not lifted:
            raise NotSent(f"Nothing was changed: nothing stops e-mails to {person.label or 'this person'}.")
        where = " and ".join(lifted)
        message = f"{user} said that {person.label or 'this person'} asked for e-mails again: allowed in {where}."
        return WriteResult("contact", LABEL, side="", did="updated", reason="opted_in", message=message)

    entry = carry_out(person, user, "contact", LABEL, steps)
    _forget_opt_out(person)
    return entry


@transaction.atomic
def _forget_opt_out(person: KnownPerson) -> None:
    """Both sides agree from now on: the next opt-out, however soon, is news and no difference that was left."""
    for side, external_id in person.ids.items():
        known = Snapshot.objects.select_for_update().filter(link=person.link, side=side, external_id=external_id)
        for snapshot in known.filter(base__isnull=False):
            lifted = dict.fromkeys(CONSENT_FIELDS[Provider(side).side])
            snapshot.base = remember_lifted({**(snapshot.base or {}), **lifted}, lifted=False)
            # Else a record that looks as it did when it was read last would pass for one without news.
            snapshot.fingerprint = ""
            snapshot.save(update_fields=["base", "fingerprint"])
