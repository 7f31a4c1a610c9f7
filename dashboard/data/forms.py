"""The form that finds whom to erase."""

from typing import Any

from django import forms

from dashboard.widgets import SELECT, TEXT
from integration.models import Link

BY = [("email", "E-mail address"), ("gist_id", "Id in Gist"), ("ghl_id", "Id in GHL")]


class EraseForm(forms.Form):
    link = forms.ModelChoiceField(
        Link.objects.order_by("name", "pk"), empty_label=None, to_field_name="key", widget=forms.Select(SELECT)
    )
    by = forms.ChoiceField(label="Found by", choices=BY, widget=forms.Select(SELECT))
    person = forms.CharField(
        label="Address or id", max_length=254, widget=forms.TextInput({**TEXT, "autocomplete": "off"})
    )

    @property
    def given(self) -> dict[str, Any]:
        """What `integration.privacy.erase` takes."""
        return {self.cleaned_data["by"]: self.cleaned_data["person"].strip()}
