"""Who somebody is: by an id, as far as Gistline knows without asking anybody; by what an operator typed, asked live
where they were never seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from integration.connections.session import contacts_of, exchange_for
from integration.errors import Gone, Rejected, SetupError
from integration.mapping.versions import current_version
from integration.models import (
    ACTIVE_RUNS,
    Connection,
    Link,
    LogEntry,
    MappingVersion,
    Pair,
    Provider,
    Run,
    Snapshot,
)
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import SIDES, Contact, PersonRef

NAMES: dict[str, str] = dict(Provider.choices)
APART = (Pair.State.ONE_GONE, Pair.State.DELETED)
# What an id of either side may be made of: it becomes part of an address.
ID = re.compile(r"[A-Za-z0-9_-]{1,120}")
# Three in a hundred of GHL's ids hold no digit.
GHL_ID_LENGTH = 20
# Records of one link with one address that are looked at; more are a front desk, and named by their ids.
MOST_OF_ONE_ADDRESS = 20


@dataclass(frozen=True)
class KnownPerson:
    """A person of a link. `ids` and `snapshots` are by side; a side that nothing is known of is left out."""

    link: Link
    ids: Mapping[str, str]
    pair: Pair | None = None
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)

    @property
    def gist_id(self) -> str:
        return self.ids.get("gist", "")

    @property
    def ghl_id(self) -> str:
        return self.ids.get("ghl", "")

    @property
    def label(self) -> str:
        names = [one.label for one in self.snapshots.values() if one.label]
        return (self.pair.label if self.pair else "") or next(iter(names), "")

    @property
    def email(self) -> str:
        return next((one.email for one in self.snapshots.values() if one.email), "")

    @property
    def ref(self) -> PersonRef:
        return PersonRef(self.gist_id, self.ghl_id, self.label)

    @property
    def side(self) -> str:
        """The side by which the person's page is addressed."""
        return "gist" if self.gist_id else "ghl"

    @property
    def is_lone(self) -> bool:
        """On one side, as far as is known, and nobody's other half."""
        return self.pair is None and len(self.ids) == 1


def with_standing(side: str, contact_id: str) -> QuerySet[Link]:
    """Links with what a person's page needs of them beside: the pair, the newest mapping, the run under way."""
    # Subqueries, so that the page begins with one query whatever it shows of the link.
    newest = MappingVersion.objects.filter(link=OuterRef("pk")).order_by("-number")
    active = Run.objects.filter(link=OuterRef("pk"), status__in=ACTIVE_RUNS)
    return Link.objects.select_related("gist", "ghl").annotate(
        pair_pk=Subquery(_pairs_of(OuterRef("pk"), side, contact_id).values("pk")[:1]),
        version_pk=Subquery(newest.values("pk")[:1]),
        version_number=Subquery(newest.values("number")[:1]),
        active_run=Subquery(active.values("pk")[:1]),
        active_target=Subquery(active.values("target")[:1]),
    )


def _pairs_of(link: Any, side: str, contact_id: str) -> QuerySet[Pair]:
    return Pair.objects.filter(link=link, kind="contact", **{f"{side}_id": contact_id})


def version_of(link: Link) -> MappingVersion | None:
    """The newest mapping version; without a query for a link that came with it."""
    known = vars(link)
    if "version_pk" not in known:
        return current_version(link)
    return (
        MappingVersion(pk=known["version_pk"], number=known["version_number"], link=link)
        if known["version_pk"]
        else None
    )


def run_on(person: KnownPerson) -> int | None:
    """The id of the run under way that is about this person alone, of a link that came with it."""
    known = vars(person.link)
    return (
        known["active_run"]
        if dict(person.ids) in (known["active_target"].people if known.get("active_target") else ())
        else None
    )


def find_by_id(link: Link, side: str, contact_id: str) -> KnownPerson:
    """The person with this id on `side`, known or not. Two queries, one for a link that came with the pair."""
    known = vars(link)
    pairs = _pairs_of(link.pk, side, contact_id)
    pair_pk = known["pair_pk"] if "pair_pk" in known else pairs.values_list("pk", flat=True).first()
    rows = list(_snapshots_of(link, pair_pk, side, contact_id))
    # A tombstone has no snapshots any more.
    pair = (rows[0].pair if rows else pairs.first()) if pair_pk else None
    ids = {"gist": pair.gist_id, "ghl": pair.ghl_id} if pair else {side: contact_id}
    return KnownPerson(link, ids, pair, {row.side: row for row in rows if ids[row.side] == row.external_id})


def _snapshots_of(link: Link, pair_pk: int | None, side: str, contact_id: str) -> QuerySet[Snapshot]:
    # When the run began that read it last is asked along, for the page that says since when its values are known.
    run = Run.objects.filter(pk=OuterRef("seen_run"))
    rows = Snapshot.objects.filter(link=link, kind="contact").select_related("pair")
    rows = rows.annotate(run_began=Subquery(run.values("started_at")))
    return rows.filter(pair=pair_pk) if pair_pk else rows.filter(side=side, external_id=contact_id)


# By what an operator typed -------------------------------------------------------------------------------


def find_person(link: Link, text: str) -> PersonRef:
    """Who is meant by an e-mail address or an id of either side. Asks both accounts only for somebody never seen.

    Raises SetupError, ProviderError.
    """
    text = text.strip()
    if not text:
        raise SetupError("say who: an e-mail address, or the person's id in Gist or GHL.")
    # Snapshots keep addresses in lower case, so that this finds them along their index.
    rows = Snapshot.objects.filter(link=link)
    known = rows.with_address(text.lower()).first() if "@" in text else rows.filter(external_id=text).first()
    if known:
        return _with_label(Pair.objects.person_ref(link, known.side, known.external_id), known.label)
    for side in SIDES:
        if found := _ask_side(link.connection(side), text):
            return _with_label(Pair.objects.person_ref(link, side, found.id), found.label)
    raise SetupError(f"neither side has a contact “{text}”.")


def find_known(link: Link, text: str) -> list[KnownPerson]:
    """Whom an e-mail address, or an id as `gist:1001`, `ghl:abc` or `abc`, means, as far as Gistline knows.

    Nobody is asked. Several where records share an address; none for somebody who was never seen.
    """
    side, _, plain = text.strip().partition(":")
    if side in SIDES and plain:
        records: list[tuple[str, str]] = [(side, plain)]
    elif "@" in text:
        rows = Snapshot.objects.filter(link=link, kind="contact").with_address(text.strip().lower())
        records = list(rows.values_list("side", "external_id")[:MOST_OF_ONE_ADDRESS])
    else:
        records = [(one, text.strip()) for one in SIDES]
    people: dict[tuple[str, str], KnownPerson] = {}
    for side, contact_id in records:
        person = find_by_id(link, side, contact_id)
        if person.pair or person.snapshots or _is_in_log(person):
            people.setdefault((person.gist_id, person.ghl_id), person)
    return list(people.values())


def _is_in_log(person: KnownPerson) -> bool:
    ids = {f"{side}_id": contact_id for side, contact_id in person.ids.items()}
    return LogEntry.objects.filter(link=person.link, **ids).exists()


def _with_label(person: PersonRef, label: str) -> PersonRef:
    return replace(person, label=label or person.label)


def _ask_side(connection: Connection, text: str) -> Contact | None:
    with exchange_for(connection) as exchange:
        return exchange.carry_out(_search_side(contacts_of(connection), text))


def _search_side(contacts: ContactSide, text: str) -> Steps[Contact | None]:
    found = (yield from contacts.find(email=text)) if "@" in text else (yield from read_by_id(contacts, text))
    return next(iter(found), None)


def read_by_id(contacts: ContactSide, text: str) -> Steps[list[Contact]]:
    """The contact whose id the text is, if it can be one: asking for anything else would cost a call for nothing."""
    if not _could_be_id(contacts.side, text):
        return []
    try:
        # A text that only looks like an id is answered with 404, by GHL with 400 (docs/ghl-api.md#errors): it names
        # nobody.
        return [(yield from contacts.read(text))]
    except (Gone, Rejected):
        return []


def _could_be_id(side: str, text: str) -> bool:
    """Gist's ids are numbers (docs/gist-api.md#contacts); a word without a digit is taken for a name."""
    if not ID.fullmatch(text) or (side == Provider.GIST and not text.isdecimal()):
        return False
    return any(sign.isdecimal() for sign in text) or len(text) == GHL_ID_LENGTH
