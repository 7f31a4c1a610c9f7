"""Real people of a link, both records of each, to try a mapping on."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for_link
from integration.erased import without_erased
from integration.models import Connection, Link, Pair
from integration.providers.exchange import Exchange
from integration.records import Contact, Values, is_blank

# Who is looked up one by one on the other side, where the newest of both sides do not overlap.
MOST_LOOKED_UP = 5


@dataclass(frozen=True)
class SamplePerson:
    """One person as both sides hold them; None where a side has no record."""

    gist: Contact | None = None
    ghl: Contact | None = None

    @property
    def label(self) -> str:
        known = self.gist or self.ghl
        return known.label if known else ""

    def values(self, side: str) -> Values:
        found = self.gist if side == "gist" else self.ghl
        return found.values if found else {}

    @property
    def richness(self) -> int:
        """How much there is to see: values of both sides, those of one side alone last."""
        filled = sum(not is_blank(value) for side in ("gist", "ghl") for value in self.values(side).values())
        return filled + 1000 * bool(self.gist and self.ghl)


def read_people(link: Link) -> list[SamplePerson]:
    """The people who changed last, one page of each side, those on both sides first. Raises ProviderError."""
    with exchange_for_link(link) as exchange:
        gist, ghl = (without_erased(link, _newest(exchange, link.connection(side))) for side in ("gist", "ghl"))
        people = _join(link, gist, ghl)
        if sum(bool(one.gist and one.ghl) for one in people) < MOST_LOOKED_UP:
            people = _look_up(exchange, link, people)
    return sorted(people, key=lambda one: -one.richness)


def find_person(link: Link, email: str) -> SamplePerson | None:
    """Whoever has this e-mail address on either side. Raises ProviderError."""
    with exchange_for_link(link) as exchange:
        found = {side: _find(exchange, link, side, email) for side in ("gist", "ghl")}
    return SamplePerson(**found) if any(found.values()) else None


def _newest(exchange: Exchange, connection: Connection) -> tuple[Contact, ...]:
    side = contacts_of(connection)
    exchange.carry_out(side.load_fields())
    # With a time given, the contacts that changed last come first.
    return exchange.carry_out(side.page(None, timezone.now())).contacts


def _find(exchange: Exchange, link: Link, name: str, email: str) -> Contact | None:
    side = contacts_of(link.connection(name))
    exchange.carry_out(side.know_all_fields())
    found = without_erased(link, exchange.carry_out(side.find(email=email)))
    return found[0] if found else None


def _join(link: Link, gist: Iterable[Contact], ghl: Iterable[Contact]) -> list[SamplePerson]:
    """Who is one person: by the pairs of the link, else by e-mail address."""
    left = {one.id: one for one in ghl}
    pairs = Pair.objects.filter(link=link, kind="contact", state__in=Pair.TOGETHER, ghl_id__in=left)
    by_gist = dict(pairs.values_list("gist_id", "ghl_id"))
    by_email = {one.email: one.id for one in left.values() if one.email}
    people = []
    for one in gist:
        other = by_gist.get(one.id) or by_email.get(one.email, "")
        people.append(SamplePerson(one, left.pop(other, None)))
    return people + [SamplePerson(None, one) for one in left.values()]


def _look_up(exchange: Exchange, link: Link, people: list[SamplePerson]) -> list[SamplePerson]:
    """The same people, the first few of one side found on the other."""
    alone = [one for one in people if one.gist and not one.ghl and one.gist.email][:MOST_LOOKED_UP]
    for one in alone:
        found = _find(exchange, link, "ghl", one.gist.email) if one.gist else None
        if found:
            people = [other for other in people if other is not one and not (other.ghl and other.ghl.id == found.id)]
            people.append(SamplePerson(one.gist, found))
    return people
