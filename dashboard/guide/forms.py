"""The form that takes client id and secret of the GHL app."""

from django import forms

from dashboard.widgets import MONO


class GhlAppForm(forms.Form):
    client_id = forms.RegexField(
        r"^[\w.-]+$",
        label="Client id",
        max_length=200,
        widget=forms.TextInput({**MONO, "placeholder": "6847…-mbq2k"}),
        error_messages={"invalid": "A client id has letters, digits and hyphens only. Copy the whole of it once more."},
        help_text="In the app: Advanced settings, Auth, Client keys.",
    )
    client_secret = forms.RegexField(
        r"^\S+$",
        label="Client secret",
        max_length=400,
        widget=forms.TextInput(MONO),
        error_messages={"invalid": "A client secret has no spaces. Copy the whole of it once more."},
        help_text="GHL shows it once, when the key is made. Stored encrypted, never shown again.",
    )
