"""Filters of the problem pages, and the rows these pages are made of."""

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.filters import LinkFilter, ProviderFilter, Rows, holding, with_any
from dashboard.grants import visible, visible_events
from dashboard.links.env import with_sides
from dashboard.problems.refusals import REFUSALS
from dashboard.time_filters import TimeFilter
from integration.causes.registry import CAUSES
from integration.models import FAILING, EventState, InboxEvent, ProblemState, Provider, Question, Snapshot

WAITING_STATES = (EventState.WAITING, EventState.PARKED)


class QuestionFilter(LinkFilter, TimeFilter):
    kind = forms.ChoiceField(choices=with_any("Any question", Question.Kind.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(holding("label", text) | Q(field__icontains=text) | Q(external_id=text))

    def by_kind(self, rows: Rows, kind: str) -> Rows:
        return rows.filter(kind=kind)


class EventFilter(ProviderFilter, TimeFilter):
    """A filter of stored webhooks."""

    at = "received_at"

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(topic__icontains=text) | holding("message", text) | Q(account=text))


class RefusedFilter(EventFilter):
    reason = forms.ChoiceField(
        choices=with_any("Any reason", [(code, why.title) for code, why in REFUSALS.items()]), required=False
    )

    def by_reason(self, rows: Rows, code: str) -> Rows:
        return rows.filter(reason=code)


class WaitingEventFilter(EventFilter):
    state = forms.ChoiceField(
        choices=with_any("Waiting or set aside", [(state.value, state.label) for state in WAITING_STATES]),
        required=False,
    )

    def by_state(self, rows: Rows, state: str) -> Rows:
        return rows.filter(state=state)


class WaitingPersonFilter(LinkFilter):
    side = forms.ChoiceField(choices=with_any("Both sides", Provider.choices), required=False)
    state = forms.ChoiceField(
        choices=with_any("Retried later or set aside", [("again", "Retried later"), ("parked", "Set aside")]),
        required=False,
    )

    def by_q(self, rows: Rows, text: str) -> Rows:
        ids = Q(external_id=text) | Q(pair__gist_id=text) | Q(pair__ghl_id=text)
        return rows.filter(holding("label", text) | Q(email=text.lower()) | ids)

    def by_side(self, rows: Rows, side: str) -> Rows:
        """People who are on that side, alone or with the other half of a pair."""
        return rows.filter(Q(side=side) | Q(pair__isnull=False))

    def by_state(self, rows: Rows, state: str) -> Rows:
        return rows.filter(parked=state == "parked")


class ProblemFilter(LinkFilter, TimeFilter):
    """By when something of a problem failed last."""

    at = "last_seen"
    state = forms.ChoiceField(
        choices=with_any("Open or acknowledged", [*ProblemState.choices, ("any", "Any state")]), required=False
    )
    side = forms.ChoiceField(choices=with_any("Both sides", Provider.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        found = Q(cause__icontains=text) | Q(subject__icontains=text) | holding("text", text)
        named = [code for code, cause in CAUSES.items() if text.lower() in cause.title.lower()]
        for code in named:
            found |= Q(cause__endswith=f".{code}") | Q(cause=code)
        return rows.filter(found)

    def by_state(self, rows: Rows, state: str) -> Rows:
        return rows if state == "any" else rows.filter(state=state)

    def by_side(self, rows: Rows, side: str) -> Rows:
        return rows.filter(side=side)

    def apply(self, rows: Rows) -> Rows:
        found = super().apply(rows)
        return found if self.values.get("state") else found.filter(state__in=FAILING)


def question_rows() -> QuerySet[Question]:
    """Questions that nobody has answered yet and that hold something up; look-alikes are asked about elsewhere
    (dashboard/match).
    """
    held = Question.objects.filter(closed_at=None, answered_at=None).exclude(kind=Question.Kind.NEAR)
    return with_sides(visible(held))


def refused_rows() -> QuerySet[InboxEvent]:
    """Without the bodies, which only an opened row needs."""
    return visible_events(InboxEvent.objects.filter(state=EventState.REFUSED)).defer("body", "headers")


def waiting_events() -> QuerySet[InboxEvent]:
    rows = visible_events(InboxEvent.objects.filter(state__in=WAITING_STATES)).defer("body", "headers")
    return rows.select_related("connection").defer("connection__credentials")


def waiting_people() -> QuerySet[Snapshot]:
    """People whose last try failed: tried again at a known time, or parked. Of a pair both halves wait, and one stands
    for it.
    """
    waiting = visible(Snapshot.objects.filter(Q(parked=True) | Q(retry_at__isnull=False)))
    second = Q(side="ghl", pair__isnull=False) & Exists(waiting.filter(side="gist", pair=OuterRef("pair")))
    return with_sides(waiting.exclude(second).select_related("pair")).defer("base", "undecided")
