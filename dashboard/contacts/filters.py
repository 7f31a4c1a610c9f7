"""The filter of the list of contacts, and the rows it is made of."""

from django import forms
from django.db.models import QuerySet

from dashboard.filters import Filter, Rows, any_of, links
from integration.models import Link, Pair, Snapshot
from integration.people import search

STATES = [("linked", "Paired"), ("gist", "Only in Gist"), ("ghl", "Only in GHL"), ("held", "On hold"),
          ("unlinked", "Unlinked"), ("one_gone", "Deleted on one side")]  # fmt: skip


class ContactFilter(Filter):
    link = forms.ChoiceField(choices=links, required=False)
    state = forms.ChoiceField(choices=any_of("Any state", STATES), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(pk__in=search.found(text, dict(self.chosen.values_list("pk", "default_country"))))

    def by_link(self, rows: Rows, key: str) -> Rows:
        return rows.filter(link__key=key)

    def by_state(self, rows: Rows, state: str) -> Rows:
        if state in ("gist", "ghl"):
            return rows.filter(pair=None, side=state)
        return rows.filter(pair__state=Pair.State(state))

    @property
    def chosen(self) -> QuerySet[Link]:
        key = self.values.get("link")
        return Link.objects.filter(key=key) if key else Link.objects.all()


def contact_rows() -> QuerySet[Snapshot]:
    """One row per person, without the values only their page needs."""
    return search.everyone().select_related("link", "pair").defer("base", "fresh")
