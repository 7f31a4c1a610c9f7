"""The contact page for whoever may not see personal values: compared by the values, and masked after that."""

from dataclasses import dataclass, replace
from typing import Any

from integration.people.compare import Comparison
from integration.people.field_comparison import FieldComparison
from integration.people.find import KnownPerson
from integration.people.person import ComparedPerson
from integration.people.read import Reading
from integration.privacy.masked_columns import VALUES_OF_RELATED, mask_row
from integration.privacy.masking import mask_sentence, mask_tree
from integration.records import Contact


@dataclass(frozen=True)
class MaskedPerson(KnownPerson):
    """Somebody as they are shown; `behind` is what comparing needs of them, and nothing that is shown."""

    behind: KnownPerson | None = None


def mask_person(person: KnownPerson) -> MaskedPerson:
    pair = mask_row(person.pair) if person.pair else None
    snapshots = {side: mask_row(one) for side, one in person.snapshots.items()}
    return MaskedPerson(person.link, person.ids, pair, snapshots, behind=person)


def mask_profile(profile: ComparedPerson, person: KnownPerson) -> ComparedPerson:
    """What was compared of the person, with `person` in their place."""
    return ComparedPerson(
        person, _mask_reading(profile.reading), _mask_comparison(profile.comparison),
        tuple(mask_row(one) for one in profile.questions), profile.version,
    )  # fmt: skip


def _mask_reading(reading: Reading) -> Reading:
    related = {
        kind: [replace(one, values=mask_tree(one.values, VALUES_OF_RELATED)) for one in records]
        for kind, records in reading.related_records.items()
    }
    contacts = {side: _mask_contact(one) for side, one in reading.contacts.items()}
    likely = tuple(_mask_contact(one) for one in reading.likely)
    problems = {place: mask_sentence(sentence) for place, sentence in reading.problems.items()}
    changed: dict[str, Any] = {"related_records": related}
    return replace(reading, contacts=contacts, likely=likely, problems=problems, **changed)


def _mask_contact(contact: Contact) -> Contact:
    return replace(contact, values=mask_tree(contact.values), other_emails=mask_tree(contact.other_emails))


def _mask_comparison(found: Comparison) -> Comparison:
    return replace(
        found, mapped=_mask_fields(found.mapped), carried=_mask_fields(found.carried),
        unmapped=_mask_fields(found.unmapped), left_out=mask_sentence(found.left_out),
    )  # fmt: skip


def _mask_fields(fields: tuple[FieldComparison, ...]) -> tuple[FieldComparison, ...]:
    """Consent, which stands apart, is a state in our words."""
    return tuple(replace(one, gist=mask_tree(one.gist), ghl=mask_tree(one.ghl)) for one in fields)
