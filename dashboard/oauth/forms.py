"""The form that chooses one location of an agency."""

from collections.abc import Sequence
from typing import Any

from django import forms


class LocationForm(forms.Form):
    """Which location of an agency to connect."""

    location = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["location"].choices = choices  # type: ignore[attr-defined]
