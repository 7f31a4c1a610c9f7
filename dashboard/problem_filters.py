"""Filters of the problem pages, and the rows these pages are made of."""

from django import forms
from django.db.models import Q, QuerySet

from dashboard.filters import Filter, Rows, any_of, links
from dashboard.refusals import REFUSALS
from integration.models import EventState, InboxEvent, Provider, Question, Snapshot

WAITING_STATES = (EventState.WAITING, EventState.PARKED)


class QuestionFilter(Filter):
    link = forms.ChoiceField(choices=links, required=False)
    kind = forms.ChoiceField(choices=any_of("Any question", Question.Kind.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(label__icontains=text) | Q(field__icontains=text) | Q(external_id=text))

    def by_link(self, rows: Rows, key: str) -> Rows:
        return rows.filter(link__key=key)

    def by_kind(self, rows: Rows, kind: str) -> Rows:
        return rows.filter(kind=kind)


class RefusedFilter(Filter):
    provider = forms.ChoiceField(choices=any_of("Both sides", Provider.choices), required=False)
    reason = forms.ChoiceField(
        choices=any_of("Any reason", [(code, why.title) for code, why in REFUSALS.items()]), required=False
    )

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(topic__icontains=text) | Q(message__icontains=text) | Q(account=text))

    def by_provider(self, rows: Rows, provider: str) -> Rows:
        return rows.filter(provider=provider)

    def by_reason(self, rows: Rows, code: str) -> Rows:
        return rows.filter(reason=code)


class WaitingEventFilter(Filter):
    provider = forms.ChoiceField(choices=any_of("Both sides", Provider.choices), required=False)
    state = forms.ChoiceField(
        choices=any_of("Waiting or parked", [(state.value, state.label) for state in WAITING_STATES]), required=False
    )

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(topic__icontains=text) | Q(message__icontains=text) | Q(account=text))

    def by_provider(self, rows: Rows, provider: str) -> Rows:
        return rows.filter(provider=provider)

    def by_state(self, rows: Rows, state: str) -> Rows:
        return rows.filter(state=state)


class WaitingPersonFilter(Filter):
    link = forms.ChoiceField(choices=links, required=False)
    side = forms.ChoiceField(choices=any_of("Both sides", Provider.choices), required=False)
    state = forms.ChoiceField(
        choices=any_of("Tried again or parked", [("again", "Tried again"), ("parked", "Parked")]), required=False
    )

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(label__icontains=text) | Q(email=text.lower()) | Q(external_id=text))

    def by_link(self, rows: Rows, key: str) -> Rows:
        return rows.filter(link__key=key)

    def by_side(self, rows: Rows, side: str) -> Rows:
        return rows.filter(side=side)

    def by_state(self, rows: Rows, state: str) -> Rows:
        return rows.filter(parked=state == "parked")


def question_rows() -> QuerySet[Question]:
    """Questions that nobody has answered yet."""
    return Question.objects.filter(closed_at=None, answered_at=None).select_related("link")


def refused_rows() -> QuerySet[InboxEvent]:
    """Without the bodies, which only an opened row needs."""
    return InboxEvent.objects.filter(state=EventState.REFUSED).defer("body", "headers")


def waiting_events() -> QuerySet[InboxEvent]:
    rows = InboxEvent.objects.filter(state__in=WAITING_STATES).defer("body", "headers")
    return rows.select_related("connection").defer("connection__credentials")


def waiting_people() -> QuerySet[Snapshot]:
    """Records whose last try failed: tried again at a known time, or parked."""
    rows = Snapshot.objects.filter(Q(parked=True) | Q(retry_at__isnull=False)).select_related("link")
    return rows.defer("base", "fresh")
