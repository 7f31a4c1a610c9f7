"""Real people to try a mapping on, read when somebody asks and kept for a while, and what their values suggest."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from typing import Any

from django.core.cache import cache

from dashboard.grants import sees_masks
from integration.connections.samples import SamplePerson, find_person, read_people
from integration.errors import ProviderError
from integration.mapping.suggest import Suggestion, find_suggestions
from integration.models import Link
from integration.privacy.masking import mask_sentence
from integration.records import Contact, Field, is_blank

# Seconds after which people are read anew, and for which they are shown meanwhile. They are persons' data: what a page
# holds for its work and nothing longer.
SAMPLE_SECONDS, KEPT_SECONDS = 300, 3600
# People on the page at a time, and whose values are looked at for suggestions.
SHOWN, MOST_KEPT = 5, 100
Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Samples:
    """People as read last, and what is suggested by them. `read_at` is 0 when none were read."""

    people: Sequence[SamplePerson] = ()
    suggestions: Sequence[Suggestion] = field(default_factory=tuple)
    read_at: float = 0.0
    problem: str = ""
    """Why nobody could be read, in a sentence."""

    @property
    def is_fresh(self) -> bool:
        return time.time() - self.read_at < SAMPLE_SECONDS

    @property
    def on_both(self) -> list[SamplePerson]:
        return [one for one in self.people if one.gist and one.ghl]

    def five(self, others: int) -> list[SamplePerson]:
        """Five people, those on both sides if there are so many; `others` picks other five at random, 0 the fullest."""
        people = self.on_both if len(self.on_both) >= SHOWN else list(self.people)
        if others:
            people = sorted(people, key=lambda one: _shuffled(one, others))
        return people[:SHOWN]


def _shuffled(person: SamplePerson, others: int) -> bytes:
    """The same five for the same number, so that a page can be sent again."""
    ids = [one.id for one in (person.gist, person.ghl) if one]
    return blake2b(f"{others}:{ids}".encode(), digest_size=8).digest()


def known_samples(link: Link) -> Samples:
    """What was read last; nobody is asked."""
    kept = cache.get(_key(link))
    if not kept:
        return Samples()
    people, found = [_person(one) for one in kept["people"]], [Suggestion(**one) for one in kept["found"]]
    return _without_masked(Samples(people, found, kept["at"], kept["problem"]))


def _without_masked(samples: Samples) -> Samples:
    """A value that is tried on masks says nothing: whoever may not see people tries none."""
    return replace(samples, people=(), problem=mask_sentence(samples.problem)) if sees_masks() else samples


def read_samples(link: Link, gist: Fields, ghl: Fields) -> Samples:
    """Read people and see what they suggest; nobody where only they cannot be read."""
    try:
        people = read_people(link)[:MOST_KEPT]
    except ProviderError as problem:
        # Kept too, in place of what was shown before: a page that reads each time it is looked at would never rest.
        return _keep(link, Samples(read_at=time.time(), problem=str(problem)))
    couples = [(one.values("gist"), one.values("ghl")) for one in people if one.gist and one.ghl]
    return _keep(link, Samples(people, find_suggestions(gist, ghl, couples), time.time()))


def choose_person(link: Link, samples: Samples, email: str) -> Samples:
    """The samples with whoever has this address in front; as they were where nobody has. Raises ProviderError."""
    person = find_person(link, email)
    if person is None:
        return samples
    rest = [one for one in samples.people if one.label != person.label]
    return _keep(link, Samples([person, *rest][:MOST_KEPT], samples.suggestions, samples.read_at or time.time()))


def _keep(link: Link, samples: Samples) -> Samples:
    people = [{side: _kept(getattr(one, side)) for side in ("gist", "ghl")} for one in samples.people]
    found = [asdict(one) for one in samples.suggestions]
    kept = {"people": people, "found": found, "at": samples.read_at, "problem": samples.problem}
    cache.set(_key(link), kept, KEPT_SECONDS)
    return _without_masked(samples)


def _kept(contact: Contact | None) -> dict[str, Any] | None:
    if contact is None:
        return None
    values = {key: value for key, value in contact.values.items() if not is_blank(value)}
    return {"side": contact.side, "id": contact.id, "values": values}


def _person(kept: Mapping[str, Any]) -> SamplePerson:
    return SamplePerson(**{side: Contact(**one) if one else None for side, one in kept.items()})


def _key(link: Link) -> str:
    return f"mapping-people:{link.pk}"
