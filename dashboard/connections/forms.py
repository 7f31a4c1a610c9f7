"""The forms that connect, reconnect and rename an account."""

from typing import Any

from django import forms
from django.conf import settings

from dashboard.stale import StaleSaveForm
from dashboard.widgets import MONO, SWITCH, TEXT
from integration.models import Connection


class SandboxForm(forms.Form):
    """A form that can also be about the built-in twin, while the demo is on."""

    sandbox = forms.BooleanField(
        label="Use the sandbox",
        required=False,
        widget=forms.CheckboxInput(SWITCH),
        help_text="Built-in stand-ins with made-up people, instead of the real account.",
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not settings.DEMO:
            del self.fields["sandbox"]


class GistForm(SandboxForm):
    """A Gist API key."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(TEXT), help_text="As you call this client.")
    key = forms.CharField(
        label="API key",
        max_length=400,
        widget=forms.TextInput({**MONO, "placeholder": "Paste the key from Gist"}),
        help_text="In Gist: Settings, API, Access token. Stored encrypted, never shown again.",
    )
    field_order = ["name", "key", "sandbox"]


class PrivateTokenForm(SandboxForm):
    """A GHL private integration token for one location."""

    name = forms.CharField(
        max_length=120, required=False, widget=forms.TextInput(TEXT), help_text="Blank: the location's name."
    )
    location_id = forms.CharField(
        label="Location id",
        max_length=120,
        widget=forms.TextInput(MONO),
        help_text="In GHL: Settings, Business profile; also in the address of the sub-account, as GHL calls it.",
    )
    token = forms.CharField(
        label="Private integration token",
        max_length=400,
        widget=forms.TextInput(MONO),
        help_text="In GHL: Settings, Private integrations. Stored encrypted, never shown again.",
    )
    field_order = ["name", "location_id", "token", "sandbox"]


class NewKeyForm(forms.Form):
    """Another Gist key for a connection that stands."""

    key = forms.CharField(
        label="New API key",
        max_length=400,
        widget=forms.TextInput(MONO),
        help_text=GistForm.base_fields["key"].help_text,
    )


class NewTokenForm(forms.Form):
    """Another private token for a connection that stands."""

    token = forms.CharField(
        label="New private integration token",
        max_length=400,
        widget=forms.TextInput(MONO),
        help_text=PrivateTokenForm.base_fields["token"].help_text,
    )


class RenameForm(StaleSaveForm):
    class Meta:
        model = Connection
        fields = ["name"]
        widgets = {"name": forms.TextInput(TEXT)}
