"""Everything that names one person here: their ids in each account, addresses, numbers and names."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from integration.erased import Name, account_of, email_name
from integration.errors import SetupError
from integration.models import Change, Link, Pair, Snapshot

# An id shorter than this is no proof of anything where it stands in a text: Gist's are small numbers.
LONG_ID, LONG_PHONE = 15, 8
SEVERAL = (
    "{} is a second address of several people. Name the one by their main address or by an id; nothing was erased."
)


@dataclass
class PersonData:
    """`ids` are (side, connection, id). `emails` are main ones, in lower case, `other_emails` further ones."""

    link: Link
    ids: set[tuple[str, int, str]] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    other_emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)

    @property
    def label(self) -> str:
        """What to call the person on screen."""
        return next(iter(sorted(self.labels)), "") or next(iter(sorted(self.emails)), "This person")

    def with_ids(self, gist: str = "", ghl: str = "", link: str = "link") -> Q:
        """Rows that hold one of the ids, in the named columns, on a link of its account; `link` is the way to it."""
        found = Q(pk__in=[])
        for side, connection, one in self.ids:
            if column := {"gist": gist, "ghl": ghl}[side]:
                found |= Q(**{f"{link}__{side}": connection, column: one})
        return found

    def of_record(self, side: str = "side", column: str = "external_id") -> Q:
        """Rows that name a record by its side and id."""
        found = Q(pk__in=[])
        for name, connection, one in self.ids:
            found |= Q(**{f"link__{name}": connection, side: name, column: one})
        return found

    @property
    def names(self) -> set[Name]:
        """By what nobody is taken in again. An address that is also somebody else's main one stays out."""
        emails = self.emails | {one for one in self.other_emails if not _is_of_another(self, one)}
        names = {email_name(one) for one in emails} | {("phone", one) for one in self.phones}
        return names | {(account_of(connection), one) for _, connection, one in self.ids}

    @property
    def marks(self) -> set[str]:
        """Texts that are this person's alone wherever they stand: no short number, and no name or phone of two."""
        shared = Snapshot.objects.exclude(self.of_record()).filter(phone__in=self.phones)
        phones = self.phones - set(shared.values_list("phone", flat=True))
        emails = self.emails | {one for one in self.other_emails if not _is_of_another(self, one)}
        ids = {one for _, _, one in self.ids if len(one) >= LONG_ID}
        others = Snapshot.objects.exclude(self.of_record())
        names = {one for one in self.labels if " " in one and not others.filter(label__iexact=one).exists()}
        return emails | ids | names | {one for one in phones if len(one) >= LONG_PHONE}


def find_person_data(link: Link, *, email: str = "", gist_id: str = "", ghl_id: str = "") -> PersonData:
    """What names the person whom the address or id means on this link, found over all links."""
    person = PersonData(link)
    if email:
        person.emails.add(email.strip().lower())
        _add_holder_of_further(person, email.strip().lower())
    given = (("gist", gist_id), ("ghl", ghl_id))
    person.ids |= {(side, link.connection(side).pk, one.strip()) for side, one in given if one}
    before = -1
    # Each half of a pair, and each further record with the address, may name the next.
    while before != len(person.ids) + len(person.emails):
        before = len(person.ids) + len(person.emails)
        _add_snapshots(person)
        _add_pairs(person)
        _add_history(person)
    return person


def _add_holder_of_further(person: PersonData, email: str) -> None:
    """Whoever has it as a further address, where it is nobody's main one. Raises SetupError where several have it."""
    if Snapshot.objects.filter(email=email, kind="contact").exists():
        return
    rows = list(Snapshot.objects.filter(other_email_rows__email=email).select_related("link"))
    if len({(row.link_id, row.side) for row in rows}) < len(rows):
        raise SetupError(SEVERAL.format(email))
    person.ids |= {(row.side, row.link.connection(row.side).pk, row.external_id) for row in rows}


def _add_snapshots(person: PersonData) -> None:
    by_address = Q(email__in=person.emails - {""})
    rows = Snapshot.objects.filter(person.of_record() | by_address, kind="contact").select_related("link", "pair")
    for row in rows:
        person.ids.add((row.side, row.link.connection(row.side).pk, row.external_id))
        person.emails |= {row.email} - {""}
        person.other_emails |= set(row.other_emails)
        person.phones |= {row.phone} - {""}
        person.labels |= {row.label} - {""}


def _add_pairs(person: PersonData) -> None:
    for pair in Pair.objects.filter(person.with_ids("gist_id", "ghl_id"), kind="contact").select_related("link"):
        _add_both(person, pair.link, pair.gist_id, pair.ghl_id, pair.label)


def _add_history(person: PersonData) -> None:
    """Of somebody who is no longer known, the changes that were written say which address had which ids."""
    written = Change.objects.filter(kind="contact", field="email", after__in=list(person.emails))
    created = Change.objects.filter(kind="contact", field="", after__email__in=list(person.emails))
    for change in [*written.select_related("entry", "link"), *created.select_related("entry", "link")]:
        _add_both(person, change.link, change.entry.gist_id, change.entry.ghl_id, change.entry.label)


def _add_both(person: PersonData, link: Link, gist_id: str, ghl_id: str, label: str) -> None:
    for side, one in (("gist", gist_id), ("ghl", ghl_id)):
        if one:
            person.ids.add((side, link.connection(side).pk, one))
    person.labels |= {label} - {""}


def _is_of_another(person: PersonData, email: str) -> bool:
    return Snapshot.objects.filter(email=email).exclude(person.of_record()).exists()


def links_of(person: PersonData) -> "Iterable[Link]":
    """Every link on which something of the person may be written while it is erased."""
    connections = {connection for _, connection, _ in person.ids} | {person.link.gist_id, person.link.ghl_id}
    return Link.objects.filter(Q(gist__in=connections) | Q(ghl__in=connections)).order_by("pk")
