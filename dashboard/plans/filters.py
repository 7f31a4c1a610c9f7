"""The filters of the people of a plan."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Exists, JSONField, OuterRef, Q, QuerySet, Value

from dashboard.filters import Filter, Rows, holding, with_any
from integration.models import Change, ChangeAction, ChangeState, LogEntry, Provider, Run

# What a column of JSON holds for nothing.
BLANK = Value(None, JSONField())
SHOWN = {
    "new": ("New", Q(action=ChangeAction.CREATE)),
    "overwrites": ("Overwrites a value", Q(action=ChangeAction.UPDATE) & ~Q(before=BLANK) & ~Q(before="")),
    "deletes": ("Deletes", Q(action=ChangeAction.DELETE)),
    "held": ("Held", Q(state=ChangeState.HELD)),
    "left_out": ("Left out", Q(state=ChangeState.EXCLUDED)),
}


class PlanFilter(Filter):
    side = forms.ChoiceField(choices=with_any("Both sides", Provider.choices), required=False)
    show = forms.ChoiceField(choices=with_any("Every change", [(k, v[0]) for k, v in SHOWN.items()]), required=False)
    field = forms.CharField(required=False, max_length=200)
    rule = forms.CharField(required=False, max_length=120)

    @property
    def changes(self) -> Q:
        """Of the people that the filter takes those changes that it names; all of them where it names none."""
        tests: dict[str, Callable[[str], Q]] = {
            "side": lambda side: Q(side=side), "show": lambda show: SHOWN[show][1],
            "field": lambda field: Q(field=field), "rule": lambda rule: Q(rule=rule),
        }  # fmt: skip
        found = Q()
        for name, value in self.values.items():
            found &= tests[name](value) if name in tests else Q()
        return found

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(holding("label", text) | Q(gist_id=text) | Q(ghl_id=text))

    def by_side(self, rows: Rows, side: str) -> Rows:
        return rows.filter(_has(Q(side=side)))

    def by_show(self, rows: Rows, show: str) -> Rows:
        return rows.filter(_has(SHOWN[show][1]))

    def by_field(self, rows: Rows, field: str) -> Rows:
        return rows.filter(_has(Q(field=field)))

    def by_rule(self, rows: Rows, rule: str) -> Rows:
        return rows.filter(_has(Q(rule=rule)))


def _has(which: Q) -> Any:
    return Exists(Change.objects.filter(which, entry=OuterRef("pk")))


def plan_rows(plan: Run) -> QuerySet[LogEntry]:
    """The people of whom the plan changes, holds or leaves out something."""
    return LogEntry.objects.filter(Exists(Change.objects.filter(entry=OuterRef("pk"))), run=plan).prefetch_related(
        "changes"
    )
