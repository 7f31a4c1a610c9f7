"""The filter of the glossary, whose words are no table of the database."""

from typing import Any

from django import forms

from dashboard.filters import Filter, with_any
from dashboard.glossary.words import TERMS, Term

OF = [("gistline", "Gistline’s words"), ("apis", "Words of both APIs")]


class GlossaryFilter(Filter):
    of = forms.ChoiceField(choices=with_any("All words", OF), required=False)

    def matching(self) -> list[Term]:
        wanted: dict[str, Any] = self.values
        return [
            one
            for one in TERMS.values()
            if one.has(wanted.get("q", "")) and wanted.get("of") in (None, "apis" if one.of_apis else "gistline")
        ]
