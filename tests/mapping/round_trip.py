"""Every type of a GHL custom field against every type of a Gist property: written, read back and compared on the twins.

`make fields` writes what comes of it to docs/fields.md; a test compares the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integration.mapping.losses import DATA_TYPES, GIST_TYPES, LOSSES, loss_of
from integration.mapping.versions import save_version
from integration.models import Link
from integration.records import Field, is_blank
from tests.world import World, sync

OPTIONS = {
    "CHECKBOX": ["Tea", "Coffee, black", "Juice"], "MULTIPLE_OPTIONS": ["Tea", "Coffee, black", "Juice"],
    "SINGLE_OPTIONS": ["Gold", "Silver"], "RADIO": ["Yes", "No"],
}  # fmt: skip
FILE = {"f1": {"url": "https://files.example/a.pdf", "meta": {"originalname": "a.pdf"}, "documentId": "d1"}}
IN_GHL: dict[str, list[Any]] = {
    "TEXT": ["Prefers mornings", "0012", "7"],
    "LARGE_TEXT": ["Two\nlines", "x" * 300, "7"],
    "NUMERICAL": [7, 2.5, 0],
    "PHONE": ["+15550100200", "+441632960961", "+15550100201"],
    "MONETORY": [19.99, 5, 1200],
    "CHECKBOX": [["Tea", "Juice"], ["Coffee, black"], ["Tea"]],
    "SINGLE_OPTIONS": ["Gold", "Silver", "Gold"],
    "MULTIPLE_OPTIONS": [["Tea", "Juice"], ["Coffee, black"], ["Tea"]],
    "RADIO": ["Yes", "No", "Yes"],
    "DATE": ["2026-03-01", "1999-12-31", "2024-02-29"],
    "TEXTBOX_LIST": [["One", "Two"], ["One"], ["One, and more"]],
    "FILE_UPLOAD": [FILE, FILE, FILE],
}
IN_GIST: dict[str, list[Any]] = {
    "text": ["Prefers mornings", "0012", "Yes"],
    "number": [7, 2.5, 0],
    "boolean": [True, False, True],
    "date": [1767225600, 1709164800, 1767268800],
}
SAMPLES = 3


@dataclass(frozen=True)
class Cell:
    """What became of each sample of a type on its way `towards` a side and back: pairs of what was and what is."""

    data_type: str
    gist_type: str
    towards: str
    trips: Sequence[tuple[Any, Any, Any]]
    """What was written, what the other side held, and what came back."""

    @property
    def is_kept(self) -> bool:
        return all(was == back for was, _, back in self.trips)

    @property
    def loss(self) -> str:
        return loss_of(self.data_type, self.gist_type, self.towards)


def field_name(data_type: str, gist_type: str) -> str:
    return f"{data_type.lower()}_{gist_type}{'_at' if gist_type == 'date' else ''}"


class RoundTrip:
    """A link with a field and a property for every pair of types."""

    def __init__(self, world: World, link: Link):
        self.world, self.link = world, link
        self.pairs = [(data_type, gist_type) for data_type in DATA_TYPES for gist_type in GIST_TYPES]
        self.ids = {pair: self._make_field(pair) for pair in self.pairs}
        names = {pair: field_name(*pair) for pair in self.pairs}
        rows = [{"gist": f"custom_properties.{name}", "ghl": f"customFields.{name}"} for name in names.values()]
        seen = {
            f"custom_properties.{name}": Field("", "", "moment" if pair[1] == "date" else pair[1])  # type: ignore[arg-type]
            for pair, name in names.items()
        }
        save_version(link, [{"gist": "email", "ghl": "email"}, *rows], gist_fields=seen)  # type: ignore[list-item]

    def _make_field(self, pair: tuple[str, str]) -> str:
        body = {"name": field_name(*pair), "dataType": pair[0], "model": "contact"}
        if options := OPTIONS.get(pair[0]):
            body["textBoxListOptions"] = options
        made = self.world.ghl("POST", f"/locations/{self.world.location}/customFields", json=body)["customField"]
        return str(made["id"])

    def cells(self) -> list[Cell]:
        """All of it, in two runs: there, and back from what arrived."""
        ghl = [self._in_ghl(f"ghl{n}", {pair: IN_GHL[pair[0]][n] for pair in self.pairs}) for n in range(SAMPLES)]
        gist = [self._in_gist(f"gist{n}", {pair: IN_GIST[pair[1]][n] for pair in self.pairs}) for n in range(SAMPLES)]
        sync(self.link)
        shown = [self._read_gist(f"ghl{n}") for n in range(SAMPLES)]
        arrived = [self._read_ghl(f"gist{n}") for n in range(SAMPLES)]
        for n in range(SAMPLES):
            self._in_gist(f"ghl-back{n}", shown[n])
            self._in_ghl(f"gist-back{n}", arrived[n])
        sync(self.link)
        back = [self._read_ghl(f"ghl-back{n}") for n in range(SAMPLES)]
        returned = [self._read_gist(f"gist-back{n}") for n in range(SAMPLES)]
        return [
            Cell(*pair, towards, [(was[n].get(pair), there[n].get(pair), now[n].get(pair)) for n in range(SAMPLES)])
            for towards, was, there, now in (("gist", ghl, shown, back), ("ghl", gist, arrived, returned))
            for pair in self.pairs
        ]

    def _in_ghl(self, name: str, values: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
        fields = [{"id": self.ids[pair], "field_value": value} for pair, value in values.items() if not is_blank(value)]
        self.world.ghl_contact(email=f"{name}@example.test", firstName="Round", lastName="Trip", customFields=fields)
        return self._read_ghl(name)

    def _in_gist(self, name: str, values: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
        properties = {field_name(*pair): value for pair, value in values.items() if value is not None}
        self.world.gist_contact(email=f"{name}@example.test", name="Round Trip", custom_properties=properties)
        return self._read_gist(name)

    def _read_ghl(self, name: str) -> dict[tuple[str, str], Any]:
        (one,) = (one for one in self.world.everyone("ghl") if one["email"] == f"{name}@example.test")
        held = {item["id"]: item["value"] for item in one["customFields"]}
        return {pair: held[key] for pair, key in self.ids.items() if key in held}

    def _read_gist(self, name: str) -> dict[tuple[str, str], Any]:
        (one,) = (one for one in self.world.everyone("gist") if one["email"] == f"{name}@example.test")
        held = one["custom_properties"]
        return {pair: held[field_name(*pair)] for pair in self.pairs if not is_blank(held.get(field_name(*pair)))}


WAYS = {
    "gist": "## From GHL to Gist and back\n\nA value that stands in GHL goes to Gist, and from there to GHL again.",
    "ghl": "## From Gist to GHL and back\n\nA value that stands in Gist goes to GHL, and from there to Gist again.",
}
HEAD = """# Custom fields: what is kept

Every type of a GHL custom field against every type of a Gist custom property, both ways. `make fields` writes values to
the sandbox, reads them back, compares, and writes this file; the test suite fails where it is not what the run gives.
*kept* means that what came back is what was written, to the letter. A number names what is lost, below; the mapping
editor says it beside the row. A value that does not fit is left out with a reason in the log, and never cut or guessed.

Gist declares no types: a property is text, number or yes/no by the values it has, and a date where its name ends in
`_at`. This is what the sandbox keeps: the real accounts may keep a value otherwise. *Check my fields*, on the mapping
page, tries the mapped ones there on a test contact.
"""


def field_page(cells: Sequence[Cell]) -> str:
    """docs/fields.md."""
    numbers = {one.reason: number for number, one in enumerate(LOSSES, 1)}
    by_pair = {(one.towards, one.data_type, one.gist_type): one for one in cells}
    parts = [HEAD]
    for towards, title in WAYS.items():
        lines = [f"| GHL \\ Gist | {' | '.join(GIST_TYPES)} |", f"|{'---|' * (len(GIST_TYPES) + 1)}"]
        for data_type in DATA_TYPES:
            found = (by_pair[towards, data_type, gist_type] for gist_type in GIST_TYPES)
            words = ("kept" if one.is_kept else f"lossy ({numbers[one.loss]})" for one in found)
            lines.append(f"| {data_type} | {' | '.join(words)} |")
        parts.append(f"{title}\n\n" + "\n".join(lines) + "\n")
    parts.append("## What is lost\n\n" + "\n".join(f"{number}. {reason}" for reason, number in numbers.items()) + "\n")
    return "\n".join(parts)
