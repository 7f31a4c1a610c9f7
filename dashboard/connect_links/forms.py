"""The form that makes a connect link."""

from typing import Any

from django import forms

from dashboard.connections.forms import SandboxForm
from dashboard.widgets import SELECT, TEXT
from integration.oauth.own_app import has_own_app

HOURS = [(24, "24 hours"), (72, "72 hours"), (168, "7 days")]


class ConnectLinkForm(SandboxForm):
    client = forms.CharField(
        max_length=120, widget=forms.TextInput(TEXT), help_text="Whom you ask. For your own list; they see it, too."
    )
    asker = forms.CharField(
        label="Asked by",
        max_length=120,
        widget=forms.TextInput(TEXT),
        help_text="Your name as the client knows you: the page says that you ask.",
    )
    hours = forms.TypedChoiceField(
        label="Ends after", choices=HOURS, coerce=int, initial=72, widget=forms.Select(SELECT)
    )
    field_order = ["client", "asker", "hours", "sandbox"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("sandbox") and not has_own_app():
            raise forms.ValidationError(
                "No GHL app is set up yet, so that nobody could say yes to it. The guide shows how to create one."
            )
        return data
