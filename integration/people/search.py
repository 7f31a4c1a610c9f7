"""Finding people: by e-mail address, phone, name or either id, among those Gistline knows and, when asked, live."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import CharField, Func, Q, QuerySet, Value

from integration.connections.session import contacts_of, exchange_for_link
from integration.models import Link, Pair, Provider, Snapshot
from integration.models.pair import SnapshotQuerySet
from integration.people.find import ID, read_by_id
from integration.people.read import ReadTask, know_fields, read_at_once
from integration.phone import to_e164
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl import contacts as ghl
from integration.providers.ghl.records import GhlContacts
from integration.records import SIDES, Contact

# People a search finds at most; who is looked for by so common a name needs a longer one.
MOST = 1_000
# Fewer digits are no phone number anybody looks for.
DIGITS = 5
# A shorter part of an address, an id or a number would find nearly everybody.
SHORTEST_PART = 3
# A name with a blank before it, so that each of its words begins behind one.
WORDS = Func(Value(" "), "label", template="(%(expressions)s)", arg_joiner=" || ", output_field=CharField())
# What GHL's search gives, and takes (docs/ghl-api.md#search).
LIVE_ROWS, LONGEST_QUERY = 20, 75


def one_row_per_person() -> QuerySet[Snapshot]:
    """One row per person: the GHL half of a pair, and every record without a counterpart."""
    return Snapshot.objects.filter(Q(side="ghl") | Q(pair=None), kind="contact")


def find_matching_ids(text: str, links: Mapping[int, str], *, parts: bool = True) -> list[int]:
    """Ids of rows of `one_row_per_person` that `text` may mean, among links, which are given by id with their country.

    Along indexes where the text is a whole address, number or id; by a part of one, or the beginnings of names,
    otherwise. Without `parts`, as for somebody who is shown masks, the text must be all of a name.
    """
    text = " ".join(text.split())
    known = Snapshot.objects.filter(link__in=links, kind="contact", side__in=SIDES)
    hits: dict[int, tuple[int | None, str]] = {}
    for rows in _exact_matches(text, links, known):
        hits |= _people_of(rows)
    if text and not hits:
        # Parts are looked for when nothing better was found: they are compared with every record that is known, which
        # takes 0.1 s for 100,000 people. The index snapshot_search holds all that is compared; with an order beside the
        # limit, SQLite would read the rows themselves instead.
        names = known.alias(words=WORDS).filter(_partial_match(text)) if parts else known.filter(label__iexact=text)
        hits = _people_of(names)
    return _rows_of(hits)


def _partial_match(text: str) -> Q:
    """The beginning of a word of a name; or a part of an address, an id or a number that is long enough to mean it.

    `words` is the name with a blank before it.
    """
    # Once for both: the capital letters of each name are what takes the time.
    match = Q(words__icontains=f" {text}")
    if len(text) >= SHORTEST_PART and " " not in text:
        match |= Q(email__contains=text.lower()) | Q(external_id__contains=text)
    # As it is dialled at home, a number begins with a zero that it has not abroad.
    digits = "".join(filter(str.isdigit, text)).lstrip("0")
    if len(digits) >= SHORTEST_PART and not any(sign.isalpha() or sign == "@" for sign in text):
        match |= Q(phone__contains=digits)
    return match


def _exact_matches(text: str, links: Mapping[int, str], known: SnapshotQuerySet) -> Iterable[QuerySet[Snapshot]]:
    if "@" in text:
        yield known.with_address(text.lower())
    if ID.fullmatch(text):
        yield known.filter(external_id=text)
    # The same digits are another number in another country, so each link's own country is tried.
    numbers = {to_e164(text, country) for country in links.values()} - {""}
    if _is_number(text) and numbers:
        yield known.filter(phone__in=numbers)


def _people_of(rows: QuerySet[Snapshot]) -> dict[int, tuple[int | None, str]]:
    return {pk: (pair, side) for pk, pair, side in rows.values_list("pk", "pair_id", "side")[:MOST]}


def _rows_of(hits: Mapping[int, tuple[int | None, str]]) -> list[int]:
    """Ids of the rows that the list shows for these hits: of a pair, its GHL half."""
    # Somebody may be found by what only Gist has of them; their row in the list is still the GHL one.
    halves = {pair for pair, side in hits.values() if pair and side == "gist"}
    own = {pk for pk, (pair, side) in hits.items() if side == "ghl" or pair is None}
    others = Snapshot.objects.filter(pair__in=halves, side="ghl").values_list("pk", flat=True) if halves else ()
    return list(own | set(others))[:MOST]


# Live ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Live:
    """What both systems say to a search. `partner` is the id on the other side by contact, where it has one."""

    contacts: tuple[Contact, ...]
    partners: Mapping[tuple[str, str], str]
    problems: Mapping[str, str]
    calls: int


def search_live(link: Link, text: str) -> Live:
    """Search both systems live. A side that does not answer is named in `problems`; what the other one found stands."""
    text = " ".join(text.split())
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    tasks = {side: ReadTask(side, _search_steps(link, one, text)) for side, one in sides.items()}
    with exchange_for_link(link) as exchange:
        answered = read_at_once(exchange, link, tasks)
        calls = sum(exchange.made.values())
    contacts = [contact for side in SIDES for contact in answered.values.get(side) or ()]
    problems = {Provider(side).label: str(error) for side, error in answered.errors.items()}
    return Live(tuple(contacts), _partner_ids(link, contacts), problems, calls)


def _search_steps(link: Link, side: ContactSide, text: str) -> Callable[[], Steps[list[Contact]]]:
    def steps() -> Steps[list[Contact]]:
        # Whether they are known does not matter here: names and addresses are built in.
        know_fields(link, side)
        found_contacts = [*(yield from read_by_id(side, text)), *(yield from _by_words(link, side, text))]
        # The same contact can be found by its id and by its words.
        return list({one.id: one for one in found_contacts}.values())

    return steps


def _by_words(link: Link, side: ContactSide, text: str) -> Steps[list[Contact]]:
    """Gist can be asked for an address or a user id only (docs/gist-api.md#contacts); GHL for anything."""
    number = "" if "@" in text or not _is_number(text) else to_e164(text, link.phone_country)
    email = text if "@" in text else ""
    if isinstance(side, GhlContacts):
        found = list((yield from side.find(email=email, phone=number))) if email or number else []
        # The index of the search shows a new contact late, which the look-up by address does not.
        body = {"locationId": side.location_id, "pageLimit": LIVE_ROWS, "query": text[:LONGEST_QUERY]}
        answer = yield ghl.SEARCH(body=body)
        return [*found, *(side.to_record(hit) for hit in answer.contacts)]
    if email:
        return list((yield from side.find(email=email)))
    return list((yield from side.find(user_id=text))) if " " not in text else []


def _is_number(text: str) -> bool:
    return sum(sign.isdigit() for sign in text) >= DIGITS and not any(sign.isalpha() for sign in text)


def _partner_ids(link: Link, contacts: list[Contact]) -> dict[tuple[str, str], str]:
    partners: dict[tuple[str, str], str] = {}
    for side in SIDES:
        ids = [contact.id for contact in contacts if contact.side == side]
        together = Pair.objects.filter(link=link, kind="contact", state__in=Pair.TOGETHER)
        pairs = together.filter(**{f"{side}_id__in": ids}) if ids else ()
        partners |= {(side, pair.external_id(side)): Provider(side).other.label for pair in pairs}
    return partners
