"""Whoever waits for an address or number that another record holds is tried again once that record lets go of it."""

from collections.abc import Iterable

from django.db.models import Q

from integration.models import Link, Provider, Snapshot
from integration.sync.pending_reads import read_again
from integration.sync.retry import release_parked

# What stands before the digest of the rules by which a snapshot was decided while a row of it was held.
HELD = "held"


def free_contact_keys(link: Link, side: str, freed: Iterable[str]) -> None:
    """`freed` are addresses and E.164 numbers that a record of `side` no longer has."""
    values = {one for one in freed if one}
    if not values:
        return
    other = Provider(side).other.side
    wanting = Snapshot.objects.filter(Q(email__in=values) | Q(phone__in=values), link=link, side=other)
    release_parked(wanting)
    # Nothing of these is kept as work: what was left out of them is read again.
    read_again(link, other, wanting.filter(rules__startswith=HELD).values_list("external_id", flat=True))
