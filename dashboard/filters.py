"""Filters of the lists. They stand in the URL; the search box also takes them as words, like `status:failed`."""

import json
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict

from integration.models import (
    Connection,
    ConnectionStatus,
    Link,
    LogEntry,
    Outcome,
    Provider,
    Run,
    RunKind,
    RunStatus,
    Snapshot,
)
from integration.sync.reasons import REASONS

Rows = QuerySet[Any]


def split_words(query: QueryDict, names: list[str]) -> QueryDict:
    """Move words such as `status:failed` out of the free text into their own parameters."""
    data, free = query.copy(), []
    for word in query.get("q", "").split():
        name, _, value = word.partition(":")
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
    said: str
    href: str


class Filter(forms.Form):
    """A list's filters. What cannot be understood is left out and said in `problems`."""

    q = forms.CharField(required=False, max_length=200)

    def __init__(self, query: QueryDict):
        super().__init__(split_words(query, list(self.base_fields)), auto_id="filter-%s")
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):
                field.choices = list(cast(Any, field.choices))  # read once, not for every use
                field.widget.attrs = {"class": "select is-small", "aria-label": name.capitalize()}
        self.full_clean()

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}

    @property
    def selects(self) -> list[forms.BoundField]:
        return [field for field in self if isinstance(field.field, forms.ChoiceField)]

    @property
    def chips(self) -> list[Chip]:
        return [
            Chip("search" if name == "q" else name, self._said(name, value), self._without(name))
            for name, value in self.values.items()
        ]

    @property
    def problems(self) -> list[str]:
        return [f"“{self.data.get(name)}” is no {name}; the filter was left out." for name in self.errors]

    def _without(self, name: str) -> str:
        return "?" + urlencode({other: value for other, value in self.values.items() if other != name})

    def _said(self, name: str, value: Any) -> str:
        field = self.fields[name]
        return (
            str(dict(cast(Any, field.choices)).get(value, value))
            if isinstance(field, forms.ChoiceField)
            else str(value)
        )

    def apply(self, rows: Rows) -> Rows:
        for name, value in self.values.items():
            rows = getattr(self, f"by_{name}")(rows, value)
        return rows


def links() -> list[tuple[str, str]]:
    return [("", "Any link"), *Link.objects.values_list("key", "name")]


def any_of(word: str, choices: Any) -> list[tuple[str, str]]:
    return [("", word), *choices]


class RunFilter(Filter):
    link = forms.ChoiceField(choices=links, required=False)
    status = forms.ChoiceField(choices=any_of("Any status", RunStatus.choices), required=False)
    kind = forms.ChoiceField(choices=any_of("Any kind", RunKind.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        number = text.replace(",", "")
        by_name = Q(link__name__icontains=text) | Q(error__icontains=text)
        return rows.filter(by_name | Q(pk=number) if number.isdecimal() and len(number) < 19 else by_name)

    def by_link(self, rows: Rows, key: str) -> Rows:
        return rows.filter(link__key=key)

    def by_status(self, rows: Rows, status: str) -> Rows:
        return rows.filter(status=status)

    def by_kind(self, rows: Rows, kind: str) -> Rows:
        return rows.filter(kind=kind)


class LogFilter(Filter):
    link = forms.ChoiceField(choices=links, required=False)
    outcome = forms.ChoiceField(choices=any_of("Any outcome", Outcome.choices), required=False)
    reason = forms.ChoiceField(
        choices=any_of("Any reason", [(code, reason.title) for code, reason in REASONS.items()]), required=False
    )
    run = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    field = forms.CharField(required=False, max_length=200)
    open = forms.ChoiceField(choices=any_of("Settled or not", [("yes", "Only open failures")]), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        found = Q(label__icontains=text) | Q(gist_id=text) | Q(ghl_id=text)
        if "@" in text:
            known = Snapshot.objects.filter(email=text.lower())
            found |= Q(gist_id__in=known.filter(side="gist").values("external_id"))
            found |= Q(ghl_id__in=known.filter(side="ghl").values("external_id"))
        return rows.filter(found)

    def by_link(self, rows: Rows, key: str) -> Rows:
        return rows.filter(link__key=key)

    def by_outcome(self, rows: Rows, outcome: str) -> Rows:
        return rows.filter(outcome=outcome)

    def by_reason(self, rows: Rows, code: str) -> Rows:
        return rows.filter(reason=code)

    def by_run(self, rows: Rows, number: int) -> Rows:
        return rows.filter(run_id=number)

    def by_field(self, rows: Rows, field: str) -> Rows:
        """Entries that changed this field. Its name stands in JSON, which both databases store with one space."""
        found: Rows = rows.annotate(changed=Cast("changes", TextField()))
        names = (json.dumps(field, ensure_ascii=escaped) for escaped in (True, False))
        return found.filter(reduce(or_, (Q(changed__contains=f'"field": {name}') for name in names)))

    def by_open(self, rows: Rows, _: str) -> Rows:
        """Failures that no later attempt has settled."""
        return rows.filter(outcome=Outcome.FAILED, resolved_at=None)


class EntryFilter(LogFilter):
    """The log of one run: link and run are given."""

    link = None  # type: ignore[assignment]
    run = None  # type: ignore[assignment]


class ConnectionFilter(Filter):
    provider = forms.ChoiceField(choices=any_of("Both sides", Provider.choices), required=False)
    status = forms.ChoiceField(choices=any_of("Any status", ConnectionStatus.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(name__icontains=text) | Q(account_name__icontains=text) | Q(account_id=text))

    def by_provider(self, rows: Rows, provider: str) -> Rows:
        return rows.filter(provider=provider)

    def by_status(self, rows: Rows, status: str) -> Rows:
        return rows.filter(status=status)


def log_rows() -> QuerySet[LogEntry]:
    """Entries as lists show them, without the big columns that only an open entry needs."""
    return LogEntry.objects.select_related("link").defer("calls")


def run_rows() -> QuerySet[Run]:
    return Run.objects.select_related("link", "started_by").defer("rules", "checkpoint", "target")


def connection_rows() -> QuerySet[Connection]:
    """With their links, without their secrets."""
    return Connection.objects.defer("credentials").prefetch_related("gist_links", "ghl_links")
