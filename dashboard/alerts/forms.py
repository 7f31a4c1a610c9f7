"""Forms of Settings, Alerts: one channel, and the rules that hold for all of them."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict

from dashboard.widgets import MONO, SWITCH, TEXT
from integration.alerts.channels import CHANNELS
from integration.alerts.events import EVENTS
from integration.errors import SetupError
from integration.models import AlertChannel, AlertRules

TIME = {**TEXT, "type": "time"}


class ChannelForm(forms.Form):
    """A channel of one kind. A blank address of one that stands keeps the one that is stored."""

    name = forms.CharField(
        max_length=80, widget=forms.TextInput(TEXT), help_text="As messages and pages call it, such as Night watch."
    )
    address = forms.CharField(max_length=1000, widget=forms.TextInput(MONO))
    enabled = forms.BooleanField(label="Messages go there", required=False, widget=forms.CheckboxInput(SWITCH))

    def __init__(self, kind: str, *args: Any, stands: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.channel = CHANNELS[kind]
        field = self.fields["address"]
        field.label, field.help_text, field.required = self.channel.label, self.channel.help_text, not stands
        if stands:
            field.help_text = f"Blank: the one that is stored stays. {self.channel.help_text}"

    def clean_address(self) -> dict[str, Any]:
        """What is stored; empty where nothing was typed."""
        typed = self.cleaned_data["address"]
        if not typed:
            return {}
        try:
            checked: dict[str, Any] = self.channel.check(typed)
        except SetupError as problem:
            raise forms.ValidationError(problem.problem) from None
        return checked


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = AlertRules
        fields = ["quiet_from", "quiet_to", "urgent_passes", "zone", "digest_at"]
        labels = {
            "quiet_from": "Quiet from",
            "quiet_to": "to",
            "urgent_passes": "Except “a person is needed now”",
            "zone": "In the time zone",
            "digest_at": "The day in numbers at",
        }
        widgets = {
            "quiet_from": forms.TimeInput(TIME, format="%H:%M"),
            "quiet_to": forms.TimeInput(TIME, format="%H:%M"),
            "digest_at": forms.TimeInput(TIME, format="%H:%M"),
            "zone": forms.TextInput({**TEXT, "autocomplete": "off"}),
            "urgent_passes": forms.CheckboxInput(SWITCH),
        }

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"]
        if zone not in available_timezones():
            raise forms.ValidationError("There is no such time zone. It is written as Europe/Berlin.")
        return zone


def ticked_events(sent: QueryDict, channel: AlertChannel) -> list[str]:
    """What the matrix says of one channel, in the registry's order."""
    return [code for code in EVENTS if box_name(code, channel) in sent]


def box_name(event: str, channel: AlertChannel) -> str:
    return f"{event}-{channel.pk}"
