"""The filter of the audit trail."""

from django import forms
from django.db.models import Q, QuerySet

from dashboard.audit.words import KINDS, WORDS
from dashboard.filters import Filter, Rows, link_choices, with_any
from integration.models import AuditEntry

ORIGINS = [("browser", "Browser"), ("command", "Command"), ("api", "API key"), ("system", "Gistline itself")]


class AuditFilter(Filter):
    kind = forms.ChoiceField(
        choices=with_any("Everything", [(key, title) for key, (title, _) in KINDS.items()]), required=False
    )
    link = forms.ChoiceField(choices=link_choices, required=False)
    origin = forms.ChoiceField(choices=with_any("From anywhere", ORIGINS), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        codes = [code for code, words in WORDS.items() if text.lower() in words.lower()]
        found = Q(actor__icontains=text) | Q(subject__icontains=text) | Q(address=text) | Q(what__in=codes)
        return rows.filter(found | Q(what__icontains=text))

    def by_kind(self, rows: Rows, kind: str) -> Rows:
        begins = Q(pk__in=[])
        for word in KINDS[kind][1]:
            begins |= Q(what__startswith=word)
        return rows.filter(begins)

    def by_link(self, rows: Rows, key: str) -> Rows:
        return rows.filter(link=key)

    def by_origin(self, rows: Rows, origin: str) -> Rows:
        return rows.filter(origin=origin)


def audit_rows() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.all()
