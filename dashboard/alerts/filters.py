"""The filter of the list of alerts."""

from django import forms
from django.db.models import Q

from dashboard.filters import LinkFilter, Rows, holding, with_any
from integration.alerts.events import EVENTS
from integration.models import AlertState


class AlertFilter(LinkFilter):
    event = forms.ChoiceField(
        choices=with_any("Any event", [(one.code, one.title) for one in EVENTS.values() if one.code != "recovery"]),
        required=False,
    )
    state = forms.ChoiceField(choices=with_any("Open or over", AlertState.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(title__icontains=text) | holding("reason", text))

    def by_event(self, rows: Rows, event: str) -> Rows:
        return rows.filter(event=event)

    def by_state(self, rows: Rows, state: str) -> Rows:
        return rows.filter(state=state)
