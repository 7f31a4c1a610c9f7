"""The forms of a link: making one, and its rules."""

from typing import Any

import phonenumbers
from django import forms
from django.utils.text import slugify

from dashboard.stale import StaleSaveForm
from dashboard.widgets import SELECT, SWITCH, TEXT
from integration.models import Connection, Link, Mode, Provider

MATCHES = {
    "email phone": "E-mail, then phone",
    "email": "E-mail only",
    "phone": "Phone only",
    "phone email": "Phone, then e-mail",
}


class MatchField(forms.ChoiceField):
    """The order of keys that people are matched by; its value is a list."""

    def __init__(self, **kwargs: Any):
        super().__init__(choices=list(MATCHES.items()), widget=forms.Select(SELECT), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return super().clean(value).split()


class NewLinkForm(forms.ModelForm):  # type: ignore[type-arg]
    """Two connections that become a link. Every pair of connections has at most one."""

    class Meta:
        model = Link
        fields = ["name", "gist", "ghl", "direction"]
        labels = {"gist": "Gist connection", "ghl": "GHL connection"}
        widgets = {
            "name": forms.TextInput(TEXT),
            "gist": forms.Select(SELECT),
            "ghl": forms.Select(SELECT),
            "direction": forms.Select(SELECT),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for side in (Provider.GIST, Provider.GHL):
            connections = Connection.objects.filter(provider=side).defer("credentials")
            field = self.fields[side.value]
            field.queryset = connections  # type: ignore[attr-defined]
            # With a single connection there is nothing to choose, so it is chosen already.
            field.empty_label = None if connections.count() == 1 else f"Choose a {side.label} connection"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        same = Link.objects.filter(gist=data.get("gist"), ghl=data.get("ghl")).first()
        if same:
            raise forms.ValidationError(f"“{same.name}” links these two already.")
        return data

    def save(self, commit: bool = True) -> Link:
        self.instance.key = free_link_key(self.cleaned_data["name"])
        # Nothing is written before a person saw what would be (dashboard/links/launch.py).
        self.instance.mode = Mode.WATCH
        link: Link = super().save(commit)
        return link


# `/links/new/` is the form; a link with this key could never be opened.
RESERVED_KEYS = {"new"}


def free_link_key(name: str) -> str:
    """A key made of `name` that no link has and no address needs."""
    # Cut so that a number fits behind it; a name of signs only leaves nothing.
    stem = slugify(name)[:70] or "link"
    taken = RESERVED_KEYS | set(Link.objects.filter(key__startswith=stem).values_list("key", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(key for key in numbered if key not in taken)


class LinkForm(StaleSaveForm):
    """The rules of a link."""

    match = MatchField(label="Match people by", help_text="What is ambiguous is never guessed.")
    schedule_minutes = forms.IntegerField(
        label="Sync every … minutes",
        min_value=0,
        max_value=10_080,
        widget=forms.NumberInput(TEXT),
        help_text="0: only when you press Sync.",
    )
    merge_seconds = forms.FloatField(
        label="Wait for further events, in seconds",
        required=False,
        min_value=0,
        max_value=300,
        widget=forms.NumberInput(TEXT),
        help_text="Events about one contact that come within it are read once. 0 to 300.",
    )
    change_cap = forms.IntegerField(
        label="Cap: changes that a run makes without asking",
        required=False,
        min_value=0,
        max_value=2_000_000_000,
        widget=forms.NumberInput(TEXT),
        help_text="0: as many as it finds. A run that wants more waits for your yes.",
    )

    approvals = forms.TypedChoiceField(
        label="Who agrees to a plan over the cap",
        choices=[(1, "One person"), (2, "Two persons")],
        coerce=int,
        required=False,
        widget=forms.Select(SELECT),
        help_text="Two: each reads the plan and says yes to it; a changed tick needs both again.",
    )

    class Meta:
        model = Link
        fields = [
            "name",
            "direction",
            "create_on",
            "conflict",
            "deletes",
            "match",
            "default_country",
            "schedule_minutes",
            "merge_seconds",
            "change_cap",
            "approvals",
            "mode",
            "enabled",
        ]
        labels = {
            "create_on": "Create contacts",
            "conflict": "When both sides changed",
            "deletes": "When one side deleted a contact",
            "default_country": "Country of numbers without a prefix",
            "enabled": "Switched on",
        }
        help_texts = {
            "create_on": "Elsewhere the link only updates people who are there already.",
            "mode": "New only: workflows wait as well.",
            "conflict": "Rows of the mapping may say otherwise.",
            "default_country": "Its code, as US or GB. Empty: the country of the GHL location.",
            "enabled": "Off: nothing runs by itself, and nothing is forgotten.",
        }
        widgets = {
            "name": forms.TextInput(TEXT),
            **{name: forms.Select(SELECT) for name in ("direction", "create_on", "conflict", "deletes", "mode")},
            "default_country": forms.TextInput({**TEXT, "pattern": "[A-Za-z]{2}"}),
            "enabled": forms.CheckboxInput(SWITCH),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["create_on"].required = False  # Left out means unchanged.
        if country := self.instance.ghl.settings.get("country"):
            self.fields["default_country"].help_text = f"Its code, as US or GB. Empty: the GHL location's, {country}."

    def clean_create_on(self) -> str:
        return str(self.cleaned_data["create_on"] or self.instance.create_on)

    def clean_merge_seconds(self) -> float:
        return self._or_as_it_stands("merge_seconds")

    def clean_change_cap(self) -> int:
        return int(self._or_as_it_stands("change_cap"))

    def clean_approvals(self) -> int:
        return int(self.cleaned_data["approvals"] or self.instance.approvals)

    def _or_as_it_stands(self, name: str) -> float:
        # Left empty means unchanged: 0 is a value of its own for both fields.
        given = self.cleaned_data[name]
        return float(getattr(self.instance, name) if given is None else given)

    def clean_default_country(self) -> str:
        country = str(self.cleaned_data["default_country"]).strip().upper()
        if country and country not in phonenumbers.SUPPORTED_REGIONS:
            raise forms.ValidationError(f"“{country}” is no country code. Use one such as US or GB.")
        return country
