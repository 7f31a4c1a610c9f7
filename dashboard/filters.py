"""Filters of the lists. They stand in the URL; the search box also takes them as words, like `status:failed`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict

from dashboard.grants import sees_masks, visible
from dashboard.time_filters import MomentField, moment_in_words
from integration.errors import SetupError
from integration.models import Link, Provider

Rows = QuerySet[Any]


def split_words(query: QueryDict, names: list[str]) -> QueryDict:
    """Move words such as `status:failed` out of the free text into their own parameters."""
    data, free = query.copy(), []
    for word in query.get("q", "").split():
        name, _, value = word.partition(":")
        # Only names of fields: `12:30` or `http://…` in the search box are plain text.
        if name in names and value:
            data[name] = value
        else:
            free.append(word)
    data["q"] = " ".join(free)
    return data


@dataclass(frozen=True)
class Chip:
    """A filter that is set, in words, and the address of the list without it."""

    name: str
    text: str
    href: str


class Filter(forms.Form):
    """A list's filters. What cannot be understood is left out and said in `problems`."""

    q = forms.CharField(required=False, max_length=200)

    def __init__(self, query: QueryDict):
        super().__init__(split_words(query, list(self.base_fields)), auto_id="filter-%s")
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):
                field.choices = self.choices_of(name, field)  # read once, not for every use
                field.widget.attrs = {"class": "select is-small", "aria-label": name.capitalize()}
        self.full_clean()

    def choices_of(self, name: str, field: forms.ChoiceField) -> list[tuple[str, str]]:
        return list(cast(Any, field.choices))

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}

    @property
    def selects(self) -> list[forms.BoundField]:
        return [field for field in self if isinstance(field.field, forms.ChoiceField)]

    @property
    def moments(self) -> list[forms.BoundField]:
        """The fields for since and until, of a list that has them."""
        return [field for field in self if isinstance(field.field, MomentField)]

    @property
    def chips(self) -> list[Chip]:
        return [
            Chip("search" if name == "q" else name, self._value_in_words(name, value), self._address_without(name))
            for name, value in self.values.items()
        ]

    @property
    def problems(self) -> list[str]:
        return [f"“{self.data.get(name)}” is no {name}; the filter was left out." for name in self.errors]

    def check(self) -> Self:
        """Raises SetupError for what a list leaves out and says so: what is done by it would be about everybody."""
        if self.problems:
            raise SetupError(" ".join(self.problems).replace("the filter was left out", "nothing was done"))
        return self

    def _address_without(self, name: str) -> str:
        # As they were typed: what was cleaned, such as “the last 24 hours”, is another value tomorrow.
        return "?" + urlencode({other: self.data[other] for other in self.values if other != name})

    def _value_in_words(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(cast(Any, field.choices)).get(value, value))
        if isinstance(value, datetime):
            return moment_in_words(value)
        if isinstance(value, tuple):
            return " to ".join(moment_in_words(one) for one in value)
        return str(value)

    def apply(self, rows: Rows) -> Rows:
        for name, value in self.values.items():
            rows = getattr(self, f"by_{name}")(rows, value)
        return rows


def holding(column: str, text: str) -> Q:
    """Rows whose personal column holds the text; for whoever sees masks only where it is all of it: by parts, each
    letter could be found out.
    """
    return Q(**{f"{column}__{'iexact' if sees_masks() else 'icontains'}": text})


def link_choices() -> list[tuple[str, str]]:
    return [("", "Any link"), *visible(Link.objects.all(), "pk").values_list("key", "name")]


def with_any(label: str, choices: Any) -> list[tuple[str, str]]:
    """The choices of a filter, with the one that filters nothing first."""
    return [("", label), *choices]


class LinkFilter(Filter):
    """A filter of rows that belong to a link."""

    link = forms.ChoiceField(choices=link_choices, required=False)

    def by_link(self, rows: Rows, key: str) -> Rows:
        # Named by its key, so that the database knows how many rows it has and which way is short for so many.
        return rows.filter(link__in=list(Link.objects.filter(key=key).values_list("pk", flat=True)))


class ProviderFilter(Filter):
    """A filter of rows that belong to one side."""

    provider = forms.ChoiceField(choices=with_any("Both sides", Provider.choices), required=False)

    def by_provider(self, rows: Rows, provider: str) -> Rows:
        return rows.filter(provider=provider)
