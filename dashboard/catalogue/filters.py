"""The filters of the catalogue, whose rows are no table of the database but the code's own registries."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms

from dashboard.filters import Filter, with_any
from integration.catalogue import CATALOGUE, CatalogueEntry
from integration.catalogue.entries import KINDS
from integration.models import Provider

SUBJECTS = sorted({one.subject for one in CATALOGUE.values()})


class CatalogueFilter(Filter):
    side = forms.ChoiceField(choices=with_any("Both sides", Provider.choices), required=False)
    kind = forms.ChoiceField(choices=with_any("Any kind", [*KINDS.items()]), required=False)
    object = forms.ChoiceField(
        choices=with_any("Any object", [(name.lower().replace(" ", "-"), name) for name in SUBJECTS]), required=False
    )
    used = forms.ChoiceField(choices=with_any("Used or not", [("yes", "Used here")]), required=False)
    repeat = forms.ChoiceField(
        choices=with_any("Safe to repeat or not", [("yes", "Safe to repeat"), ("no", "Not safe to repeat")]),
        required=False,
    )
    scope = forms.CharField(required=False, max_length=80)

    def matching(self, used: Collection[str]) -> list[CatalogueEntry]:
        """Entries that fit, in the order of the registries; `used` are the keys that workflows here name."""
        return [one for one in CATALOGUE.values() if all(self._fits(one, used))]

    def _fits(self, entry: CatalogueEntry, used: Collection[str]) -> Iterable[bool]:
        wanted: dict[str, Any] = self.values
        words = f"{entry.title} {entry.key} {entry.method} {entry.address} {entry.does}".lower()
        yield all(word in words for word in wanted.get("q", "").lower().split())
        yield wanted.get("side") in (None, entry.side)
        yield wanted.get("kind") in (None, entry.kind)
        yield wanted.get("object") in (None, entry.subject.lower().replace(" ", "-"))
        yield wanted.get("scope") in (None, entry.scope)
        yield "used" not in wanted or entry.key in used
        yield "repeat" not in wanted or entry.repeatable == (wanted["repeat"] == "yes")
