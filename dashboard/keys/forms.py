"""The form of a new API key."""

from django import forms

from dashboard.models import Scope
from dashboard.people.forms import SeenLinksForm
from dashboard.widgets import SELECT, TEXT

LASTS = [(30, "30 days"), (90, "90 days"), (365, "a year")]


class KeyForm(SeenLinksForm):
    name = forms.CharField(
        max_length=80,
        widget=forms.TextInput({**TEXT, "autocomplete": "off"}),
        help_text="What it is for, as Grafana. It stands in the audit trail beside everything done with it.",
    )
    may = forms.ChoiceField(
        choices=Scope.choices,
        widget=forms.Select(SELECT),
        help_text=(
            "Acting starts syncs, retries problems and cancels runs. Rules are a link’s settings, filters, mapping and "
            "workflows."
        ),
    )
    sees_personal_data = forms.BooleanField(
        label="Is answered personal values",
        required=False,
        help_text="Unticked, names, addresses, numbers and values come masked.",
    )
    days = forms.TypedChoiceField(label="Ends after", choices=LASTS, coerce=int, widget=forms.Select(SELECT))
    field_order = ["name", "may", "sees_personal_data", "scope", "links", "days"]
