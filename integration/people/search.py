"""Finding people: by e-mail address, phone, name or either id, among those Gistline knows and, when asked, live."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from integration.connections import contacts_of, exchange_for_link
from integration.errors import Gone, Rejected
from integration.models import Link, Pair, Snapshot
from integration.people.reading import Part, carry_out, know_fields
from integration.people.who import NAMES, SIDES
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl import contacts as ghl
from integration.providers.ghl.records import GhlContacts
from integration.records import Contact
from integration.sync.observe import e164

MOST = 1_000
"""People a search finds at most; who is looked for by so common a name needs a longer one."""
ID = re.compile(r"[A-Za-z0-9_-]{1,120}")
"""What an id of either side may be made of: it becomes part of an address."""
DIGITS = 5
"""Fewer digits are no phone number anybody looks for."""
LIVE_ROWS, LONGEST_QUERY = 20, 75
"""What GHL's search gives, and takes (docs/ghl-api.md#search)."""


def everyone() -> QuerySet[Snapshot]:
    """One row per person: the GHL half of a pair, and every record without a counterpart."""
    return Snapshot.objects.filter(Q(side="ghl") | Q(pair=None), kind="contact")


def found(text: str, links: Mapping[int, str]) -> list[int]:
    """Ids of rows of `everyone` that `text` may mean, among links, which are given by id with their country.

    Along indexes where the text is an address, a number or an id; by the beginnings of names otherwise.
    """
    text = " ".join(text.split())
    hits: dict[int, tuple[int | None, str]] = {}
    for rows in _looked_up(text, links):
        hits |= {pk: (pair, side) for pk, pair, side in rows.values_list("pk", "pair_id", "side")[:MOST]}
    halves = {pair for pair, side in hits.values() if pair and side == "gist"}
    own = {pk for pk, (pair, side) in hits.items() if side == "ghl" or pair is None}
    others = Snapshot.objects.filter(pair__in=halves, side="ghl").values_list("pk", flat=True) if halves else ()
    return list(own | set(others))[:MOST]


def _looked_up(text: str, links: Mapping[int, str]) -> list[QuerySet[Snapshot]]:
    known = Snapshot.objects.filter(link__in=links, kind="contact", side__in=SIDES)
    if "@" in text:
        return [known.filter(email=text.lower())]
    rows: list[QuerySet[Snapshot]] = []
    if ID.fullmatch(text):
        rows.append(known.filter(external_id=text))
    numbers = {e164(text, country) for country in links.values()} - {""}
    if _is_number(text) and numbers:
        rows.append(known.filter(phone__in=numbers))
    if any(sign.isalpha() for sign in text):
        rows.append(known.filter(Q(label__istartswith=text) | Q(label__icontains=f" {text}")).order_by("-pk"))
    return rows


# Live ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Live:
    """What both systems say to a search. `partner` is the id on the other side by contact, where it has one."""

    contacts: tuple[Contact, ...]
    partners: Mapping[tuple[str, str], str]
    problems: Mapping[str, str]
    calls: int


def ask(link: Link, text: str) -> Live:
    """Ask both systems; a side that does not answer is told in `problems`, the other one's finds stand."""
    text = " ".join(text.split())
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    parts = {side: Part(side, _searching(link, one, text)) for side, one in sides.items()}
    with exchange_for_link(link) as exchange:
        answered = carry_out(exchange, link, parts)
        calls = sum(exchange.made.values())
    contacts = [contact for side in SIDES for contact in answered.values.get(side) or ()]
    problems = {NAMES[side]: str(error) for side, error in answered.errors.items()}
    return Live(tuple(contacts), _partners(link, contacts), problems, calls)


def _searching(link: Link, side: ContactSide, text: str) -> Callable[[], Steps[list[Contact]]]:
    def steps() -> Steps[list[Contact]]:
        know_fields(link, side)
        met = [*(yield from _by_id(side, text)), *(yield from _by_words(link, side, text))]
        return list({one.id: one for one in met}.values())

    return steps


def _by_id(side: ContactSide, text: str) -> Steps[list[Contact]]:
    if not ID.fullmatch(text) or not any(sign.isdigit() for sign in text):
        return []
    try:
        return [(yield from side.read(text))]
    except (Gone, Rejected):
        return []


def _by_words(link: Link, side: ContactSide, text: str) -> Steps[list[Contact]]:
    """Gist can be asked for an address or a user id only (docs/gist-api.md#contacts); GHL for anything."""
    number = "" if "@" in text or not _is_number(text) else e164(text, link.default_country)
    email = text if "@" in text else ""
    if isinstance(side, GhlContacts):
        found = list((yield from side.find(email=email, phone=number))) if email or number else []
        # The index of the search shows a new contact late, which the look-up by address does not.
        body = {"locationId": side.location_id, "pageLimit": LIVE_ROWS, "query": text[:LONGEST_QUERY]}
        answer = yield ghl.SEARCH(body=body)
        return [*found, *(side.record(hit) for hit in answer.contacts)]
    if email:
        return list((yield from side.find(email=email)))
    return list((yield from side.find(user_id=text))) if " " not in text else []


def _is_number(text: str) -> bool:
    return sum(sign.isdigit() for sign in text) >= DIGITS and not any(sign.isalpha() for sign in text)


def _partners(link: Link, contacts: list[Contact]) -> dict[tuple[str, str], str]:
    partners: dict[tuple[str, str], str] = {}
    for side in SIDES:
        ids = [contact.id for contact in contacts if contact.side == side]
        pairs = Pair.objects.filter(link=link, kind="contact", **{f"{side}_id__in": ids}) if ids else ()
        partners |= {(side, pair.external_id(side)): NAMES["ghl" if side == "gist" else "gist"] for pair in pairs}
    return partners
