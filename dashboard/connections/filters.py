"""The filter of the list of connections, and the rows it is made of."""

from django import forms
from django.db.models import Q, QuerySet

from dashboard.filters import ProviderFilter, Rows, with_any
from dashboard.grants import visible_connections
from integration.models import Connection, ConnectionStatus


class ConnectionFilter(ProviderFilter):
    status = forms.ChoiceField(choices=with_any("Any status", ConnectionStatus.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(name__icontains=text) | Q(account_name__icontains=text) | Q(account_id=text))

    def by_status(self, rows: Rows, status: str) -> Rows:
        return rows.filter(status=status)


def connection_rows() -> QuerySet[Connection]:
    """With their links, without their secrets."""
    rows = Connection.objects.defer("credentials").prefetch_related("gist_links", "ghl_links")
    return visible_connections(rows)
