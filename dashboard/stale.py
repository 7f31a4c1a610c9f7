"""Saving a whole object: refused where somebody else saved it after its form was shown, with what they changed.

The form carries what it showed, as one hidden field of JSON; a save compares that with what stands now.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict

from dashboard.drafts import Difference
from dashboard.inputs import read_json_field, refuse_field

AS_SHOWN = "as_shown"

REFUSED = (
    "Not saved: somebody else saved this after you opened the page. What you typed is kept; look at what they "
    "changed, then save again to put yours over it."
)


def changed_since(shown_json: str, current: Mapping[str, str], label_of: Callable[[str], str]) -> list[Difference]:
    """What is another value in `current` than in `shown_json`; [] where a form does not say what it showed.

    Raises RefusedRequest for what is no JSON object of texts.
    """
    shown = read_json_field(shown_json, AS_SHOWN) if shown_json else {}
    if not isinstance(shown, dict) or not all(isinstance(value, str) for value in shown.values()):
        raise refuse_field(AS_SHOWN, "is no object of texts")
    changed = ((name, shown[name], value) for name, value in current.items() if shown.get(name, value) != value)
    return [
        Difference(label_of(name), f"was {before or 'blank'}, is now {after or 'blank'}", "run")
        for name, before, after in changed
    ]


class StaleSaveForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form of a whole object. `overtaken` is what somebody else changed since the form was shown."""

    as_shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.overtaken: list[Difference] = []
        # The instance has the values that stand now: binding a form to it changes them only on validation.
        self.current = {name: self._in_words(name) for name in self.fields if name != "as_shown"}
        self.initial["as_shown"] = json.dumps(self.current)

    def _in_words(self, name: str) -> str:
        field = self.fields[name]
        value = field.prepare_value(self.initial.get(name))
        if isinstance(value, bool):
            return "on" if value else "off"
        return str(dict(getattr(field, "choices", ())).get(value, "" if value is None else value))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        name = self.add_prefix("as_shown")
        self.overtaken = changed_since(self.data.get(name, ""), self.current, self._label_of)
        if self.overtaken:
            # From here on the page shows what stands now, so that saving it once more is done knowingly.
            data_now = cast(QueryDict, self.data).copy()
            data_now[name] = self.initial["as_shown"]
            self.data = data_now
            raise forms.ValidationError(REFUSED)
        return data

    def _label_of(self, name: str) -> str:
        return str(self[name].label)
