"""The forms of Settings → Data: for how long each kind is kept, and whom to erase."""

from typing import Any

from django import forms

from dashboard.widgets import SELECT, TEXT
from integration.models import Link
from integration.retention.kinds import KINDS, Kind
from integration.retention.prune import days_by_kind, describe_days

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


class RetentionForm(forms.Form):
    """A choice for each kind, named as the kind; "" is for good."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for key, days in days_by_kind().items():
            kind = KINDS[key]
            self.fields[key] = forms.TypedChoiceField(
                label=f"{kind.title}: kept for",
                choices=(choices := _choices_of(kind, days)),
                coerce=int,
                empty_value=None,
                required=all(value for value, _ in choices),
                initial=days or "",
                widget=forms.Select({"class": "select is-small"}),
            )

    def full_clean(self) -> None:
        # A kind that was not sent keeps its days.
        for key in [key for key in self.fields if self.is_bound and key not in self.data]:
            del self.fields[key]
        super().full_clean()


def _choices_of(kind: Kind, now: int | None) -> list[tuple[str, str]]:
    possible = kind.possible()
    days = sorted({*(one for one in possible if one), *([now] if now else [])})
    for_good = [("", describe_days(None))] if None in possible or now is None else []
    return [*((str(one), describe_days(one)) for one in days), *for_good]
