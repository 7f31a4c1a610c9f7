"""The people of the demo world, before either side has made a record of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from integration.twin.words import split_words

FIRST = split_words(
    "Ada Amir Beatriz Caleb Chidi Clara Dana Dev Elif Emil Fatima Finn Grace Hana Hugo Imani Ines Ivan Jonas"
    " Josie Kai Keiko Lars Leila Mara Mateo Mei Milo Nadia Nils Noor Olive Omar Petra Priya Rafael Rosa Ruth Samir"
    " Sofia Stella Tariq Theo Uma Vera Wei Xavier Yara Yusuf Zara"
)
LAST = split_words(
    "Abbott Adeyemi Alvarez Barnes Becker Bianchi Castillo Chen Cohen Dietrich Dubois Eriksen Farah Fischer"
    " Fontaine Gallagher Garcia Hoffmann Ibrahim Ito Jensen Kaplan Kaur Kim Kowalski Laurent Lopez Marsh Mbeki"
    " Moreau Nakamura Novak Okafor Ortiz Park Patel Petrov Quinn Rahman Reyes Rossi Sato Schmidt Silva Singh"
    " Sorensen Tanaka Walsh Yilmaz Zhang"
)
CITIES = (("Portland", "OR"), ("Austin", "TX"), ("Denver", "CO"), ("Madison", "WI"), ("Raleigh", "NC"))
PLANS = ("basic", "plus", "family")


@dataclass(frozen=True)
class Person:
    """A person of the demo world.

    `sides` are the systems that know the person. With `drift` the two records may differ in one field. `gist` and `ghl`
    replace fields of the record on that side.
    """

    number: int
    first: str
    last: str
    email: str
    phone: str
    sides: tuple[str, ...]
    tags: tuple[str, ...] = ()
    city: tuple[str, str] = CITIES[0]
    plan: str = ""
    drift: bool = False
    gist: dict[str, str] = field(default_factory=dict)
    ghl: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()


BOTH = ("gist", "ghl")
TAGS = {
    "alder": ("newsletter", "new patient", "whitening", "recall due", "vip", "implant"),
    "bluefin": ("newsletter", "emergency", "boiler", "maintenance plan"),
}
# Plain people on both sides, in Gist only, in GHL only; the awkward ones come on top.
COUNTS = {"alder": (45, 90, 57), "bluefin": (10, 20, 12)}


@cache
def demo_people(name: str) -> tuple[Person, ...]:
    """Everybody of "alder" or "bluefin"."""
    plain = tuple(_plain_people(name))
    return (*plain, *_awkward_people(len(plain))) if name == "alder" else plain


def _plain_people(name: str) -> Iterator[Person]:
    chance = random.Random(f"gistline {name}")  # noqa: S311 -- the same people every time
    pairs = [(first, last) for first in FIRST for last in LAST]
    # Every pair of names is used once at most, so that the addresses made of them differ.
    chance.shuffle(pairs)
    both, gist, ghl = COUNTS[name]
    sides = [BOTH] * both + [("gist",)] * gist + [("ghl",)] * ghl
    # There are more pairs than people; zip ends with the people.
    for number, (where, (first, last)) in enumerate(zip(sides, pairs, strict=False)):
        yield Person(
            number=number,
            first=first,
            last=last,
            email=f"{first}.{last}@{name}-demo.example".lower(),
            phone=_phone_of(name, number),
            sides=where,
            tags=tuple(chance.sample(TAGS[name], chance.randint(0, 2))),
            city=chance.choice(CITIES),
            plan=chance.choice(PLANS) if chance.random() < 0.6 else "",
            drift=chance.random() < 0.3,
        )


def _phone_of(name: str, number: int) -> str:
    return f"+1{212 if name == 'alder' else 303}{2_010_000 + number}"


def _awkward_people(start: int) -> list[Person]:
    long = "Maximiliana " + "Aa" * 114
    shared = "+12122015555"
    plain = Person(start, "", "", "", "", BOTH)
    # What is awkward about each of them stands in worlds.py.
    people = [
        replace(plain, first="Tomas", last="Lindqvist", phone="+12122010900", gist={"user_id": "ext-900"}),
        replace(plain, first="Pilar", last="Ortega", email="pilar.ortega@example.test", phone=shared, sides=("ghl",)),
        replace(plain, first="Hugo", last="Ortega", email="hugo.ortega@example.test", phone=shared),
        replace(plain, first="Nadia", last="Haddad", email="nadia.haddad@example.test", phone="+12122010903"),
        replace(plain, first="Nadia", last="Haddad-Roy", email="nadia.haddad@example.test", sides=("ghl",)),
        replace(plain, first="Zoë 🦷", last="Fairweather", email="zoe@example.test", phone="+12122010904"),
        replace(plain, first="نور", last="الهاشمي", email="noor@example.test", sides=("gist",)),
        replace(plain, first='<script>alert("hi")</script>', last="Moss", email="moss@example.test", sides=("gist",)),
        replace(plain, first=long, email="maximiliana@example.test", sides=("gist",)),
        replace(
            plain,
            first="Bronwyn",
            last="Price",
            email="bronwyn.price@example.test",
            gist={"email": "BRONWYN.PRICE@EXAMPLE.TEST"},
        ),
        replace(
            plain,
            first="Otto",
            last="Brandt",
            email="otto.brandt@example.test",
            phone="+12122010042",
            gist={"phone": "+1 (212) 201 00 42"},
        ),
        replace(plain, email="lead-0@example.test", sides=("gist",)),
    ]
    return [replace(person, number=start + place) for place, person in enumerate(people)]
