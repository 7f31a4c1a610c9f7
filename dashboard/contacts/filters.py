"""The filter of the list of contacts, and the rows it is made of."""

from django import forms
from django.db.models import QuerySet

from dashboard.filters import LinkFilter, Rows, with_any
from dashboard.grants import sees_masks, visible
from dashboard.links.env import with_sides
from integration.models import Link, Pair, Snapshot
from integration.people import search

STATES = [("linked", "Paired"), ("gist", "Only in Gist"), ("ghl", "Only in GHL"), ("held", "On hold"),
          ("unlinked", "Unlinked"), ("one_gone", "Deleted on one side"),
          ("filtered", "Left out by the filter")]  # fmt: skip


class ContactFilter(LinkFilter):
    state = forms.ChoiceField(choices=with_any("Any state", STATES), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        countries = {link.pk: link.phone_country for link in self.chosen.select_related("ghl")}
        return rows.filter(pk__in=search.find_matching_ids(text, countries, parts=not sees_masks()))

    def by_state(self, rows: Rows, state: str) -> Rows:
        if state == "filtered":
            return rows.filter(reason="filtered")
        rows = rows.exclude(reason="filtered")
        if state in ("gist", "ghl"):
            return rows.filter(pair=None, side=state)
        return rows.filter(pair__state=Pair.State(state))

    def apply(self, rows: Rows) -> Rows:
        """Whom a link leaves out is not among its people, but is found by a search: that answers why they are not."""
        asked = self.values.keys() & {"q", "state"}
        return super().apply(rows if asked else rows.exclude(reason="filtered"))

    @property
    def chosen(self) -> QuerySet[Link]:
        key = self.values.get("link")
        return visible(Link.objects.filter(key=key) if key else Link.objects.all(), "pk")


def contact_rows() -> QuerySet[Snapshot]:
    """One row per person, without the values only their page needs."""
    return with_sides(visible(search.one_row_per_person()).select_related("pair")).defer("base", "undecided")
